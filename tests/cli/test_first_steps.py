"""An operator's first steps on the command line: connect, set up, doctor, runs; and what goes wrong."""

import json
import threading
import time
import urllib.request
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from tests.installed import Ran, install, tenantry

from tenantry.accounts.models import Account
from tenantry.connections.models import Connection
from tenantry.emulator.server import Emulator
from tenantry.isolation.scope import marketplace_scope
from tenantry.marketplace.models import StaffRole
from tenantry.sync.models import Entitlement, Feed

PASSWORD = "correct horse battery"


@pytest.fixture
def emulator(emulator_home: Path) -> Iterator[Emulator]:
    with Emulator(customers=30, limit=0, home=emulator_home) as running:
        yield running


def connect(emulator: Emulator, *more: str, **changed: str) -> Ran:
    given = {
        "--partner-tenant": emulator.partner_tenant_id,
        "--application": emulator.web_application.client_id,
        "--kind": "web",
        "--api": emulator.api_url,
        "--authority": emulator.login_url,
        "--ca-file": str(emulator.ca_file),
    } | {f"--{name.replace('_', '-')}": value for name, value in changed.items() if name != "secret"}
    options = [part for pair in given.items() for part in pair]
    secret = changed.get("secret", emulator.web_application.secret)
    return tenantry("connect", "microsoft", *options, *more, TENANTRY_SECRET=secret)


def test_connect_saves_and_tests_each_permission_without_showing_the_secret(database: str, emulator: Emulator) -> None:
    ran = connect(emulator, "--json")
    assert ran.code == 0, ran.err
    assert {probe["ok"] for probe in ran.json} <= {True, None}
    assert "list_customers" in {probe["probe"] for probe in ran.json}
    saved = Connection.objects.get()
    assert (saved.application_kind, saved.sign_in) == ("web", "app_only")
    assert emulator.web_application.secret not in ran.out + ran.err
    assert emulator.web_application.secret.encode() not in bytes(saved.sealed_secret or b"")


def test_connect_with_a_wrong_secret_names_what_is_missing_and_what_to_do(database: str, emulator: Emulator) -> None:
    ran = connect(emulator, secret="wrong-secret")
    assert ran.code == 1
    assert "secret" in ran.err
    assert "wrong-secret" not in ran.out + ran.err


def test_connect_with_a_wrong_kind_of_application_says_so(database: str, emulator: Emulator) -> None:
    ran = connect(emulator, application=emulator.native_application.client_id)
    assert ran.code == 1
    assert "kind" in ran.err.lower() or "native" in ran.err.lower()


def test_connect_with_something_that_is_no_id_saves_nothing(database: str, emulator: Emulator) -> None:
    ran = connect(emulator, partner_tenant="northwind.example")
    assert ran.code == 1
    assert "is not one" in ran.err
    assert not Connection.objects.exists()


def test_connect_to_an_unreachable_host_says_whose_fault_it_is(database: str, emulator: Emulator) -> None:
    ran = connect(emulator, authority="https://localhost:9")
    assert ran.code == 1
    assert "localhost" in ran.err


def test_connect_signs_a_user_in_with_a_device_code(database: str, emulator: Emulator) -> None:
    def approve() -> None:
        for _ in range(200):
            with urllib.request.urlopen(f"{emulator.control_url}/state") as answer:
                waiting = json.load(answer)["device_codes"]
            if waiting:
                body = json.dumps({"user_code": waiting[0]}).encode()
                urllib.request.urlopen(f"{emulator.control_url}/device", data=body).close()
                return
            time.sleep(0.1)

    person = threading.Thread(target=approve)
    person.start()
    ran = connect(emulator, application=emulator.native_application.client_id, kind="native")
    person.join()
    assert ran.code == 0, ran.err
    saved = Connection.objects.get()
    assert (saved.sign_in, saved.sealed_refresh_token is not None) == ("app_and_user", True)


