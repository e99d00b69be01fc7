"""How far a live run is: counted from rows, with a rate that was measured and a time left only if it is known."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from tenantry.sync.models import (
    Change,
    ChangeState,
    Observation,
    ObservationState,
    Run,
    RunKind,
    RunState,
    RunTenant,
    RunTenantState,
)

_LEAST_SECONDS = 2.0
_SLOW_START = timedelta(seconds=20)


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a live run stands. ``total`` is ``None`` while nobody can know it; ``rate`` is per second.

    ``trouble`` says in a sentence why it does not go on right now, empty when it does.
    """

    state: RunState
    done: int
    total: int | None
    since: datetime | None
    now: datetime
    stopping: bool = False
    trouble: str = ""

    @property
    def rate(self) -> float | None:
        """Return how many a second, once there is something to measure."""
        if self.since is None or not self.done:
            return None
        seconds = (self.now - self.since).total_seconds()
        return self.done / seconds if seconds >= _LEAST_SECONDS else None

    @property
    def remaining(self) -> timedelta | None:
        """Return the time left at this rate, or ``None`` when there is no telling."""
        if self.total is None or self.rate is None or self.trouble:
            return None
        return timedelta(seconds=max(0, self.total - self.done) / self.rate)

    @property
    def percent(self) -> int:
        """Return the share that is done, 0 to 99: the end is said by the run's state, not by this."""
        return min(99, 100 * self.done // self.total) if self.total else 0


def progress_of(run: Run, *, now: datetime) -> Progress:
    """Return where the live run stands. In the marketplace's scope; one query at most."""
    observation = run.observation
    stopping = run.cancel_requested_at is not None
    state = stage_of(run)
    if run.kind in {RunKind.DECISIONS, RunKind.UNDO} and state == RunState.APPLYING:
        left = Change.objects.filter(run=run, state__in=[ChangeState.PLANNED, ChangeState.APPROVED]).count()
        total = run.counters.get("decisions", run.counters.get("undo", left))
        return Progress(state, total - left, total, run.listed_at, now, stopping)
    if run.kind == RunKind.PEOPLE and state != RunState.WAITING:
        rows = RunTenant.objects.filter(run=run)
        left = rows.filter(state__in=[RunTenantState.WAITING, RunTenantState.READ]).count()
        total = rows.count()
        return Progress(state, total - left, total, run.created_at, now, stopping)
    if observation is None or state == RunState.WAITING:
        late = now - run.created_at > _SLOW_START
        trouble = "No worker has taken it up yet. Ask your operator whether one is running." if late else ""
        return Progress(RunState.WAITING, 0, None, None, now, stopping, trouble)
    if state == RunState.LISTING:
        return Progress(
            state, observation.records, _expected(observation), observation.started_at, now, stopping,
            (observation.failure or {}).get("what", ""),
        )  # fmt: skip
    if state == RunState.APPLYING:
        made = Change.objects.filter(run=run).exclude(state=ChangeState.PLANNED).count()
        return Progress(state, made, None, run.listed_at, now, stopping)
    read = observation.details_read + observation.details_failed
    total = observation.details_total if observation.details_total >= read else None
    return Progress(state, read, total, run.listed_at, now, stopping)


def stage_of(run: Run) -> RunState:
    """Return the run's state, seen through its observation while that is being read."""
    if run.state == RunState.WAITING and run.observation and run.observation.state == ObservationState.LISTING:
        return RunState.LISTING
    return RunState(run.state)


def _expected(observation: Observation) -> int | None:
    """Return how many records the last complete listing had, until this one has more."""
    expected = observation.expected
    return expected if expected and expected >= observation.records else None
