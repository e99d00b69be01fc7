"""Completes requests to connect a tenant: the tenant is here, so it is linked as whoever asked decided.

In the marketplace's scope. Called after a sync brought tenants or their domains, and right after somebody asked.
"""

from datetime import datetime
from typing import Any

from django.db import connection as database

from tenantry.audit.events import Actor, ActorKind, Happening, Target
from tenantry.audit.services import record_event
from tenantry.core.search import search_keys
from tenantry.isolation.scope import current_marketplace_id
from tenantry.sync.connecting import refusal_to_connect
from tenantry.sync.deciding.refusals import AlreadyDecided, DecisionRefused
from tenantry.sync.deciding.services import link_pending
from tenantry.sync.models import ConnectRequest, ConnectState, PendingCompany, PendingState
from tenantry.sync.switches import read_company_sync

_MOST_AT_ONCE = 500
_OPEN = [PendingState.PENDING, PendingState.HELD, PendingState.IGNORED, PendingState.SNOOZED]

# Through the search keys: they are indexed under the policies, and hold ids and domains whole unless very long.
_FOUND = """
select distinct p.id from sync_pendingkey k
join sync_pendingcompany p on p.id = k.pending_id
join sync_tenant t on t.id = p.tenant_id
where k.marketplace_id = %(marketplace)s and k.key = any(%(keys)s) and p.state = any(%(states)s) and (
    %(external_id)s <> '' and t.external_id = %(external_id)s
    or %(domain)s <> '' and (t.domain = %(domain)s or %(domain)s = any(coalesce(t.domains, '{}')))
)
order by p.id limit 2
"""


def complete_requests(*, now: datetime, request: int | None = None, run_id: int | None = None) -> int:
    """Link the tenants that companies wait for and that are here; return how many. ``request`` narrows to one.

    Whoever asks for a tenant that somebody ignored before decides anew; one that is ignored after the asking stays so.
    What stands in the way is kept on the request, which goes on waiting. Without requests: one query.
    """
    rows = ConnectRequest.objects.filter(state=ConnectState.PENDING).order_by("pk")
    if request is not None:
        rows = rows.filter(pk=request)
    waiting = list(rows.select_for_update(of=("self",)).select_related("company")[:_MOST_AT_ONCE])
    if not waiting or refusal_to_connect(read_company_sync()):
        return 0
    return sum(_complete(row, now=now, run_id=run_id) for row in waiting)


def _complete(row: ConnectRequest, *, now: datetime, run_id: int | None) -> bool:
    found = _pending_of(row)
    if not found:
        return False
    if len(found) > 1:
        wanted = row.domain or row.external_id
        return _note(
            row, f"More than one tenant has {wanted}. Cancel this, and connect the right one by its tenant ID."
        )
    if ignored := _ignored_since(row, found[0]):
        return _note(row, ignored)
    asker = Actor(ActorKind.ACCOUNT, row.requested_by_name, row.requested_by_id)
    try:
        link_pending(
            pending_id=found[0], company_id=row.company_id, seen_version=None, fill_blanks=False, add_contact=False,
            actor=asker, now=now, run_id=run_id, by_request=True,
        )  # fmt: skip
    except (DecisionRefused, AlreadyDecided) as refusal:
        return _note(row, str(refusal))
    tenant_id = PendingCompany.objects.values_list("tenant_id", flat=True).get(pk=found[0])
    row.state, row.tenant_id, row.ended_at, row.problem = ConnectState.COMPLETE, tenant_id, now, ""
    row.save(update_fields=["state", "tenant", "ended_at", "problem"])
    happening = Happening(
        "sync.connect_request.completed", Target("company", str(row.company_id), row.company.name),
        after={"domain": row.domain, "tenant": row.external_id},
    )  # fmt: skip
    record_event(happening, actor=asker, marketplace_id=row.marketplace_id, now=now, run_id=run_id)
    return True


def _ignored_since(row: ConnectRequest, pending_id: int) -> str:
    """Say that the tenant was ignored after it was asked for, if it was."""
    later = PendingCompany.objects.filter(pk=pending_id, state=PendingState.IGNORED, decided_at__gt=row.created_at)
    by = later.values_list("decided_by_name", flat=True).first()
    if by is None:
        return ""
    return f"{by or 'Somebody'} ignored this tenant after it was asked for. Reopen it, or cancel this."


def _pending_of(row: ConnectRequest) -> list[int]:
    keys = search_keys(texts=[], domains=[], ids=[row.external_id or row.domain])
    parameters: dict[str, Any] = {
        "marketplace": current_marketplace_id(), "keys": keys, "external_id": row.external_id, "domain": row.domain,
        "states": [state.value for state in _OPEN],
    }  # fmt: skip
    with database.cursor() as cursor:
        cursor.execute(_FOUND, parameters)
        return [found[0] for found in cursor.fetchall()]


def _note(row: ConnectRequest, problem: str) -> bool:
    if row.problem != problem:
        row.problem = problem
        row.save(update_fields=["problem"])
    return False
