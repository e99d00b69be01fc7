"""Makes the decisions of a run, row by row: the work of a queue job, safe to stop anywhere and to repeat.

A change leaves *planned* in the transaction that makes its decision, so a run that dies goes on where it was.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db.models import Count

from tenantry.audit.events import SYSTEM, Actor, ActorKind
from tenantry.isolation.scope import marketplace_scope
from tenantry.marketplace.models import Company
from tenantry.sync.deciding.many import KINDS, record_decisions
from tenantry.sync.deciding.refusals import AlreadyDecided, DecisionRefused
from tenantry.sync.deciding.selecting import BulkAction
from tenantry.sync.deciding.services import (
    create_from_pending,
    ignore_pending,
    link_pending,
    reopen_pending,
    snooze_pending,
)
from tenantry.sync.models import Change, ChangeState, PendingCompany, Run, RunKind, RunState, Trigger
from tenantry.sync.models.runs import LIVE_RUN
from tenantry.sync.runs.lifecycle import failure_of_ours

# Does what a planned change says, and tells what became of it with a sentence. It undoes itself what it can't finish.
Settling = Callable[[Change, int, datetime], tuple[ChangeState, str]]


def drive_decisions(
    run_id: int, *, marketplace_id: int, clock: Callable[[], datetime], should_stop: Callable[[], bool],
    settle: Settling | None = None,
) -> bool:  # fmt: skip
    """Make the run's decisions until none is left or somebody cancels; return False when stopped before the end.

    ``settle`` does what another sort of run has to do with each of its changes.
    """
    while True:
        if _cancelled(run_id, marketplace_id):
            end_decisions(run_id, marketplace_id=marketplace_id, state=RunState.CANCELLED, now=clock())
            return True
        if not decide_next(run_id, marketplace_id=marketplace_id, clock=clock, settle=settle):
            end_decisions(run_id, marketplace_id=marketplace_id, state=RunState.DONE, now=clock())
            return True
        if should_stop():
            return False


def _cancelled(run_id: int, marketplace_id: int) -> bool:
    with marketplace_scope(marketplace_id):
        return Run.objects.filter(pk=run_id, cancel_requested_at__isnull=False).exists()


def decide_next(
    run_id: int, *, marketplace_id: int, clock: Callable[[], datetime], settle: Settling | None = None
) -> int:
    """Make the next decision of the run in a transaction of its own; return how many rows were settled.

    One at a time: many locked rows would wait for people who decide, and people for them.
    """
    with marketplace_scope(marketplace_id):
        Run.objects.filter(pk=run_id, state=RunState.WAITING).update(state=RunState.APPLYING, listed_at=clock())
        if not Run.objects.filter(pk=run_id, state__in=LIVE_RUN).exists():
            return 0
        planned = Change.objects.select_for_update(skip_locked=True).filter(run_id=run_id, state=ChangeState.PLANNED)
        change = planned.order_by("id").first()
        if change is None:
            return 0
        change.state, change.problem = (settle or _decide)(change, run_id, clock())
        change.settled_at = clock()
        change.save(update_fields=["state", "problem", "settled_at"])
        return 1


def _decide(change: Change, run_id: int, now: datetime) -> tuple[ChangeState, str]:
    """Make one decision; each service undoes by itself what it wrote when it refuses."""
    try:
        _call(change, run_id, now=now)
    except AlreadyDecided as told:
        return ChangeState.STALE, f"{told.who} decided meanwhile: {told.what}."
    except (PendingCompany.DoesNotExist, Company.DoesNotExist):
        return ChangeState.STALE, "It is not there any more."
    except DecisionRefused as refused:
        return ChangeState.FAILED, str(refused)
    return ChangeState.APPLIED, ""


def _call(change: Change, run_id: int, *, now: datetime) -> None:
    details = change.details or {}
    kind, name, account_id = details["actor"]
    common: dict[str, Any] = {
        "pending_id": details["pending"], "seen_version": details["version"], "now": now, "run_id": run_id,
        "actor": Actor(ActorKind(kind), name, account_id),
    }  # fmt: skip
    if change.kind == KINDS[BulkAction.CREATE]:
        create_from_pending(draft=None, invite=details["invite"], **common)
    elif change.kind == KINDS[BulkAction.LINK]:
        given = {name: details[name] for name in ("fill_blanks", "add_contact")}
        link_pending(company_id=details["company"], **given, **common)
    elif change.kind == KINDS[BulkAction.IGNORE]:
        ignore_pending(reason_key=details["reason_key"], reason=details["reason"], **common)
    elif change.kind == KINDS[BulkAction.SNOOZE]:
        snooze_pending(until=datetime.fromisoformat(details["until"]), **common)
    else:
        reopen_pending(**common)


def end_decisions(
    run_id: int, *, marketplace_id: int, state: RunState, now: datetime, error: Exception | None = None
) -> None:
    """End the run: what was not made is cancelled, the rest counted. Safe to repeat."""
    with marketplace_scope(marketplace_id):
        run = Run.objects.select_for_update().get(pk=run_id)
        if run.state not in LIVE_RUN:
            return
        left = Change.objects.filter(run=run, state=ChangeState.PLANNED)
        left.update(state=ChangeState.CANCELLED, settled_at=now)
        run.state, run.ended_at = state, now
        run.failure = failure_of_ours(error) if error else None
        run.counters = {**run.counters, **count_decisions(run)}
        run.save()
        record_decisions(run, _VERBS[state], actor=SYSTEM, now=now)


_VERBS = {RunState.DONE: "finished", RunState.CANCELLED: "cancelled", RunState.FAILED: "failed"}


def count_decisions(run: Run) -> dict[str, int]:
    """Return how many of the run's changes are in each state, and all together."""
    states = dict(Change.objects.filter(run=run).values_list("state").annotate(Count("id")))
    return {"changes": sum(states.values()), **{f"changes_{state}": count for state, count in states.items()}}


def live_decisions(marketplace_id: int) -> list[int]:
    """Return the marketplace's runs of decisions that are not over. Releases are made by ``sync.automatic``."""
    with marketplace_scope(marketplace_id):
        runs = Run.objects.filter(kind=RunKind.DECISIONS, state__in=LIVE_RUN).exclude(trigger=Trigger.RELEASE)
        return list(runs.values_list("pk", flat=True))
