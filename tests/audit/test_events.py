from datetime import datetime
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.db import ProgrammingError, connection, transaction
from tests.audit.conftest import MANAGER, happening, record

from tenantry.audit.events import SYSTEM, Happening, Target
from tenantry.audit.models import Event, PersonKey
from tenantry.audit.queries import personal_values
from tenantry.audit.services import event_recorded, record_event
from tenantry.isolation.scope import marketplace_scope
from tenantry.marketplace.services import create_marketplace
from tenantry.sealing import CannotUnseal, KeyRingMissing, create_key_ring


def newest(marketplace_id: int) -> Event:
    with marketplace_scope(marketplace_id):
        return Event.objects.select_related("person").latest("id")


def test_an_event_says_who_did_what_to_what_and_why(store: int, now: datetime) -> None:
    record(store, now, happening())
    event = newest(store)
    assert (event.actor_kind, event.actor_id, event.actor_name) == ("account", 2, "Mia Manager")
    assert (event.action, event.target_kind, event.target_id, event.target_name) == (
        "sync.tenant.linked",
        "tenant",
        "t1",
        "Alpine Ltd",
    )
    assert (event.before, event.after) == ({"state": "pending"}, {"state": "linked", "number": 1})
    assert (event.reason, event.at, event.run_id, event.request_id) == ("A person said so.", now, 5, "r1")
    assert (event.sealed, event.person) == (None, None)
    assert personal_values(event) == {}


def test_personal_values_are_kept_sealed_and_open_with_the_persons_key(
    store: int, now: datetime, owner_url: str
) -> None:
    record(store, now, happening(email="ada@alpine.example", name="Ada Berg"))
    assert personal_values(newest(store)) == {"email": "ada@alpine.example", "name": "Ada Berg"}
    with psycopg.connect(owner_url) as owner:
        everything = str(owner.execute("select e::text, k::text from audit_event e, audit_personkey k").fetchall())
    assert "ada@" not in everything.casefold()
    assert "Berg" not in everything
    assert b"ada@".hex() not in everything


def test_one_person_has_one_key_and_each_marketplace_its_own(store: int, now: datetime, owner_url: str) -> None:
    other = create_marketplace(name="Other", actor=MANAGER, now=now).pk
    for marketplace_id in (store, store, other):
        record(marketplace_id, now, happening(1, email="a@x.example"), happening(2, email="b@x.example"))
    with psycopg.connect(owner_url) as owner:
        keys = owner.execute("select marketplace_id, sealed_key from audit_personkey order by 1").fetchall()
    assert [row[0] for row in keys] == [store, other]
    assert keys[0][1] != keys[1][1]


def test_an_erased_persons_values_are_gone_and_none_are_kept_any_more(store: int, now: datetime) -> None:
    record(store, now, happening(email="ada@alpine.example"))
    before = newest(store)
    with marketplace_scope(store):
        PersonKey.objects.update(sealed_key=None, destroyed_at=now)
    assert personal_values(newest(store)) is None
    record(store, now, happening(email="ada@new.example"))
    after = newest(store)
    assert after.pk != before.pk
    assert (after.sealed, personal_values(after)) == (None, None)


def test_sealed_values_moved_to_another_event_do_not_open(store: int, now: datetime, owner_url: str) -> None:
    record(store, now, happening(1, email="ada@alpine.example"), happening(2, email="ben@alpine.example"))
    with psycopg.connect(owner_url) as owner:
        owner.execute(
            "update audit_event set sealed = (select sealed from audit_event where target_id = 't1') "
            "where target_id = 't2'"
        )
    with pytest.raises(CannotUnseal):
        personal_values(newest(store))


def test_an_event_is_undone_with_what_it_tells(store: int, now: datetime, owner_url: str) -> None:
    with pytest.raises(ValueError, match="stop"), marketplace_scope(store):  # noqa: PT012  # the scope is the point
        record_event(happening(email="x@x.example"), actor=SYSTEM, marketplace_id=store, now=now)
        raise ValueError("stop")
    with psycopg.connect(owner_url) as owner:
        assert owner.execute("select action from audit_event").fetchall() == [("marketplace.marketplace.created",)]
        assert owner.execute("select 1 from audit_personkey").fetchall() == []


def test_an_event_outside_a_transaction_is_refused(store: int, now: datetime) -> None:
    with pytest.raises(RuntimeError, match="in the transaction"):
        record_event(happening(), actor=SYSTEM, now=now)


def test_an_event_can_only_be_written_in_its_own_marketplace(store: int, now: datetime) -> None:
    with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
        record_event(happening(), actor=SYSTEM, marketplace_id=store, now=now)
    with pytest.raises(ProgrammingError, match="row-level security"), marketplace_scope(store):
        record_event(happening(), actor=SYSTEM, now=now)


def test_the_installations_own_events_show_outside_any_scope_only(store: int, now: datetime) -> None:
    with transaction.atomic():
        record_event(happening(), actor=SYSTEM, now=now)
    assert list(Event.objects.values_list("marketplace_id", flat=True)) == [0]
    with marketplace_scope(store):
        assert set(Event.objects.values_list("marketplace_id", flat=True)) == {store}


@pytest.mark.parametrize(
    "statement",
    [
        "update audit_event set reason = 'x'",
        "delete from audit_event",
        "truncate audit_event cascade",
        "update audit_chainlink set sequence = 1",
        "delete from audit_chainlink",
    ],
)
def test_the_application_can_only_add_to_the_record(store: int, statement: str) -> None:
    refused = pytest.raises(ProgrammingError, match="permission denied")
    with refused, marketplace_scope(store), connection.cursor() as cursor:
        cursor.execute(statement)


def test_listeners_hear_of_events_inside_the_transaction(store: int, now: datetime) -> None:
    heard: list[tuple[list[int], bool]] = []

    def listen(event_ids: list[int], **_: object) -> None:
        heard.append((event_ids, connection.in_atomic_block))

    event_recorded.connect(listen)
    try:
        record(store, now, happening(1), happening(2))
    finally:
        event_recorded.disconnect(listen)
    assert [(len(ids), inside) for ids, inside in heard] == [(2, True)]


def test_names_of_any_length_fit(store: int, now: datetime) -> None:
    long = Happening("sync.tenant.linked", Target("tenant", "t1", "株" * 4_000), reason="r" * 5_000)
    record(store, now, long)
    assert newest(store).target_name == "株" * 300


@pytest.mark.parametrize("action", ["linked", "sync.linked", "sync.tenant.linked.twice", ""])
def test_an_action_has_three_words(action: str) -> None:
    with pytest.raises(ValueError, match=r"area\.subject\.verb_past"):
        Happening(action, Target("tenant", "t1"))


def test_personal_values_without_a_person_are_refused() -> None:
    with pytest.raises(ValueError, match="need the person"):
        Happening("sync.tenant.linked", Target("tenant", "t1"), personal={"email": "x"})


def test_without_the_right_keys_nothing_personal_is_written_or_read(store: int, now: datetime, tmp_path: Path) -> None:
    record(store, now, happening(email="ada@alpine.example"))
    right = settings.KEYS_FOLDER
    try:
        settings.KEYS_FOLDER = tmp_path / "nowhere"
        with pytest.raises(KeyRingMissing):
            record(store, now, happening(email="ada@alpine.example"))
        settings.KEYS_FOLDER = tmp_path / "other"
        create_key_ring(settings.KEYS_FOLDER)
        with pytest.raises(CannotUnseal):
            personal_values(newest(store))
    finally:
        settings.KEYS_FOLDER = right
