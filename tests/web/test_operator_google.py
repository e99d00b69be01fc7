"""Google connections in the browser and on the command line, against the emulator."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from tests.connections.directory_stage import close_kept
from tests.installed import tenantry
from tests.web.cast import Cast
from tests.web.reading import text_of

from tenantry.audit.models import Event
from tenantry.connections.models import Connection
from tenantry.connections.secrets import open_credential
from tenantry.emulator.server import Emulator
from tenantry.providers.google.credentials import ScopeSet

ADD = "/operator/connections/google/add/"


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with Emulator(customers=6, google_customers=6, google_quota=0) as running:
        yield running
        close_kept()


@pytest.fixture
def operator(cast: Cast) -> Client:
    return cast.client("operator")


def key_of(emulator: Emulator, **changed: str) -> str:
    return json.dumps({**json.loads(emulator.google.service_account.key_file(emulator.google.signin.url)), **changed})


def given(emulator: Emulator, **fields: Any) -> dict[str, Any]:
    return {
        "name": "Google EU", "discovery": "reseller", "subject": emulator.google.subject,
        "account_id": emulator.google.account_id, "google": emulator.google_url,
        "key": SimpleUploadedFile("key.json", key_of(emulator).encode()), **fields,
    }  # fmt: skip


def made(operator: Client, fields: dict[str, Any]) -> Connection:
    answer = operator.post(ADD, fields)
    assert answer.status_code == 302, text_of(answer)
    return Connection.objects.get(name=fields["name"])


def page_of(row: Connection, rest: str = "") -> str:
    return f"/operator/connections/{row.pk}/{rest}"


def test_a_google_connection_is_made_tested_and_its_key_never_comes_back(emulator: Emulator, operator: Client) -> None:
    row = made(operator, given(emulator))
    assert (row.provider, row.discovery, row.partner_tenant_id) == ("google", "reseller", emulator.google.account_id)
    assert row.service_account_id == emulator.google.service_account.client_id
    tested = text_of(operator.post(page_of(row, "test/"), follow=True))
    assert "Tested: User Sync can work with this connection" in tested
    for name in ("List customers", "Read people", "Read administrators", "Read licences"):
        assert name in tested
    secret = json.loads(key_of(emulator))["private_key"].splitlines()[3]
    pages = [operator.get(page_of(row, rest)).content.decode() for rest in ("", "edit/", "secret/")]
    assert all(secret not in page for page in pages)
    assert secret not in str(list(Event.objects.values())) + str(list(Connection.objects.values()))
    assert row.service_account_id in pages[0], "what delegation is granted to has to be seen"
    assert "Sign in" not in text_of(operator.get(page_of(row)))
    assert operator.get(page_of(row, "sign-in/")).status_code == 404


def test_a_right_that_is_missing_is_named_with_what_to_enter_where(emulator: Emulator, operator: Client) -> None:
    row = made(operator, given(emulator, name="Google narrow"))
    granted = set(emulator.google.signin.delegated)
    try:
        emulator.google.signin.delegated -= set(ScopeSet.ROLES.scopes)
        page = text_of(operator.post(page_of(row, "test/"), follow=True))
        assert "Tested: User Sync can work" in page, "administrators are not needed for people to flow in"
        assert f"enter client {row.service_account_id} with {ScopeSet.ROLES.scopes[0]}" in page
        emulator.google.signin.delegated -= set(ScopeSet.USERS.scopes)
        close_kept()
        page = text_of(operator.post(page_of(row, "test/"), follow=True))
        assert "Tested: something is missing" in page
        assert "To fix it:" in page
    finally:
        emulator.google.signin.delegated |= granted
    assert next(each for each in row.__class__.objects.get(pk=row.pk).test_results or [])["ok"]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"name": "partner center eu"}, "a connection named 'partner center eu' already"),
        ({"discovery": ""}, "This field is required"),
        ({"subject": "nobody"}, "needs a mail address"),
        ({"discovery": "channel", "account_id": ""}, "Cloud Channel needs the reseller's own account ID"),
        ({"account_id": "12"}, "The account ID '12' is not one"),
        ({"google": "http://elsewhere.example"}, "address"),
        ({"google": ""}, "The key is an emulator's"),
        ({"key": SimpleUploadedFile("key.json", b"no")}, "is not JSON"),
        ({"key": SimpleUploadedFile("key.json", b"{}")}, "is not the key of a service account"),
        ({"key": SimpleUploadedFile("key.json", b"\xff")}, "This is no JSON file"),
        ({"key": ""}, "This field is required"),
    ],
)
def test_what_cannot_be_right_is_said_and_nothing_is_saved(
    fields: dict[str, Any], words: str, emulator: Emulator, operator: Client
) -> None:
    answer = operator.post(ADD, given(emulator, **fields))
    assert answer.status_code == 422
    assert words in text_of(answer)
    assert not Connection.objects.filter(provider="google").exists()


def test_settings_and_key_are_changed_apart(emulator: Emulator, operator: Client) -> None:
    row = made(operator, given(emulator))
    operator.post(page_of(row, "test/"))
    fields = given(emulator, name="Google direct", discovery="own", subject=emulator.google.world.administrator(2))
    del fields["key"]
    assert operator.post(page_of(row, "edit/"), fields).status_code == 302
    changed = Connection.objects.get(pk=row.pk)
    assert (changed.name, changed.discovery, changed.partner_tenant_id) == ("Google direct", "own", "")
    assert changed.test_results is None
    assert open_credential(changed) == {"service_account": key_of(emulator)}
    other = key_of(emulator, client_id="999", private_key_id="another")
    answer = operator.post(page_of(row, "secret/"), {"key": SimpleUploadedFile("key.json", other.encode())})
    assert answer.status_code == 302
    changed = Connection.objects.get(pk=row.pk)
    assert (changed.service_account_id, open_credential(changed)) == ("999", {"service_account": other})
    assert operator.post(page_of(row, "secret/"), {"key": SimpleUploadedFile("k", b"[]")}).status_code == 422
    taken = operator.post(page_of(row, "edit/"), {**fields, "name": "Partner Center EU"})
    assert (taken.status_code, "another connection named" in text_of(taken)) == (422, True)
    actions = list(Event.objects.filter(target_id=str(row.pk)).order_by("id").values_list("action", flat=True))
    assert actions[-2:] == ["connections.connection.changed", "connections.connection.secret_replaced"]


def test_the_command_line_connects_google_and_refuses_in_words(
    database: str, emulator: Emulator, tmp_path: Path
) -> None:
    file = tmp_path / "key.json"
    file.write_text(key_of(emulator))
    options = ["--subject", emulator.google.subject, "--key-file", str(file), "--address", emulator.google_url]
    ran = tenantry(
        "connect", "google", "--mode", "channel", "--account", emulator.google.account_id, *options, "--json"
    )
    assert ran.code == 0, ran.err
    assert {probe["probe"]: probe["ok"] for probe in ran.json}["read_people"]
    assert Connection.objects.get().discovery == "channel"
    ran = tenantry("connect", "google", "--mode", "sideways", *options)
    assert (ran.code, "no mode" in ran.err) == (1, True)
    ran = tenantry("connect", "google", "--mode", "reseller", "--subject", "x", *options[2:])
    assert (ran.code, "mail address" in ran.err, "Nothing was saved" in ran.err) == (1, True, True)
