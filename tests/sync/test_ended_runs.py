"""A run that another process has ended meanwhile: whoever is late plans nothing for it, and the next run has it all."""

from collections.abc import Callable
from datetime import datetime

from tests.sync.stage import Clock, Sync, changes_of, link, pending_of, run_of
from tests.sync.world import World

from tenantry.connections.models import Connection
from tenantry.isolation.scope import marketplace_scope
from tenantry.sync.models import Run, RunState
from tenantry.sync.observe.details import Answer, next_due
from tenantry.sync.observe.keeping import keep_answers
from tenantry.sync.runs.lifecycle import RunRef, begin_runs
from tenantry.sync.runs.linked import follow_linked
from tenantry.sync.runs.locking import lock_live_run
from tenantry.sync.runs.planning import plan_next


def ref_of(run: Run, marketplace_id: int) -> RunRef:
    return RunRef(run.pk, marketplace_id, run.observation_id, RunState.APPLYING, preview=False)


def test_nothing_is_planned_for_a_run_that_has_ended(
    sync: Sync, world: World, northwind: int, connection: Connection, clock: Clock
) -> None:
    world.add(1, 2)
    sync.run(northwind)
    link(northwind, connection, 2, clock)
    ended = sync.run(northwind)
    made = [change.pk for change in changes_of(northwind, ended.pk)]
    for number in (1, 2):
        world.change(number, name=f"Renamed {number} Ltd")
    later = sync.request(northwind)
    sync.list_all()
    begin_runs(sync.observation().pk, now=clock())

    assert plan_next(ended.pk, marketplace_id=northwind, after=0, now=clock()) == 0
    assert not follow_linked(ref_of(ended, northwind), clock=clock)
    assert [change.pk for change in changes_of(northwind, ended.pk)] == made

    sync.begin()
    sync.read_details()
    sync.finish()
    assert "pending.update" in {change.kind for change in changes_of(northwind, later.pk)}
    assert pending_of(northwind)[World.id_of(1)].name == "Renamed 1 Ltd"


def test_only_a_run_that_goes_on_is_locked(sync: Sync, world: World, northwind: int) -> None:
    world.add(1)
    sync.request(northwind)
    sync.list_all()
    sync.begin()
    with marketplace_scope(northwind):
        goes_on = Run.objects.get()
        locked = lock_live_run(goes_on.pk)
        assert locked is not None
        assert locked.pk == goes_on.pk
    sync.read_details()
    sync.finish()
    assert run_of(northwind, goes_on.pk).state == "done"
    with marketplace_scope(northwind):
        assert lock_live_run(goes_on.pk) is None


class Watched(Clock):
    """A clock that counts how often it was looked at, and does something at one of these times."""

    def __init__(self, clock: Clock, happening: Callable[[], object] = lambda: None, at: int = 0) -> None:
        super().__init__(clock.now)
        self.looks, self._happening, self._at = 0, happening, at

    def __call__(self) -> datetime:
        self.looks += 1
        if self.looks == self._at:
            self._happening()
        return super().__call__()


def test_a_tenant_that_is_read_anew_while_its_run_ends_is_planned_once_more(
    sync: Sync, world: World, northwind: int, connection: Connection, clock: Clock
) -> None:
    world.add(1, 2)
    sync.request(northwind)
    sync.list_all()
    sync.begin()
    due = [each for each in next_due(connection.pk, limit=10, now=clock()) if each.external_id == World.id_of(1)]
    sync.read_details()
    sync.finish()

    def sync_once(happening: Callable[[], object] = lambda: None, at: int = 0) -> tuple[Run, int]:
        """Sync while no details are due; the run, and how often the clock was looked at until it ended."""
        sync.clock = watched = Watched(clock, happening, at)
        requested = sync.request(northwind)
        sync.list_all()
        sync.begin()
        return run_of(northwind, requested.pk), watched.looks

    unchanged, usual = sync_once()
    assert (unchanged.state, unchanged.counters["changes"]) == ("done", 0)

    def read_anew() -> None:
        world.rename(1, "Renamed Ltd")
        answers = [Answer(each, world.read_tenant(each.external_id), None) for each in due]
        assert keep_answers(sync.observation().pk, answers, now=clock())

    run, looks = sync_once(read_anew, at=usual)
    assert looks > usual
    assert (run.state, run.suspect, run.counters["tenants_with_changes"]) == ("done", "", 1)
    assert pending_of(northwind)[World.id_of(1)].name == "Renamed Ltd"
