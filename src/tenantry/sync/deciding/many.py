"""Decisions on many pending companies: a run whose planned changes are the rows.

The rows are fixed when the person says yes; ``carrying`` makes the decisions, each checked again when its turn comes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from psycopg.types.json import Jsonb

from tenantry.audit.events import Actor
from tenantry.isolation.bulk import insert_rows
from tenantry.isolation.scope import current_marketplace_id
from tenantry.sync.deciding.reasons import checked_reason
from tenantry.sync.deciding.refusals import DecisionRefused
from tenantry.sync.deciding.selecting import BulkAction, Row, Selection, batches
from tenantry.sync.models import Change, ChangeState, PendingState, Run, RunKind, Trigger
from tenantry.sync.models.runs import CHANGE_COLUMNS
from tenantry.sync.queue import enqueue_decisions
from tenantry.sync.switches import read_company_sync
from tenantry.sync.telling import record_run

KINDS: Mapping[BulkAction, str] = {action: f"decide.{action.value}" for action in BulkAction}
_STATES = {
    BulkAction.CREATE: PendingState.CREATED,
    BulkAction.LINK: PendingState.LINKED,
    BulkAction.IGNORE: PendingState.IGNORED,
    BulkAction.SNOOZE: PendingState.SNOOZED,
    BulkAction.REOPEN: PendingState.PENDING,
}


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be decided on all rows. ``invite`` ``None``: as the settings say when a row's turn comes."""

    action: BulkAction
    invite: bool | None = None
    fill_blanks: bool = False
    add_contact: bool = False
    reason_key: str = ""
    reason: str = ""
    until: datetime | None = None


@transaction.atomic
def start_decisions(
    *, selection: Selection, wish: Wish, seen_total: int, seen_doable: int, actor: Actor, now: datetime,
    request_id: str = "",
) -> Run:  # fmt: skip
    """Fix the rows as a run's planned changes and put its job into the queue. In the marketplace's scope.

    ``seen_total`` and ``seen_doable`` are the counts that the person agreed to. Raises :class:`DecisionRefused` when
    they are others by now, when there is nothing to do, or for a reason or day that can't be.
    """
    reason = _checked(wish, now=now)
    parts = batches(selection, wish.action, read_company_sync(), now=now)
    doable = [row for rows in parts for row in rows if not row.refusal]
    total = sum(map(len, parts))
    if (total, len(doable)) != (seen_total, seen_doable):
        raise DecisionRefused(
            f"The list changed since you looked: {len(doable):,} of {total:,} rows could be decided now, not "
            f"{seen_doable:,} of {seen_total:,}. Look at it once more."
        )
    if not doable:
        raise DecisionRefused("There is no row among these that this can be done with.")
    run = Run.objects.create(
        marketplace_id=current_marketplace_id(), kind=RunKind.DECISIONS, trigger=Trigger.DECISIONS, complete=True,
        requested_by=actor.name[:200], created_at=now, counters={"decisions": len(doable), KINDS[wish.action]: total},
    )  # fmt: skip
    insert_rows(Change, CHANGE_COLUMNS, [_change(run, row, wish, reason, actor, now=now) for row in doable])
    record_decisions(run, "requested", actor=actor, now=now, request_id=request_id)
    enqueue_decisions(run.pk, run.marketplace_id)
    return run


def _checked(wish: Wish, *, now: datetime) -> str:
    if wish.action is BulkAction.SNOOZE and (wish.until is None or wish.until <= now):
        raise DecisionRefused("Choose a day after today.", {"until": "Choose a day after today."})
    return checked_reason(wish.reason_key, wish.reason) if wish.action is BulkAction.IGNORE else ""


def _change(run: Run, row: Row, wish: Wish, reason: str, actor: Actor, *, now: datetime) -> tuple[Any, ...]:
    details = {
        "pending": row.pending_id, "version": row.version, "company": row.company_id, "invite": wish.invite,
        "fill_blanks": wish.fill_blanks, "add_contact": wish.add_contact, "reason_key": wish.reason_key,
        "reason": reason,
        "until": wish.until.isoformat() if wish.until else None, "actor": [actor.kind.value, actor.name, actor.id],
    }  # fmt: skip
    why = f"Linked to {row.company_name}, its one strong match." if row.company_id else "Decided with others at once."
    return (
        run.marketplace_id, run.pk, row.tenant_id, KINDS[wish.action], row.external_id, row.name,
        Jsonb({"state": row.state}), Jsonb({"state": _STATES[wish.action].value}), why, ChangeState.PLANNED.value, "",
        Jsonb(details), now,
    )  # fmt: skip


def record_decisions(run: Run, verb: str, *, actor: Actor, now: datetime, request_id: str = "") -> None:
    """Record what became of a run of decisions."""
    record_run(run, verb, ("state", "kind"), actor=actor, now=now, request_id=request_id)
