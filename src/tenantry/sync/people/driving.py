"""Drives the runs of User Sync of one connection, in slices. Used by queue jobs and by the command line alike.

One process at a time works on a connection's people. What was read is stored before anything else is asked for, so a
slice may end anywhere.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tenantry.connections.directories import Directories, open_directories
from tenantry.connections.models import Connection
from tenantry.isolation.scope import marketplace_scope
from tenantry.providers.errors import ProviderError
from tenantry.sync.driving import only_here
from tenantry.sync.models import ObservedKind, RunState
from tenantry.sync.observe.listing import failure_of
from tenantry.sync.people.finishing import finish_people_run
from tenantry.sync.people.passes import plan_read
from tenantry.sync.people.planning import read_rulebook
from tenantry.sync.people.reading import TenantReader
from tenantry.sync.people.runs import PeopleRun, begin_people_run, end_people_run, live_people_runs, should_end_people
from tenantry.sync.people.trouble import note_people_read
from tenantry.sync.people.views import SharedAddresses
from tenantry.sync.people.worklist import adopt_readings, next_retry
from tenantry.sync.quarantine import ConnectionSetAside, judge_error

Clock = Callable[[], datetime]
ShouldStop = Callable[[], bool]
_LOCK_CLASS = 71_022
_LOOK_UP_EVERY = timedelta(seconds=2)
_LEAST_WAIT = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class PeopleStanding:
    """Where a connection's runs of people stand. ``left``: some are live; ``busy``: another process drives them."""

    left: bool
    busy: bool = False
    retry_at: datetime | None = None


def drive_people(connection_id: int, *, clock: Clock, should_stop: ShouldStop) -> PeopleStanding:
    """Work on the connection's live runs until there are none, or ``should_stop`` says so, or all have to wait."""
    with only_here(_LOCK_CLASS, connection_id) as held:
        if not held:
            return PeopleStanding(left=True, busy=True)
        if not live_people_runs(connection_id):
            return PeopleStanding(left=False)
        connection = Connection.objects.get(pk=connection_id)
        try:
            with open_directories(connection) as directories:
                return _Driver(connection, directories, clock, should_stop).drive()
        except ProviderError as error:  # the connection itself can't be used, or nobody's people can be read
            judge_error(connection_id, ObservedKind.PEOPLE, failure_of(error), now=clock())
            _fail_runs(connection_id, failure_of(error), now=clock())
        except ConnectionSetAside as aside:
            _fail_runs(connection_id, aside.failure, now=clock())
        return PeopleStanding(left=False)


def _fail_runs(connection_id: int, failure: dict[str, Any], *, now: datetime) -> None:
    for run in live_people_runs(connection_id):
        end_people_run(run, state=RunState.FAILED, failure=failure, now=now)


@dataclass(slots=True)
class _Driver:
    connection: Connection
    directories: Directories
    clock: Clock
    should_stop: ShouldStop
    shared: SharedAddresses = field(default_factory=SharedAddresses)

    def drive(self) -> PeopleStanding:
        """Go round the live runs, those of one company first, until none of them goes on."""
        while not self.should_stop():
            runs = [run for run in live_people_runs(self.connection.pk) if not self._ended(run)]
            waits = []
            for run in runs:
                retry_at = self._advance(run)
                if retry_at is None:
                    break
                waits.append(retry_at)
            else:
                return PeopleStanding(left=bool(runs), retry_at=min(waits, default=None))
        return PeopleStanding(left=bool(live_people_runs(self.connection.pk)))

    def _ended(self, run: PeopleRun) -> bool:
        if not should_end_people(run):
            return False
        end_people_run(run, state=RunState.CANCELLED, now=self.clock())
        return True

    def _advance(self, run: PeopleRun) -> datetime | None:
        """Work on the run for a while; return until when it has to wait, or ``None`` when it went on or ended."""
        begin_people_run(run)
        adopt_readings(run)
        if self._plan(run) or self._reader(run).read_some(enough=self._enough(run)):
            return None
        retry_at = next_retry(run)
        if retry_at is not None:
            return max(retry_at, self.clock() + _LEAST_WAIT)
        if not self.should_stop() and finish_people_run(run, clock=self.clock, should_stop=self.should_stop):
            note_people_read(run, self.connection.pk, now=self.clock())
        return None

    def _reader(self, run: PeopleRun) -> TenantReader:
        with marketplace_scope(run.marketplace_id):
            licences = read_rulebook(self.connection.provider).settings.scope.licensed_only

        def stored(tenant_ids: Sequence[int]) -> None:
            self.shared.forget(tenant_ids)
            self._plan(run)

        return TenantReader(
            self.connection, self.directories, run, self.clock, self.should_stop, stored, licences=licences
        )  # fmt: skip

    def _plan(self, run: PeopleRun) -> bool:
        return plan_read(run, clock=self.clock, should_stop=self.should_stop, shared=self.shared)

    def _enough(self, run: PeopleRun) -> Callable[[], bool]:
        """Return the question whether another run comes first now, or this one is to stop: asked rarely."""
        looked_at = self.clock()

        def enough() -> bool:
            nonlocal looked_at
            if self.clock() - looked_at < _LOOK_UP_EVERY:
                return False
            looked_at = self.clock()
            first = next(iter(live_people_runs(self.connection.pk)), None)
            return first is None or first.run_id != run.run_id or should_end_people(run)

        return enough
