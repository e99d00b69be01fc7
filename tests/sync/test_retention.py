"""Old history goes, in batches that can be stopped; what is still needed stays."""

from datetime import timedelta

import pytest
from pytest_django.fixtures import Settings
from tests.sync.stage import MANAGER, PREVIEW, Clock, Sync, execute, runs_of
from tests.sync.world import World

from tenantry.audit.chain import chain_events
from tenantry.audit.checking import check_chain
from tenantry.audit.models import Event
from tenantry.audit.verifying import verify_chain
from tenantry.isolation.scope import marketplace_scope
from tenantry.sync.deciding.services import ignore_pending
from tenantry.sync.models import Change, Decision, Finding, Hold, Observation, ObservationPage, PendingCompany, Run
from tenantry.sync.upkeep import purge_history


def purge(clock: Clock) -> None:
    assert purge_history(0, now=clock(), should_stop=lambda: False) is None


def counts(marketplace_id: int) -> tuple[int, int, int, int]:
    with marketplace_scope(marketplace_id):
        return Run.objects.count(), Change.objects.count(), Observation.objects.count(), ObservationPage.objects.count()


@pytest.fixture
def old(sync: Sync, world: World, northwind: int, clock: Clock) -> int:
    """Three runs of long ago and a preview, and nothing since; the marketplace."""
    world.add(1, 2, 3)
    sync.run(northwind)
    clock.pass_time(hours=2)
    sync.run(northwind, PREVIEW)
    clock.pass_time(hours=2)
    world.add(4)
    sync.run(northwind)
    clock.pass_time(hours=2)
    sync.run(northwind)
    Finding.objects.create(
        observation=Observation.objects.earliest("pk"), kind="invalid record", reference="x", reason="No.",
        created_at=clock(),
    )  # fmt: skip
    return northwind


def test_old_history_goes_and_each_connection_keeps_what_it_is_judged_by(old: int, clock: Clock) -> None:
    runs, changes, observations, _ = counts(old)
    assert (runs, changes > 0, observations) == (4, True, 4)
    clock.pass_time(days=179)
    purge(clock)
    assert counts(old)[:3] == (runs, changes, observations)
    clock.pass_time(days=2)
    latest = Observation.objects.latest("pk").pk
    purge(clock)
    assert counts(old)[:3] == (0, 0, 1)
    assert Observation.objects.get(complete=True).pk == latest
    assert not Finding.objects.exists()
    with marketplace_scope(old):
        assert PendingCompany.objects.count() == 4


def test_the_latest_complete_observation_stays_behind_later_ones_that_failed(
    old: int, sync: Sync, clock: Clock, owner_url: str
) -> None:
    complete = Observation.objects.filter(complete=True).latest("pk").pk
    clock.pass_time(hours=2)
    sync.run(old)
    execute(owner_url, "update sync_observation set complete = false, state = 'failed' where id > %s", complete)
    clock.pass_time(days=200)
    purge(clock)
    assert set(Observation.objects.values_list("pk", flat=True)) == {complete, complete + 1}


def test_a_purge_that_was_stopped_goes_on(old: int, clock: Clock) -> None:
    clock.pass_time(days=200)
    turns = iter([False, False, True])
    stopped = purge_history(0, now=clock(), should_stop=lambda: next(turns, True))
    assert stopped == old
    assert counts(old)[0] + counts(old)[1] > 0
    assert purge_history(stopped, now=clock(), should_stop=lambda: False) is None
    assert counts(old)[:3] == (0, 0, 1)


def test_open_holds_what_waits_and_what_can_be_undone_stay(old: int, clock: Clock) -> None:
    held, waiting, undoable = sorted((run for run in runs_of(old) if not run.preview), key=lambda run: run.pk)
    clock.pass_time(days=200)
    with marketplace_scope(old):
        Hold.objects.create(
            marketplace_id=old, run=held, brake="creations", reason="Many.", count=1, created_at=held.created_at
        )
        change = Change.objects.filter(run=held).first()
        assert change is not None
        Change.objects.filter(run=held).update(state="applied", settled_at=held.created_at)
        for run, fields in (
            (waiting, {"state": "failed", "next_attempt_at": clock()}),
            (undoable, {"state": "applied", "settled_at": clock() - timedelta(days=29)}),
        ):
            Change.objects.create(
                marketplace_id=old, run=run, tenant_id=change.tenant_id, kind="pending.add", subject="1",
                subject_name="One", reason="", created_at=held.created_at, **fields,
            )  # fmt: skip
    purge(clock)
    assert {run.pk for run in runs_of(old)} == {held.pk, waiting.pk, undoable.pk}
    with marketplace_scope(old):
        Hold.objects.update(state="rejected")
    purge(clock)
    assert {run.pk for run in runs_of(old)} == {waiting.pk, undoable.pk}


def test_decisions_are_kept_for_ever(old: int, clock: Clock) -> None:
    with marketplace_scope(old):
        pending = PendingCompany.objects.earliest("pk")
        ignore_pending(pending_id=pending.pk, seen_version=None, reason_key="test", actor=MANAGER, now=clock())
        Decision.objects.update(run=Run.objects.earliest("pk"))
    clock.pass_time(days=2_000)
    purge(clock)
    with marketplace_scope(old):
        assert [decision.run for decision in Decision.objects.all()] == [None]
        assert not Run.objects.exists()


def chained(marketplace_id: int, clock: Clock) -> int:
    with marketplace_scope(marketplace_id):
        return chain_events(marketplace_id=marketplace_id, now=clock())


def test_events_stay_for_ever_unless_the_operator_sets_an_end(old: int, clock: Clock, settings: Settings) -> None:
    first = chained(old, clock)
    clock.pass_time(days=100)
    with marketplace_scope(old):
        pending = PendingCompany.objects.earliest("pk")
        ignore_pending(pending_id=pending.pk, seen_version=None, reason_key="test", actor=MANAGER, now=clock())
    assert chained(old, clock) == 1
    purge(clock)
    check_chain(marketplace_id=old, now=clock(), should_stop=lambda: False)
    settings.AUDIT_DAYS = 90
    purge(clock)
    with marketplace_scope(old):
        kept = list(Event.objects.order_by("pk").values_list("action", flat=True))
        purged = Event.objects.latest("pk")
    assert kept == ["sync.pending.ignored", "audit.event.purged"]
    assert purged.after is not None
    assert purged.after["events"] == first
    assert chained(old, clock) == 1
    verdict = verify_chain(marketplace_id=old, now=clock())
    assert (verdict.held, verdict.sentence) == (2, "")
    assert check_chain(marketplace_id=old, now=clock(), should_stop=lambda: False).sentence == ""


def test_events_of_the_last_thirty_days_and_of_a_broken_chain_are_not_removed(
    old: int, clock: Clock, settings: Settings, owner_url: str
) -> None:
    chained(old, clock)
    settings.AUDIT_DAYS = 1
    execute(owner_url, "update audit_chainlink set chained_at = now() - interval '29 days'")
    clock.pass_time(days=3_000)
    with marketplace_scope(old):
        before = Event.objects.count()
    purge(clock)
    execute(owner_url, "update audit_chainlink set chained_at = now() - interval '60 days'")
    execute(owner_url, "update audit_event set reason = 'x' where id = (select min(id) from audit_event)")
    check_chain(marketplace_id=old, now=clock(), should_stop=lambda: False)
    purge(clock)
    with marketplace_scope(old):
        assert Event.objects.count() == before