def test_setup_makes_operator_marketplace_manager_and_feed_and_is_safe_to_repeat(
    database: str, emulator: Emulator
) -> None:
    connect(emulator)
    steps = [
        "setup", "--operator-email", "Op@Tenantry.example", "--operator-name", "Olga", "--marketplace", "Northwind",
        "--manager-email", "max@northwind.example", "--connection", "Partner Center", "--country", "de",
    ]  # fmt: skip
    for _ in range(2):
        ran = tenantry(*steps, TENANTRY_PASSWORD=PASSWORD)
        assert ran.code == 0, ran.err
        assert PASSWORD not in ran.out + ran.err
    assert sorted(Account.objects.values_list("email", "is_operator")) == [
        ("max@northwind.example", False),
        ("op@tenantry.example", True),
    ]
    with marketplace_scope(1):
        assert (StaffRole.objects.count(), Entitlement.objects.get().company_sync) == (1, True)
        assert Feed.objects.get().countries == ["DE"]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"--operator-email": "nobody"}, "is not an e-mail address"),
        ({"--connection": "Elsewhere"}, "There is no connection named 'Elsewhere'"),
        ({"--country": "Germany"}, "is no country code"),
    ],
)
def test_setup_refuses_bad_input_in_a_sentence(
    database: str, emulator: Emulator, changed: dict[str, str], said: str
) -> None:
    connect(emulator)
    given = {"--operator-email": "op@tenantry.example", "--marketplace": "Northwind", "--connection": "Partner Center"}
    options = [part for pair in (given | changed).items() for part in pair]
    ran = tenantry("setup", *options, TENANTRY_PASSWORD=PASSWORD)
    assert (ran.code, said in ran.err) == (1, True), ran.err


def test_a_weak_password_is_refused(database: str) -> None:
    ran = tenantry("setup", "--operator-email", "op@x.example", "--marketplace", "N", TENANTRY_PASSWORD="12345")
    assert ran.code == 1
    assert "too short" in ran.err
    assert not Account.objects.exists()


def test_doctor_finds_an_installation_well_and_then_its_broken_connection(
    database: str, emulator: Emulator, now: datetime
) -> None:
    install(emulator, now=now, marketplaces={"Northwind": []})
    well = tenantry("doctor", "--json")
    assert (well.code, [look for look in well.json if look["ok"] is False]) == (0, []), well.out
    Connection.objects.update(settings={"api": emulator.api_url, "authority": "https://localhost:9"})
    ill = tenantry("doctor", "--json")
    [wrong] = [look for look in ill.json if look["name"] == "Partner Center"]
    assert "localhost" in wrong["sentence"]


def test_doctor_finds_foreign_keys_and_addresses_that_do_not_fit(database: str, emulator: Emulator) -> None:
    connect(emulator)
    Connection.objects.update(sealed_refresh_token=b"\x01\x02kXelsewhere")
    looked = tenantry("doctor", "--json", TENANTRY_URL="https://shop.example")
    wrong = {look["name"] for look in looked.json if look["ok"] is False}
    assert (looked.code, wrong >= {"sealed values", "addresses"}) == (1, True), looked.out


def test_runs_lists_what_syncs_did(database: str, emulator: Emulator, now: datetime) -> None:
    install(emulator, now=now, marketplaces={"Northwind": []})
    tenantry("sync", "companies")
    listed = tenantry("runs", "--json")
    [run] = listed.json["runs"]
    assert (run["state"], run["requested_by"], run["counters"]["tenants_with_changes"]) == ("done", "command line", 30)
    assert "Northwind" in tenantry("runs").out


def test_a_database_that_does_not_answer_is_said_in_a_sentence() -> None:
    ran = tenantry("runs", DATABASE_URL="postgresql://nobody@127.0.0.1:9/nothing")
    assert ran.code == 1
    assert "The database does not answer" in ran.err


def test_an_address_that_is_none_is_refused_without_repeating_it() -> None:
    ran = tenantry("runs", DATABASE_URL="postgresql//x:secretword@h")
    assert ran.code == 1
    assert "DATABASE_URL is not a PostgreSQL address" in ran.err
    assert "secretword" not in ran.err


def test_the_owner_of_the_tables_may_not_run_the_application(owner_url: str) -> None:
    ran = tenantry("runs", DATABASE_URL=owner_url)
    assert ran.code == 1
    assert "whom row-level security does not bind" in ran.err
