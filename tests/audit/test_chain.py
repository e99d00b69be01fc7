# ruff: noqa: S608, SLF001  # the fields are ours; Django documents _meta as public
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import psycopg
import pytest
from django.db import connections, transaction
from tests.audit.conftest import MANAGER, happening, record

from tenantry.audit.chain import chain_events, verify_chain
from tenantry.audit.models import Event, PersonKey
from tenantry.isolation.scope import marketplace_scope
from tenantry.marketplace.services import create_marketplace


def chain(marketplace_id: int, now: datetime) -> int:
    with marketplace_scope(marketplace_id):
        return chain_events(marketplace_id=marketplace_id, now=now)


def verify(marketplace_id: int) -> tuple[int, str]:
    with marketplace_scope(marketplace_id):
        return verify_chain(marketplace_id=marketplace_id)


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
    with transaction.atomic():
        assert verify_chain(marketplace_id=0) == (0, "")


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
    covered = {field.column for field in Event._meta.local_concrete_fields} - {"id", "marketplace_id"}
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


@pytest.mark.parametrize(
    ("statements", "holds", "words"),
    [
        (["update audit_chainlink set digest = digest || '\\x00' where sequence = 4"], 3, "was changed"),
        (["delete from audit_chainlink where sequence = 3"], 2, "is missing"),
        (
            [
                "create temp table gone as select event_id from audit_chainlink where sequence = 3",
                "delete from audit_chainlink where sequence = 3",
                "delete from audit_event where id = (select event_id from gone)",
            ],
            2,
            "is missing",
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
            "was changed",
        ),
        (
            [
                "create temp table swapped as select sequence, event_id from audit_chainlink where sequence in (3, 4)",
                "alter table audit_chainlink drop constraint audit_chainlink_event_id_key",
                "update audit_chainlink l set event_id = s.event_id from swapped s where l.sequence + s.sequence = 7",
            ],
            2,
            "was changed",
        ),
        (["update audit_event set marketplace_id = 0 where target_id = 't2'"], 3, ""),
    ],
    ids=["digest edited", "link gone", "event gone", "closed up", "reordered", "events swapped", "moved away"],
)  # fmt: skip
def test_removing_or_reordering_directly_in_the_database_is_found(
    chained: int, owner_url: str, statements: list[str], holds: int, words: str
) -> None:
    with psycopg.connect(owner_url) as owner:
        for statement in statements:
            owner.execute(statement.encode())
    good, sentence = verify(chained)
    assert sentence
    assert (good, words in sentence) == (holds, True)


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
