"""The life of a run: asked for, begun, superseded, ended. Each step is one transaction and safe to repeat."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db import connection as database

from tenantry.audit.events import SYSTEM, Actor
from tenantry.connections.models import Provider
from tenantry.isolation.scope import marketplace_scope
from tenantry.sync.models import Change, ChangeState, Observation, ObservationState, Run, RunState, Trigger
from tenantry.sync.models.observed import LIVE_OBSERVATION
from tenantry.sync.models.runs import LIVE_RUN
from tenantry.sync.pending.sampling import sample_queue
from tenantry.sync.runs.accounting import account_for
from tenantry.sync.switches import read_company_sync
from tenantry.sync.telling import record_run


@dataclass(frozen=True, slots=True)
class RunRef:
    """A live run, as found across marketplaces by the named look-up."""

    run_id: int
    marketplace_id: int
    observation_id: int | None
    state: str
    preview: bool


def live_runs(connection_id: int) -> list[RunRef]:
    """Return the live runs of a connection in all marketplaces, oldest first."""
    with database.cursor() as cursor:
        cursor.execute(
            "select run_id, marketplace_id, observation_id, state, preview from live_runs_of_connection(%s)",
            [connection_id],
        )
        return [RunRef(*row) for row in cursor.fetchall()]


@transaction.atomic
def join_or_start_observation(connection_id: int, *, preview: bool, now: datetime) -> Observation:
    """Return the connection's live observation, or start one. One at a time: the database keeps that.

    It stays locked until the caller's transaction ends, so that it can't end before its run is made.
    """
    alive = Observation.of_tenants(connection_id).select_for_update().filter(state__in=LIVE_OBSERVATION)
    existing = None
    while existing is None:  # another request may start one, and it may end, between two looks
        existing = alive.first() or _start_observation(connection_id, preview=preview, now=now)
    if existing.preview_only and not preview:
        existing.preview_only = False
        existing.save(update_fields=["preview_only"])
    return existing


def _start_observation(connection_id: int, *, preview: bool, now: datetime) -> Observation | None:
    """Return a new observation, or ``None`` when another request was a moment earlier."""
    last = Observation.of_tenants(connection_id).filter(complete=True).order_by("-id").first()
    expected = last.records - last.invalid - last.repeated if last else None
    try:
        with transaction.atomic():
            return Observation.objects.create(
                connection_id=connection_id, preview_only=preview, expected=expected, created_at=now
            )
    except IntegrityError:
        return None


def create_run(
    *, marketplace_id: int, connection_id: int, observation: Observation, trigger: Trigger, actor: Actor, preview: bool,
    now: datetime,
) -> Run:  # fmt: skip
    """Create the marketplace's run on this observation, or return the one that it has. In its scope."""
    Observation.objects.select_for_update().get(pk=observation.pk)  # one at a time, so that nobody makes a second
    same = Run.objects.filter(observation=observation, preview=preview, state__in=LIVE_RUN).first()
    if same is not None:
        return same
    run = Run.objects.create(
        marketplace_id=marketplace_id, connection_id=connection_id, observation=observation, trigger=trigger,
        preview=preview, requested_by=actor.name, created_at=now,
    )  # fmt: skip
    _record(run, "requested", actor=actor, now=now)
    return run


def begin_runs(observation_id: int, *, now: datetime) -> list[RunRef]:
    """After the listing: give each syncing marketplace that the connection feeds its run; close older runs.

    Returns the runs to go on with: none while the listing is still being read. A failed or cancelled
    observation ends its runs the same way. Safe to repeat.
    """
    observation = Observation.objects.get(pk=observation_id)
    if observation.state in LIVE_OBSERVATION:
        return []
    if observation.state != ObservationState.DONE:
        for ref in _attached(observation):
            end_run(ref, state=_ENDS[ObservationState(observation.state)], failure=observation.failure, now=now)
        return []
    if not observation.preview_only:
        _create_missing(observation, now=now)
    begun = [ref for ref in _attached(observation) if not _end_unwanted(ref, now=now)]
    _close_older(observation, begun, now=now)
    for ref in begun:
        with marketplace_scope(ref.marketplace_id):
            Run.objects.filter(pk=ref.run_id, listed_at=None).update(
                state=RunState.READING_DETAILS if ref.preview else RunState.APPLYING,
                complete=observation.complete,
                listed_at=now,
            )
    return begun


_ENDS = {ObservationState.FAILED: RunState.FAILED, ObservationState.CANCELLED: RunState.CANCELLED}


def _attached(observation: Observation) -> list[RunRef]:
    return [ref for ref in live_runs(observation.connection_id) if ref.observation_id == observation.pk]


