# ruff: noqa: S608, SLF001  # the fields are ours; Django documents _meta as public
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import psycopg
import pytest
from django.db import connections
from tests.audit.conftest import MANAGER, happening, record
from tests.conftest import NOW

from tenantry.audit.chain import chain_events
from tenantry.audit.checking import Standing, accept_chain, chain_standings, check_chain
from tenantry.audit.models import Event, PersonKey
from tenantry.audit.verifying import FaultKind, Verdict, verify_chain
from tenantry.isolation.scope import marketplace_scope
from tenantry.marketplace.services import create_marketplace


def chain(marketplace_id: int, now: datetime) -> int:
    with marketplace_scope(marketplace_id):
        return chain_events(marketplace_id=marketplace_id, now=now)


def verdict(marketplace_id: int, now: datetime = NOW) -> Verdict:
    return verify_chain(marketplace_id=marketplace_id, now=now)


def verify(marketplace_id: int) -> tuple[int, str]:
    found = verdict(marketplace_id)
    return found.held, found.sentence


@pytest.fixture
def chained(store: int, now: datetime) -> int:
    """Six chained events: that of the marketplace itself and five more, one with personal values."""
    record(store, now, *[happening(number) for number in range(4)], happening(4, email="ada@alpine.example"))
    assert chain(store, now) == 6
    return store


def test_what_was_chained_verifies_and_is_chained_once(chained: int, now: datetime) -> None:
    assert verify(chained) == (6, "")
    assert chain(chained, now) == 0
    record(chained, now, happening(9))
    assert chain(chained, now + timedelta(hours=2)) == 1
    assert chain(chained, now + timedelta(hours=4)) == 0
    assert verify(chained) == (7, "")


def test_each_marketplace_and_the_installation_have_chains_of_their_own(chained: int, now: datetime) -> None:
    other = create_marketplace(name="Other", actor=MANAGER, now=now).pk
    assert (chain(other, now), verify(other)) == (1, (1, ""))
    assert verify(0) == (0, "")


def test_erasing_a_person_leaves_the_chain_whole(chained: int, now: datetime) -> None:
    with marketplace_scope(chained):
        assert PersonKey.objects.update(sealed_key=None, destroyed_at=now) == 1
    assert verify(chained) == (6, "")


FIELDS = {
    "reason": "'Nothing happened.'",
    "actor_name": "'Somebody Else'",
    "actor_id": "99",
    "at": "at + interval '1 microsecond'",
    "action": "'sync.tenant.unlinked'",
    "target_id": "'t9'",
    "target_name": "''",
    "before": "null",
    "after": """'{"state": "pending"}'""",
    "uid": "gen_random_uuid()",
    "run_id": "null",
    "request_id": "''",
    "actor_kind": "'system'",
    "target_kind": "'x'",
    "person_id": "(select id from audit_personkey)",
    "sealed": r"'\x00'",
}


def test_editing_any_field_of_an_event_is_found(chained: int, owner_url: str) -> None:
    made = {"id", "marketplace_id", "kind"}  # the database makes the kind from the action
    covered = {field.column for field in Event._meta.local_concrete_fields} - made
    assert set(FIELDS) == covered
    for field, value in FIELDS.items():
        with psycopg.connect(owner_url) as owner:
            owner.execute("create temp table kept as select * from audit_event where target_id = 't2'")
            owner.execute(f"update audit_event set {field} = {value} where target_id = 't2'".encode())
            owner.commit()
            good, sentence = verify(chained)
            assert (good, "was changed" in sentence) == (3, True), field
            owner.execute(f"update audit_event e set {field} = kept.{field} from kept where kept.id = e.id".encode())
    assert verify(chained) == (6, "")


CUT = (
    "create temp table gone as select event_id from audit_chainlink where sequence > 4; "
    "delete from audit_chainlink where sequence > 4"
)


@pytest.mark.parametrize(
    ("statements", "holds", "words"),
    [
        (["update audit_chainlink set digest = digest || '\\x00' where sequence = 4"], 3, "was changed"),
        (["delete from audit_chainlink where sequence = 3"], 2, "was removed"),
        (
            [
                "create temp table gone as select event_id from audit_chainlink where sequence = 3",
                "delete from audit_chainlink where sequence = 3",
                "delete from audit_event where id = (select event_id from gone)",
            ],
            2,
            "was removed",
        ),
        (
            [
                "delete from audit_chainlink where sequence = 3",
                "update audit_chainlink set sequence = 3 where sequence = 4",
                "update audit_chainlink set sequence = 4 where sequence = 5",
            ],
            2,
            "was changed",
        ),
        (
            [
                "update audit_chainlink set sequence = 100 where sequence = 3",
                "update audit_chainlink set sequence = 3 where sequence = 4",
                "update audit_chainlink set sequence = 4 where sequence = 100",
            ],
            2,
            "were reordered",
        ),
        (
            [
                "create temp table swapped as select sequence, event_id from audit_chainlink where sequence in (3, 4)",
                "alter table audit_chainlink drop constraint audit_chainlink_event_id_key",
                "update audit_chainlink l set event_id = s.event_id from swapped s where l.sequence + s.sequence = 7",
            ],
            2,
            "were reordered",
        ),
        (["update audit_event set marketplace_id = 0 where target_id = 't2'"], 3, "was removed"),
        ([CUT, "delete from audit_event where id in (select event_id from gone)"], 4, "newest 2 events were cut off"),
        (
            [
                CUT,
                "delete from audit_event where id in (select event_id from gone)",
                ("update audit_chainhead h set sequence = 4, digest = "
                "(select digest from audit_chainlink l where l.marketplace_id = h.marketplace_id and l.sequence = 4)"),
            ],
            4,
            "head of the chain was changed",
        ),
        (["delete from audit_chainhead"], 6, "head of the chain is missing"),
        (["delete from audit_chainlink"], 0, "newest 6 events were cut off"),
    ],
    ids=[
        "digest edited", "link gone", "event gone", "closed up", "reordered", "events swapped", "moved away",
        "cut off", "cut off, head moved", "head gone", "chain gone",
    ],
)  # fmt: skip
def test_removing_or_reordering_directly_in_the_database_is_found(
    chained: int, owner_url: str, statements: list[str], holds: int, words: str
) -> None:
    with psycopg.connect(owner_url) as owner:
        for statement in statements:
            owner.execute(statement.encode())
    good, sentence = verify(chained)
    assert sentence
    assert (good, words in sentence) == (holds, True), sentence
    record(chained, NOW, happening(20))  # what comes later covers nothing up
    chain(chained, NOW + timedelta(hours=3))
    assert verify(chained)[1]


