"""The control API and the command: looking inside and changing things from another process."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import httpx2
import pytest
from tests.emulator.conftest import Starting
from tests.emulator.partner import Partner

from tenantry.emulator.server import Emulator


def test_the_state_tells_what_was_asked_and_how(partner: Partner) -> None:
    tenant = partner.emulator.world.tenant_id(0)
    partner.get("/v1/customers?size=1")
    partner.get(f"/v1/customers/{tenant}/organization")
    partner.get("/v1/nothing", headers={"MS-RequestId": "r-1"})
    state = partner.control("GET", "/state?recent=1")
    assert state["world"] == {"seed": 1, "customers": 60, "listed": 62, "steps": 0, "movements": 0}
    assert state["paths"]["GET /v1/customers"] == 1
    assert state["full"]["GET /v1/customers/{id}/organization 403 app"] == 1
    assert state["unknown"] == {"GET /v1/nothing": 1}
    assert (state["statuses"]["403"], state["statuses"]["404"]) == (1, 1)
    assert state["modes"]["app"] == 3
    assert state["cpu_seconds"] > 0
    (last,) = state["recent"]
    assert (last["path"], last["status"], last["request_id"]) == ("/v1/nothing", 404, "r-1")
    partner.control("POST", "/reset-counters")
    assert partner.control("GET", "/state")["requests"] == 0


def test_time_advances_and_tells_what_moved(partner: Partner) -> None:
    moved = partner.control("POST", "/advance", {"steps": 2})
    assert moved
    assert partner.control("GET", "/movements") == moved
    assert partner.control("GET", "/movements?since=1") == moved[1:]
    added = {movement["tenant_id"] for movement in moved if movement["kind"] == "added"}
    assert added <= set(partner.ids())


def test_one_customer_is_changed_at_will(partner: Partner) -> None:
    tenant = partner.emulator.world.tenant_id(2)
    assert partner.control("POST", f"/customers/{tenant}/rename", {"name": "Nordwind GmbH"})["after"] == "Nordwind GmbH"
    person = {"first": "Eva", "last": "Muster", "email": "eva@nordwind.example"}
    partner.control("POST", f"/customers/{tenant}/change-contact", {"contact": person})
    partner.control("POST", f"/customers/{tenant}/rights", {"delegated": True, "readable": True})
    shown = partner.control("GET", f"/customers/{tenant}")
    assert (shown["name"], shown["contact"]["email"], shown["delegated"]) == ("Nordwind GmbH", person["email"], True)
    partner.control("POST", f"/customers/{tenant}/leave")
    assert partner.control("GET", f"/customers/{tenant}")["left"] is True
    partner.control("POST", f"/customers/{tenant}/come-back")
    added = partner.control("POST", "/customers", {"name": "Neu AG", "relationship": "advisor"})
    assert partner.read(f"/v1/customers/{added['tenant_id']}")["relationshipToPartner"] == "advisor"


def test_faults_switches_clock_and_revocations_are_set_from_outside(partner: Partner) -> None:
    rule = partner.control("POST", "/faults", {"kind": "throttle", "path": "/v1/customers", "retry_after": 9})
    assert partner.get("/v1/customers").headers["retry-after"] == "9"
    assert partner.control("GET", "/faults")[0]["fired"] == 1
    partner.control("POST", "/faults/clear", {"number": rule["number"]})
    assert partner.control("POST", "/switches", {"link_style": "versioned"})["link_style"] == "versioned"
    assert partner.read("/v1/customers?size=1")["links"]["self"]["uri"] == "/v1/customers?size=1"
    partner.control("POST", "/revoke", {"what": "access"})
    assert partner.get("/v1/customers").status_code == 401
    partner.forget_tokens()
    partner.token()
    partner.control("POST", "/clock", {"advance_seconds": 3600})
    assert partner.get("/v1/customers").status_code == 401


def test_a_refresh_token_is_had_without_a_browser(partner: Partner) -> None:
    given = partner.control("POST", "/refresh-token", {"application": "native"})
    assert given["client_id"] == partner.emulator.native_application.client_id
    old = partner.control("POST", "/refresh-token", {"age_days": 100})["refresh_token"]
    partner.control("POST", "/revoke", {"what": "refresh"})
    answer = partner.msal_web().acquire_token_by_refresh_token(old, ["https://api.partnercenter.microsoft.com/x"])
    assert answer["error_codes"] == [700082]


@pytest.mark.parametrize(
    ("control", "body", "status", "sentence"),
    [
        ("POST /switches", {"gravity": 1}, 400, "There is no switch gravity"),
        ("POST /switches", {"link_style": "round"}, 400, "round"),
        ("POST /faults", {"kind": "meteor"}, 400, "meteor"),
        ("POST /faults", {}, 400, "kind"),
        ("GET /nothing", None, 400, "There is no control"),
        ("POST /customers/00000000-0000-4000-8000-000000000000/leave", {}, 404, "No customer"),
        ("POST /customers/{id}/dance", {}, 400, "no control dance"),
        ("POST /device", {"user_code": "X"}, 400, "No device waits"),
        ("POST /revoke", {"what": "all"}, 400, "access or refresh"),
        ("POST /advance", [1], 400, "JSON object"),
    ],
)
def test_wrong_controls_are_answered_with_a_sentence(
    partner: Partner, control: str, body: object, status: int, sentence: str
) -> None:
    method, path = control.split()
    address = f"{partner.emulator.control_url}{path}".replace("{id}", partner.emulator.world.tenant_id(0))
    answer = partner.http.request(method, address, json=body)
    assert answer.status_code == status
    assert sentence in answer.json()["error"]


def test_control_requests_are_not_counted_as_the_clients(partner: Partner) -> None:
    before = partner.emulator.counters.requests
    partner.control("GET", "/state")
    assert partner.emulator.counters.requests == before


def test_two_emulators_run_side_by_side_and_a_taken_port_is_told(start: Starting) -> None:
    one, other = start(seed="a"), start(seed="b")
    assert one.emulator.partner_tenant_id != other.emulator.partner_tenant_id
    port = int(one.emulator.login_url.rsplit(":", 1)[1])
    with pytest.raises(OSError, match="in use"):
        Emulator(home=one.emulator.options.home, login_port=port)


def test_an_emulator_without_a_home_leaves_nothing_behind() -> None:
    with Emulator(customers=1) as emulator:
        folder = emulator.ca_file.parent
        assert folder.is_dir()
    assert not folder.exists()


def test_private_keys_are_for_the_owner_only(emulator_home: Path) -> None:
    for name in ("ca-key.pem", "server.pem", "signing-key.pem", "application-key.pem"):
        assert (emulator_home / name).stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_the_command_says_where_it_serves_and_stops_when_told(
    tmp_path: Path, emulator_home: Path, stop: signal.Signals
) -> None:
    ready = tmp_path / "ready.json"
    command = [
        sys.executable,
        "-m",
        "tenantry.emulator",
        "--home",
        str(emulator_home),
        "--customers",
        "30",
        "--seed",
        "9",
    ]
    process = subprocess.Popen([*command, "--ready-file", str(ready)], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        greeting = [process.stdout.readline() for _ in range(3)]
        told = json.loads(ready.read_text())
        assert ready.stat().st_mode & 0o077 == 0
        assert told["api_url"] in greeting[1]
        state = httpx2.get(f"{told['control_url']}/state", trust_env=False).json()
        assert state["world"]["customers"] == 30
        assert {"client_id", "secret", "certificate", "private_key"} == set(told["web_application"])
        assert told["service_user"]["refresh_token"]
    finally:
        process.send_signal(stop)
        output, _ = process.communicate(timeout=10)
    assert process.returncode == 0
    assert output == ""
    assert not ready.exists()


def test_the_command_explains_why_it_cannot_start(emulator_home: Path, partner: Partner) -> None:
    port = partner.emulator.api_url.rsplit(":", 1)[1]
    command = [sys.executable, "-m", "tenantry.emulator", "--home", str(emulator_home), "--api-port", port]
    done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode == 1
    assert "cannot start" in done.stderr
    assert "Choose other ports" in done.stderr