def _create_missing(observation: Observation, *, now: datetime) -> None:
    if observation.connection.provider != Provider.MICROSOFT:
        return  # Company Sync never makes companies of Google's customers
    with database.cursor() as cursor:
        cursor.execute("select marketplace_id from marketplaces_fed_by(%s) where syncing", [observation.connection_id])
        wanted = [row[0] for row in cursor.fetchall()]
    for marketplace_id in wanted:
        with marketplace_scope(marketplace_id):
            # An ended one counts, too: this may be a repetition.
            if not Run.objects.filter(observation=observation, preview=False).exists():
                create_run(
                    marketplace_id=marketplace_id, connection_id=observation.connection_id, observation=observation,
                    trigger=Trigger.SCHEDULE, actor=SYSTEM, preview=False, now=now,
                )  # fmt: skip


def _end_unwanted(ref: RunRef, *, now: datetime) -> bool:
    """End the run if it was cancelled, or its marketplace stopped syncing, while the list was read."""
    unwanted = should_end(ref)
    if unwanted:
        end_run(ref, state=RunState.CANCELLED, now=now)
    return unwanted


def _close_older(observation: Observation, begun: list[RunRef], *, now: datetime) -> None:
    newer = {(ref.marketplace_id, ref.preview): ref.run_id for ref in begun}
    for ref in live_runs(observation.connection_id):
        successor = newer.get((ref.marketplace_id, ref.preview))
        if successor is None or ref.observation_id is None or ref.observation_id >= observation.pk:
            continue
        if ref.preview:
            end_run(ref, state=RunState.CANCELLED, note=f"A newer preview took its place: run {successor}.", now=now)
        else:
            end_run(ref, state=RunState.DONE, note=f"What was left went on in run {successor}.", now=now)


def should_end(ref: RunRef) -> bool:
    """Whether the run is to stop: somebody asked for it, or Company Sync was switched off (a preview goes on)."""
    with marketplace_scope(ref.marketplace_id):
        asked = Run.objects.filter(pk=ref.run_id, cancel_requested_at__isnull=False).exists()
        return asked or not (ref.preview or read_company_sync().on)


def end_run(
    ref: RunRef, *, state: RunState, now: datetime, failure: dict[str, Any] | None = None, note: str = "",
    only_if_explained: bool = False,
) -> bool:  # fmt: skip
    """End a run: count it from its rows, cancel what is still planned, and record that. Safe to repeat.

    ``only_if_explained``: return False, with nothing done, when a tenant of its list is neither changed nor unchanged.
    Then one was read anew since it was planned.
    """
    with marketplace_scope(ref.marketplace_id):
        run = Run.objects.select_for_update(of=("self",)).select_related("observation").get(pk=ref.run_id)
        if run.state not in LIVE_RUN:
            return True
        if not run.preview:
            left = Change.objects.filter(run=run, state=ChangeState.PLANNED)
            left.update(state=ChangeState.CANCELLED, settled_at=now)
        account = account_for(run)
        if only_if_explained and account.counters.get("tenants_unexplained"):
            transaction.set_rollback(True)
            return False
        if state is RunState.CANCELLED and not note and run.cancel_requested_at is None and not read_company_sync().on:
            note = "Company Sync was switched off."
        run.state, run.ended_at, run.failure, run.note = state, now, failure, note
        run.counters = account.counters
        run.suspect = account.suspect if state in {RunState.DONE, RunState.PREVIEWED} and not note else ""
        run.save()
        if not run.preview:
            sample_queue(now=now)
        _record(run, _VERBS[state], actor=SYSTEM, now=now)
        return True


_VERBS = {
    RunState.DONE: "finished",
    RunState.PREVIEWED: "previewed",
    RunState.FAILED: "failed",
    RunState.CANCELLED: "cancelled",
}


def failure_of_ours(error: Exception) -> dict[str, Any]:
    """Return an unexpected error as a failure to show; its details stay in the log."""
    return {
        "kind": type(error).__name__,
        "what": f"An error in Tenantry itself stopped this ({type(error).__name__}).",
        "fault": "ours",
        "next": "What was applied stays. Report it with the number of the run; the log has the details.",
        "retryable": False,
    }


def fail_everything(connection_id: int, failure: dict[str, Any], *, now: datetime) -> None:
    """End the connection's live observation and all its live runs as failed. Safe to repeat."""
    live = Observation.of_tenants(connection_id).filter(state__in=LIVE_OBSERVATION)
    live.update(state=ObservationState.FAILED, failure=failure, ended_at=now)
    for ref in live_runs(connection_id):
        end_run(ref, state=RunState.FAILED, failure=failure, now=now)


def request_cancel(run_id: int, *, actor: Actor, now: datetime) -> bool:
    """Ask a live run to stop; return whether there was one to stop. In the marketplace's scope."""
    asked = Run.objects.filter(pk=run_id, state__in=LIVE_RUN, cancel_requested_at=None).update(cancel_requested_at=now)
    if asked:
        _record(Run.objects.get(pk=run_id), "cancel_requested", actor=actor, now=now)
    return bool(asked)


def _record(run: Run, verb: str, *, actor: Actor, now: datetime) -> None:
    reason = run.note or (run.failure or {}).get("what", "")
    record_run(run, verb, ("state", "preview", "trigger"), actor=actor, now=now, reason=reason)
