# ruff: noqa: SLF001  # what is kept in the process shows nowhere else
import json
import logging
import threading
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import connections, transaction

from tenantry.audit.events import Actor, ActorKind
from tenantry.connections import kept
from tenantry.connections.microsoft import application_of, endpoints_of
from tenantry.connections.models import Connection
from tenantry.connections.secrets import StoredRefreshTokens, open_credential
from tenantry.connections.services import MicrosoftConnection, UnableToSaveConnection, save_microsoft_connection
from tenantry.connections.sources import open_source
from tenantry.providers.errors import Misconfigured
from tenantry.sealing import CannotUnseal, create_key_ring, load_key_ring

OPERATOR = Actor(ActorKind.OPERATOR, "Olga Operator", 1)
SECRET = "a-very-secret-value"
TOKEN = "a-refresh-token-value"
GIVEN = MicrosoftConnection(
    name="Northwind",
    partner_tenant_id="11111111-2222-3333-4444-555555555555",
    application_id="99999999-8888-7777-6666-555555555555",
    application_kind="web",
    credential={"secret": SECRET},
    refresh_token=TOKEN,
)


@pytest.fixture
def saved(database: str, now: datetime) -> Connection:
    return save_microsoft_connection(GIVEN, actor=OPERATOR, now=now)


@pytest.fixture
def other_keys(tmp_path: Path) -> Iterator[Path]:
    """A keys folder that is not this installation's; what is in it, is up to the test."""
    right = settings.KEYS_FOLDER
    settings.KEYS_FOLDER = tmp_path / "keys"
    yield settings.KEYS_FOLDER
    settings.KEYS_FOLDER = right


def everything(owner_url: str) -> str:
    """The whole content of the tables that a connection touches, bytes as hexadecimal digits."""
    with psycopg.connect(owner_url) as owner:
        return str(
            owner.execute(
                "select c::text from connections_connection c union all select e::text from audit_event e"
            ).fetchall()
        )


def test_secrets_open_for_whoever_asks_and_are_nowhere_to_be_read(
    saved: Connection, owner_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        assert open_credential(saved) == {"secret": SECRET}
        assert StoredRefreshTokens(saved).load() == TOKEN
        assert "ClientSecret" in repr(application_of(saved))
    stored = everything(owner_url)
    shown = [stored, repr(saved), str(saved), repr(GIVEN), repr(application_of(saved)), caplog.text]
    for secret in (SECRET, TOKEN, SECRET.encode().hex(), TOKEN.encode().hex()):
        assert all(secret not in text for text in shown)


def test_the_event_names_what_was_set_and_no_secret(saved: Connection, now: datetime, owner_url: str) -> None:
    save_microsoft_connection(replace(GIVEN, cloud="china", credential={}), actor=OPERATOR, now=now)
    with psycopg.connect(owner_url) as owner:
        events = owner.execute("select action, after, actor_name from audit_event order by id").fetchall()
    assert [event[0] for event in events] == ["connections.connection.created", "connections.connection.changed"]
    assert events[1][1] == {
        "partner_tenant_id": GIVEN.partner_tenant_id, "application_id": GIVEN.application_id,
        "application_kind": "web", "sign_in": "app_only", "cloud": "china",
    }  # fmt: skip


def test_saving_again_without_secrets_keeps_them(saved: Connection, now: datetime) -> None:
    again = save_microsoft_connection(
        replace(GIVEN, name=" Northwind ", credential={}, refresh_token="", settings={"calls_at_once": 2}),
        actor=OPERATOR,
        now=now,
    )
    assert (again.pk, again.uid, again.calls_at_once) == (saved.pk, saved.uid, 2)
    assert open_credential(again) == {"secret": SECRET}
    assert StoredRefreshTokens(again).load() == TOKEN


def test_a_secret_copied_to_another_connection_or_column_does_not_open(
    saved: Connection, now: datetime, owner_url: str
) -> None:
    other = save_microsoft_connection(replace(GIVEN, name="Other"), actor=OPERATOR, now=now)
    other.sealed_secret = saved.sealed_secret
    with pytest.raises(CannotUnseal):
        open_credential(other)
    other.sealed_secret = Connection.objects.get(pk=other.pk).sealed_refresh_token
    with pytest.raises(CannotUnseal):
        open_credential(other)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"partner_tenant_id": "contoso.com"}, "partner tenant ID 'contoso.com' is not one"),
        ({"partner_tenant_id": ""}, "partner tenant ID"),
        ({"application_id": "x" * 500}, "application ID"),
        ({"application_id": "11111111-2222-3333-4444-55555555555"}, "copy it from"),
        ({"name": "  "}, "needs a name"),
        ({"name": "n" * 121}, "at most 120"),
        ({"application_kind": ""}, "kind of application. There are: web, native"),
        ({"application_kind": "desktop"}, "'desktop' is no kind"),
        ({"sign_in": "magic"}, "'magic' is no way to sign in"),
        ({"cloud": "germany"}, "There are: global, us_government, china"),
    ],
)
def test_what_cannot_be_right_is_refused_in_a_sentence(now: datetime, wrong: dict[str, Any], words: str) -> None:
    with pytest.raises(UnableToSaveConnection) as raised:
        save_microsoft_connection(replace(GIVEN, **wrong), actor=OPERATOR, now=now)
    assert words in str(raised.value)
    assert str(raised.value).endswith((".", "page."))


