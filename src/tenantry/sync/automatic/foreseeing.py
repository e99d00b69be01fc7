"""What a preview would create of tenants that only its own plan brings in or changes.

A preview applies nothing. So some of its planned rows at a time are written, matched and judged by the code that does
it for real, and taken back within the same transaction.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection as database
from django.db import transaction

from tenantry.core.planning.companies import ChangeKind, PendingView
from tenantry.sync.automatic.candidates import Candidate, Place, Plan, next_candidates
from tenantry.sync.matching.refreshing import match_rows
from tenantry.sync.models import Change, ChangeState, PendingCompany, Run
from tenantry.sync.pending.writing import write_pending

BATCH = 200  # other people's decisions on these rows wait while they are looked at
_KINDS = [ChangeKind.ADD.value, ChangeKind.UPDATE.value, ChangeKind.RETURN.value]
_CONTACTS = """
select lower(btrim(after ->> 'contact_email')), count(*) from sync_change
where run_id = %(run)s and state = 'planned' and kind = any(%(kinds)s) and after ->> 'contact_email' <> ''
group by 1
"""


@dataclass(frozen=True, slots=True)
class Foreseen:
    """Some candidates as they would be, and behind which change the next ones begin; 0 at the end."""

    candidates: list[Candidate]
    after: int


def plan_of(run: Run) -> Plan:
    """Return what the preview would bring in or change before it creates."""
    with database.cursor() as cursor:
        cursor.execute(_CONTACTS, {"run": run.pk, "kinds": _KINDS})
        return Plan(run.pk, dict(cursor.fetchall()))


def next_foreseen(run: Run, plan: Plan, *, seen: datetime, after: int, now: datetime) -> Foreseen:
    """Return the candidates among the next planned changes; those first seen after ``seen``. In the scope.

    Nothing of it stays written.
    """
    planned = Change.objects.filter(run=run, state=ChangeState.PLANNED, kind__in=_KINDS, pk__gt=after)
    changes = list(planned.order_by("pk")[:BATCH])
    if not changes:
        return Foreseen([], 0)
    before = transaction.savepoint()
    try:
        found = _written(run, plan, changes, seen=seen, now=now)
    finally:
        transaction.savepoint_rollback(before)
    return Foreseen(found, changes[-1].pk if len(changes) == BATCH else 0)


def _written(run: Run, plan: Plan, changes: list[Change], *, seen: datetime, now: datetime) -> list[Candidate]:
    write_pending(run, [(change.tenant_id, PendingView.from_json(change.after or {})) for change in changes], now=now)
    tenants = [change.tenant_id for change in changes]
    ids = list(PendingCompany.objects.filter(tenant_id__in=tenants).values_list("pk", flat=True))
    match_rows(ids, now=now)
    return next_candidates(Place(seen, 2**62), limit=len(ids), only=ids, plan=plan)
