"""The run of a release: what a person let go at once, with what became of each row. In a marketplace's scope.

Its changes stand for the held ones, which stay with the run that planned them. These are made, tried again or held
once more; :func:`follow_releases` tells the release's changes, and ends its run when nothing of it is left to make.
"""

from collections.abc import Sequence
from datetime import datetime

from django.db import connection as database
from psycopg.types.json import Jsonb

from tenantry.audit.events import SYSTEM, Actor
from tenantry.isolation.bulk import insert_rows
from tenantry.isolation.scope import current_marketplace_id
from tenantry.sync.holds.kinds import CREATIONS, HeldRow
from tenantry.sync.models import Approval, Change, ChangeState, Hold, HoldState, Run, RunKind, RunState, Trigger
from tenantry.sync.models.runs import CHANGE_COLUMNS, LIVE_RUN
from tenantry.sync.runs.accounting import recount_changes
from tenantry.sync.telling import record_run

RELEASE = "decide.release"  # the kind of a release's changes
_WHAT = {CREATIONS: "created"}
_COLUMNS = [*CHANGE_COLUMNS, "subject_kind", "person_id"]
_CANCELLED = "The release was cancelled before this was made, so it is held again."

# What asks again, or was given back, is over for the release that let it go.
_FOLLOW = """
update sync_change r set
    state = case when c.state = 'held' then 'stale' else c.state end,
    problem = c.problem, attempts = c.attempts, next_attempt_at = c.next_attempt_at,
    settled_at = case when c.state = 'failed' then null else %(now)s end
from sync_change c
where r.marketplace_id = %(marketplace)s and r.kind = %(kind)s and r.state in ('approved', 'failed')
and c.marketplace_id = r.marketplace_id and c.id = (r.details ->> 'change')::bigint
and (c.state, c.problem, c.attempts) is distinct from (r.state, r.problem, r.attempts)
returning r.run_id
"""


def start_release(hold: Hold, rows: Sequence[HeldRow], *, actor: Actor, now: datetime, request_id: str) -> Run:
    """Make the run of a release of these rows, which were just approved."""
    run = Run.objects.create(
        marketplace_id=hold.marketplace_id, kind=RunKind.DECISIONS, trigger=Trigger.RELEASE, complete=True,
        requested_by=actor.name[:200], created_at=now,
        counters={"decisions": len(rows), RELEASE: len(rows), f"{RELEASE}.{hold.kind}": len(rows)},
    )  # fmt: skip
    insert_rows(Change, _COLUMNS, [_change(run, hold, row, now=now) for row in rows])
    _record(run, "requested", actor=actor, now=now, request_id=request_id)
    return run


def _change(run: Run, hold: Hold, row: HeldRow, *, now: datetime) -> tuple[object, ...]:
    details = {"change": row.change.pk, "hold": hold.pk}
    return (
        run.marketplace_id, run.pk, row.change.tenant_id, RELEASE, row.change.subject, row.name,
        Jsonb({"state": "held"}), Jsonb({"state": _WHAT.get(hold.kind, "applied")}),
        f"Released. It was held: {hold.reason}", ChangeState.APPROVED.value, "", Jsonb(details), now,
        row.change.subject_kind, row.change.person_id,
    )  # fmt: skip


def begin_releases(*, now: datetime) -> None:
    """Note that what waits is being made, and hold again what is not made of releases that were cancelled."""
    live = Run.objects.filter(trigger=Trigger.RELEASE, state__in=LIVE_RUN)
    for run in live.filter(cancel_requested_at__isnull=False).order_by("pk"):
        _hold_again(run, now=now)
    live.filter(state=RunState.WAITING).update(state=RunState.APPLYING, listed_at=now)


def _hold_again(run: Run, *, now: datetime) -> None:
    left = Change.objects.select_for_update().filter(run=run, kind=RELEASE, state=ChangeState.APPROVED)
    details = [row.details or {} for row in left.order_by("pk")]
    released = Change.objects.filter(pk__in=[each["change"] for each in details], state=ChangeState.APPROVED)
    hold_ids = {each["hold"] for each in details}
    Approval.objects.filter(change_id__in=[each["change"] for each in details], expires_at__gt=now).update(
        expires_at=now
    )
    released.update(state=ChangeState.HELD, problem=_CANCELLED)
    left.update(state=ChangeState.CANCELLED, problem=_CANCELLED, settled_at=now)
    reopened = Hold.objects.filter(pk__in=hold_ids)
    reopened.exclude(state=HoldState.OPEN).update(state=HoldState.OPEN, ended_at=None)
    for run_id in sorted(set(reopened.values_list("run_id", flat=True))):
        recount_changes(run_id)
    _settle(run.pk, now=now)


def release_of(change: Change) -> int | None:
    """Return the run of the release under which a change is being made."""
    going = [ChangeState.APPROVED, ChangeState.FAILED]
    released = Change.objects.filter(
        tenant_id=change.tenant_id, kind=RELEASE, state__in=going, details__change=change.pk
    )
    return released.order_by("-pk").values_list("run_id", flat=True).first()


def follow_releases(*, now: datetime) -> None:
    """Bring the changes of releases up to those that they stand for; end the runs that have nothing left to make."""
    with database.cursor() as cursor:
        cursor.execute(_FOLLOW, {"marketplace": current_marketplace_id(), "kind": RELEASE, "now": now})
        touched = {row[0] for row in cursor.fetchall()}
    for run_id in sorted(touched):
        _settle(run_id, now=now)


def _settle(run_id: int, *, now: datetime) -> None:
    """Count the run if it is over; end it when each of its rows was made, failed or left."""
    run = Run.objects.select_for_update(of=("self",)).get(pk=run_id)
    if run.state in LIVE_RUN:
        if Change.objects.filter(run=run, state=ChangeState.APPROVED).exists():
            return
        run.state = RunState.CANCELLED if run.cancel_requested_at else RunState.DONE
        run.ended_at = now
        run.save(update_fields=["state", "ended_at"])
        recount_changes(run_id)
        run.refresh_from_db(fields=["counters"])
        _record(run, "cancelled" if run.cancel_requested_at else "finished", actor=SYSTEM, now=now)
    else:
        recount_changes(run_id)


def _record(run: Run, verb: str, *, actor: Actor, now: datetime, request_id: str = "") -> None:
    record_run(run, verb, ("state", "trigger"), actor=actor, now=now, request_id=request_id)