@pytest.mark.parametrize("written", ["{%s}", "urn:uuid:%s", " %s ", "%S"])
def test_ids_are_stored_in_one_way_however_they_are_written(database: str, now: datetime, written: str) -> None:
    plain = "abcdefab-cdef-abcd-efab-cdefabcdefab"
    given = plain.upper() if written == "%S" else written % plain
    row = save_microsoft_connection(replace(GIVEN, partner_tenant_id=given), actor=OPERATOR, now=now)
    assert row.partner_tenant_id == plain


def test_two_who_make_the_same_connection_at_once_make_one(database: str, now: datetime) -> None:
    together = threading.Barrier(2)

    def save(_: int) -> str:
        together.wait(10)
        try:
            save_microsoft_connection(GIVEN, actor=OPERATOR, now=now)
        except UnableToSaveConnection as error:
            return str(error)
        finally:
            connections.close_all()
        return ""

    with ThreadPoolExecutor(2) as pool:
        said = set(pool.map(save, range(2)))
    assert Connection.objects.count() == 1
    assert all(not sentence or "at this moment" in sentence for sentence in said)


def test_a_new_refresh_token_is_kept_with_the_one_before(saved: Connection, owner_url: str) -> None:
    tokens = StoredRefreshTokens(saved)
    tokens.replace(new="second", old=TOKEN)
    assert StoredRefreshTokens(Connection.objects.get(pk=saved.pk)).load() == "second"
    assert Connection.objects.get(pk=saved.pk).sealed_previous_refresh_token is not None
    assert b"second".hex() not in everything(owner_url)


def test_refresh_tokens_of_two_writers_are_never_mixed(saved: Connection) -> None:
    place = f"connections_connection.sealed_refresh_token:{saved.uid}"
    together = threading.Barrier(2)

    def rotate(writer: str) -> None:
        tokens = StoredRefreshTokens(saved)
        together.wait(10)
        for turn in range(15):
            tokens.replace(new=f"{writer}-{turn}", old=f"{writer}-{turn - 1}")
        connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(rotate, ("a", "b")))
    ring, row = load_key_ring(settings.KEYS_FOLDER), Connection.objects.get(pk=saved.pk)
    current = ring.unseal(bytes(row.sealed_refresh_token or b""), place=place).decode()
    previous = ring.unseal(bytes(row.sealed_previous_refresh_token or b""), place=place).decode()
    writer, turn = current.split("-")
    assert (previous, turn) == (f"{writer}-13", "14")


def test_a_refresh_token_is_committed_before_it_is_relied_on(saved: Connection) -> None:
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        StoredRefreshTokens(saved).replace(new="second", old=TOKEN)


def test_a_connection_without_a_sign_in_has_no_token(saved: Connection) -> None:
    Connection.objects.update(sealed_refresh_token=None)
    assert StoredRefreshTokens(saved).load() is None


@pytest.mark.parametrize("ring", ["missing", "another", "damaged"])
def test_a_wrong_keys_folder_is_said_in_a_sentence_with_what_to_do(
    saved: Connection, other_keys: Path, ring: str, now: datetime
) -> None:
    if ring == "another":
        create_key_ring(other_keys)
    elif ring == "damaged":
        other_keys.mkdir()
        (other_keys / "sealing.json").write_text(json.dumps({"keys": 5}))
    for attempt in (lambda: application_of(saved), StoredRefreshTokens(saved).load):
        with pytest.raises(Misconfigured) as raised:
            attempt()
        assert "of the connection Northwind can't be opened" in raised.value.message
        assert "Restore the keys folder" in raised.value.next_step
        assert raised.value.stops_run
    with pytest.raises(Misconfigured), open_source(saved):
        pass
    if ring != "another":
        with pytest.raises(UnableToSaveConnection, match="can't be sealed, so nothing was saved"):
            save_microsoft_connection(GIVEN, actor=OPERATOR, now=now)
        with pytest.raises(Misconfigured, match="can't be opened"):
            StoredRefreshTokens(saved).replace(new="x", old="y")


def test_a_connection_that_cannot_be_used_says_why(saved: Connection) -> None:
    saved.application_id = ""
    with pytest.raises(Misconfigured, match="no application ID"):
        application_of(saved)
    saved.provider = "google"
    with pytest.raises(Misconfigured, match="one of google"):
        endpoints_of(saved)


def test_sign_in_is_kept_between_slices_until_the_settings_change(saved: Connection, now: datetime) -> None:
    with open_source(saved), open_source(saved):
        assert len([key for key in kept._opened if key[0] == saved.uid]) == 1
    first = next(opened for key, opened in kept._opened.items() if key[0] == saved.uid)
    changed = save_microsoft_connection(replace(GIVEN, cloud="us_government"), actor=OPERATOR, now=now)
    with open_source(changed):
        again = [opened for key, opened in kept._opened.items() if key[0] == saved.uid]
    assert len(again) == 1
    assert again[0] is not first
    kept._opened.pop(next(key for key in kept._opened if key[0] == saved.uid)).http.close()


def test_settings_that_are_absent_follow_the_defaults() -> None:
    row = Connection(uid=uuid.uuid4(), name="x", settings={})
    assert (row.detail_calls_per_minute, row.calls_at_once) == (450, 4)
    row.settings = {"detail_calls_per_minute": "120", "calls_at_once": 2}
    assert (row.detail_calls_per_minute, row.calls_at_once) == (120, 2)