def test_chaining_at_once_from_several_places_makes_one_chain(store: int, now: datetime) -> None:
    together = threading.Barrier(4)

    def work(number: int) -> int:
        together.wait(10)
        chained = 0
        for turn in range(5):
            record(store, now, happening(10 * number + turn))
            chained += chain(store, now)
        connections.close_all()
        return chained

    with ThreadPoolExecutor(4) as pool:
        chained = sum(pool.map(work, range(4)))
    assert chained + chain(store, now) == 21
    assert verify(store) == (21, "")


def test_an_event_that_commits_late_is_chained_after_later_ones(chained: int, now: datetime, owner_url: str) -> None:
    with psycopg.connect(owner_url) as owner:  # its transaction has begun before the next one, and ends after it
        early = owner.execute("select nextval('audit_event_id_seq')").fetchone()
        record(chained, now, happening(7))
        assert chain(chained, now + timedelta(minutes=2)) == 1
        record(chained, now, happening(8))
        owner.execute("update audit_event set id = %s where target_id = 't8'", early)
    assert chain(chained, now + timedelta(minutes=5)) == 1
    assert verify(chained) == (8, "")


def test_an_event_that_was_put_in_among_old_ones_is_found(chained: int, now: datetime, owner_url: str) -> None:
    later = now + timedelta(hours=2)
    with psycopg.connect(owner_url) as owner:
        early = owner.execute("select nextval('audit_event_id_seq')").fetchone()
        record(chained, now, happening(7))
        assert chain(chained, now) == 1
        record(chained, now, happening(8))
        owner.execute("update audit_event set id = %s where target_id = 't8'", early)
    assert chain(chained, later) == 0
    [fault] = verdict(chained, later).faults
    assert early is not None
    assert (fault.kind, fault.event_id) == (FaultKind.ADDED, early[0])


def test_every_event_that_was_changed_is_named_and_the_rest_still_checked(chained: int, owner_url: str) -> None:
    with psycopg.connect(owner_url) as owner:
        owner.execute("update audit_event set reason = 'x' where target_id in ('t1', 't3')")
        rows = owner.execute("select id from audit_event where target_id in ('t1', 't3') order by id").fetchall()
    found = verdict(chained)
    assert [(fault.kind, fault.event_id) for fault in found.faults] == [(FaultKind.CHANGED, row[0]) for row in rows]
    assert found.held == 2


def test_a_check_goes_on_where_it_was_stopped_and_says_when_all_held(chained: int, now: datetime) -> None:
    assert not check_chain(marketplace_id=chained, now=now, should_stop=lambda: True).ended
    assert chain_standings() == [Standing(chained, None, 0, "", None)]
    assert check_chain(marketplace_id=chained, now=now, should_stop=lambda: False).held == 6
    assert chain_standings() == [Standing(chained, now, 6, "", None)]
    record(chained, now, happening(9))
    chain(chained, now)
    assert check_chain(marketplace_id=chained, now=now, should_stop=lambda: False).held == 1
    week = now + timedelta(days=7)
    assert check_chain(marketplace_id=chained, now=week, should_stop=lambda: False).held == 7


def test_a_fault_stays_until_the_whole_chain_holds_or_a_person_accepts_it(
    chained: int, now: datetime, owner_url: str
) -> None:
    check_chain(marketplace_id=chained, now=now, should_stop=lambda: False)
    with psycopg.connect(owner_url) as owner:
        owner.execute("update audit_event set reason = 'x' where target_id = 't1'")
    assert check_chain(marketplace_id=chained, now=now, should_stop=lambda: False, anew=True).faults
    [standing] = chain_standings()
    assert (standing.held_at, standing.fault_at, "was changed" in standing.fault) == (now, now, True)
    with marketplace_scope(chained):
        faults = accept_chain(marketplace_id=chained, reason="Restored by hand.", actor=MANAGER, now=now)
        event = Event.objects.latest("id")
    assert (event.action, event.reason, event.after) == (
        "audit.chain.accepted",
        "Restored by hand.",
        {"faults": faults},
    )
    assert chain(chained, now) == 1
    assert check_chain(marketplace_id=chained, now=now, should_stop=lambda: False, anew=True).sentence == ""
    assert chain_standings()[0].fault == ""
