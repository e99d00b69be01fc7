"""The example in examples/ runs: it hears what happens, checks signatures, and reads companies from the API."""

import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings
from tests.api.calling import api_of
from tests.e2e.conftest import web_server
from tests.processes import running
from tests.web.cast import Cast, make_cast
from tests.web.people import add_company, add_people

from tenantry.isolation.scope import marketplace_scope
from tenantry.webhooks.destinations import check_destination
from tenantry.webhooks.models import Delivery
from tenantry.webhooks.sending import deliver_due
from tenantry.webhooks.services import EndpointDraft, create_endpoint

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "listen.py"
__all__ = ["web_server"]


@pytest.fixture
def cast(database: str, settings: Settings) -> Cast:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.WEBHOOKS_TO_LOOPBACK = True
    return make_cast(timezone.now())


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_it_listens(port: int, process: "subprocess.Popen[bytes]") -> None:
    end = time.monotonic() + 20
    while process.poll() is None and time.monotonic() < end:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError("the example does not listen")


def test_the_example_keeps_its_companies_current(
    cast: Cast, web_server: str, port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = EndpointDraft("Example", check_destination(f"http://127.0.0.1:{port}/"))
    with marketplace_scope(cast.northwind.pk):
        made = create_endpoint(draft=draft, actor=cast.actor("owner"), now=timezone.now())
    for name, value in {"TENANTRY": web_server, "TOKEN": api_of(cast).secret, "SECRET": made.secret}.items():
        monkeypatch.setenv(name, value)
    log = tmp_path / "example.log"
    with running([sys.executable, str(EXAMPLE), str(port)], log) as process:
        wait_until_it_listens(port, process)
        company = add_company(cast.northwind, "Alpine", "alpine.example")
        add_people(company, "anna@alpine.example", role="administrator")
        deliver_due(endpoint_id=made.endpoint.pk, marketplace_id=cast.northwind.pk, clock=timezone.now)
        with marketplace_scope(cast.northwind.pk):
            assert [(row.state, row.status) for row in Delivery.objects.order_by("pk")] == [("delivered", 204)] * 2
        request = urllib.request.Request(f"http://127.0.0.1:{port}/", b"{}", {"webhook-id": "msg_forged"})
        with pytest.raises(urllib.error.HTTPError, match="401"):
            urllib.request.urlopen(request, timeout=5)
    told = re.findall(r"^(\S+): company (\d+) is (.*)$", log.read_text(), re.MULTILINE)
    assert told == [
        ("company.created", str(company.pk), "Alpine, without_login, 1 people"),
        ("membership.added", str(company.pk), "Alpine, without_login, 1 people"),
    ]
    assert len(EXAMPLE.read_text().splitlines()) < 80
    assert os.environ["TOKEN"] not in log.read_text()
