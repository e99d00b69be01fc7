"""Applies the stored changes of pending companies, each re-checked against what it was planned on.

One batch is one transaction: rows, search keys and audit events together. Applying twice is a no-op,
because a change leaves the state *planned* in the same transaction.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection as database

from tenantry.audit.events import Actor, Happening, Target
from tenantry.audit.services import record_events
from tenantry.core.planning.companies import ChangeKind, PendingView
from tenantry.core.tenants import Snapshot
from tenantry.isolation.arrays import is_one_of
from tenantry.isolation.scope import marketplace_scope
from tenantry.sync.models import Change, ChangeState, PendingCompany, Run
from tenantry.sync.pending.writing import write_pending
from tenantry.sync.telling import contact_subject

PENDING_KINDS = [kind.value for kind in ChangeKind if kind is not ChangeKind.CREATE]
BATCH = 500
_ADVISORY_CLASS = 71_005
_PERSONAL = ("contact_name", "contact_email")


@dataclass(frozen=True, slots=True)
class Applied:
    """What one batch did."""

    applied: int
    stale: int

    @property
    def any(self) -> bool:
        """Whether there was anything to apply."""
        return bool(self.applied or self.stale)


def apply_next(run_id: int, *, marketplace_id: int, actor: Actor, now: datetime) -> Applied:
    """Apply the next batch of the run's planned changes of pending companies (``sync.automatic`` creates companies).

    One batch at a time in a marketplace: two runs (two connections) may plan for the same tenant, and what
    is not there yet can't be locked.
    """
    with marketplace_scope(marketplace_id):
        with database.cursor() as cursor:
            cursor.execute("select pg_advisory_xact_lock(%s, %s)", [_ADVISORY_CLASS, marketplace_id])
        run = Run.objects.get(pk=run_id)
        planned = Change.objects.select_for_update(skip_locked=True).filter(
            run_id=run_id, state=ChangeState.PLANNED, kind__in=PENDING_KINDS
        )
        changes = list(planned.order_by("id")[:BATCH])
        current = _current([change.tenant_id for change in changes])
        good = [change for change in changes if _unchanged(change, current.get(change.tenant_id))]
        fine = {change.pk for change in good}
        stale = [change for change in changes if change.pk not in fine]
        write_pending(run, [(change.tenant_id, PendingView.from_json(change.after or {})) for change in good], now=now)
        _settle(good, ChangeState.APPLIED, "", now=now)
        _settle(stale, ChangeState.STALE, "Changed meanwhile by somebody else; planned anew.", now=now)
        record_events(
            [_happening(change) for change in good],
            actor=actor,
            marketplace_id=marketplace_id,
            now=now,
            run_id=run_id,
        )
        return Applied(len(good), len(stale))


def _current(tenant_ids: Sequence[int]) -> dict[int, PendingView]:
    rows = PendingCompany.objects.select_for_update().filter(is_one_of("tenant_id", tenant_ids)).order_by("tenant_id")
    return {row.tenant_id: view_of(row) for row in rows}


def view_of(row: PendingCompany) -> PendingView:
    """Return state and snapshot of a pending company, for comparing."""
    snapshot = Snapshot(row.name, row.country, row.domain, row.contact_name, row.contact_email, tuple(row.problems))
    return PendingView(row.state, snapshot)


def _unchanged(change: Change, current: PendingView | None) -> bool:
    before = PendingView.from_json(change.before) if change.before else None
    return before == current


def _settle(changes: Sequence[Change], state: ChangeState, problem: str, *, now: datetime) -> None:
    ids = [change.pk for change in changes]
    if ids:
        Change.objects.filter(is_one_of("pk", ids)).update(state=state, problem=problem, settled_at=now)


def _happening(change: Change) -> Happening:
    personal = {
        f"{side}.{field}": values[field]
        for side, values in (("before", change.before), ("after", change.after))
        if values
        for field in _PERSONAL
        if values.get(field)
    }
    return Happening(
        action=f"sync.{change.kind.replace('.', '_')}.applied",
        target=Target("tenant", change.subject, change.subject_name),
        before=_impersonal(change.before),
        after=_impersonal(change.after),
        personal=personal,
        person=contact_subject(change.subject),
        reason=change.reason,
    )


def _impersonal(values: dict[str, object] | None) -> dict[str, object] | None:
    return {key: value for key, value in values.items() if key not in _PERSONAL} if values else None
