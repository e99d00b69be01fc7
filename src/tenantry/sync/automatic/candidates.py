"""Finds the pending companies that automatic creation has to judge, with everything that it judges them by."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import connection as database

from tenantry.core.planning.companies import PendingView
from tenantry.core.planning.creation import CandidateView
from tenantry.core.tenants import Snapshot
from tenantry.isolation.scope import current_marketplace_id
from tenantry.sync.models import PendingState

BEGINNING = datetime(1, 1, 2, tzinfo=UTC)

# A creation that is planned, held, released or failed is being dealt with elsewhere.
_CANDIDATES = """
select p.id, p.tenant_id, t.external_id, p.first_seen_at, p.automatic_problems, p.contact_key,
    p.state, p.name, p.country, p.domain, p.contact_name, p.contact_email, p.problems,
    t.details_at is not null, p.matched_at is not null, p.certainty, p.by_hand,
    exists (
        select from sync_connectrequest r where r.marketplace_id = %(marketplace)s and r.state = 'pending'
        and (r.external_id <> '' and r.external_id = t.external_id
             or r.domain <> '' and r.domain = any(array_append(coalesce(t.domains, '{}')::text[], t.domain::text)))
    )
from sync_pendingcompany p
join sync_tenant t on t.id = p.tenant_id
where p.marketplace_id = %(marketplace)s and p.state = any(%(states)s)
and (%(connection)s::bigint is null or p.connection_id = %(connection)s)
and (%(only)s::bigint[] is null or p.id = any(%(only)s))
and (p.first_seen_at, p.id) > (%(seen)s, %(after)s)
and (%(all)s or not exists (
    select from sync_change c where c.marketplace_id = %(marketplace)s and c.tenant_id = p.tenant_id
    and c.kind = 'company.create' and c.state in ('planned', 'held', 'approved', 'failed')
    and c.run_id not in (select id from sync_run where marketplace_id = %(marketplace)s and preview)
))
order by p.first_seen_at, p.id limit %(limit)s
"""

# Each contact is that of one tenant at least; tenants that were linked before they ever were pending have no row.
_SHARED_CONTACTS = """
select contact_key from sync_pendingcompany
where marketplace_id = %(marketplace)s and contact_key = any(%(contacts)s) and contact_key <> ''
and state <> 'withdrawn'
group by contact_key having count(*) > 1
union all
select lower(t.contact_email) from sync_tenantlink l join sync_tenant t on t.id = l.tenant_id
where l.marketplace_id = %(marketplace)s and l.ended_at is null and lower(t.contact_email) = any(%(contacts)s)
and not exists (select from sync_pendingcompany p where p.marketplace_id = %(marketplace)s and p.tenant_id = t.id)
"""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A pending company, what the rule judges it by, and what the rule said of it the last time."""

    pending_id: int
    tenant_id: int
    external_id: str
    first_seen_at: datetime
    known_problems: tuple[str, ...]
    contact_key: str
    pending: PendingView
    facts: CandidateView


@dataclass(frozen=True, slots=True)
class Place:
    """Behind which row a batch begins: rows go by the moment at which they were first seen."""

    seen: datetime = BEGINNING
    after: int = 0


def next_candidates(place: Place, *, limit: int, connection_id: int | None = None) -> list[Candidate]:
    """Return up to ``limit`` rows that wait for a decision behind ``place``, of one connection if given.

    Runs in a marketplace's scope, as all here.
    """
    return _find(place, [PendingState.PENDING], limit=limit, connection_id=connection_id)


def candidate_of(pending_id: int) -> Candidate | None:
    """Return one row as it is now, if it waits for a decision or is held."""
    states = [PendingState.PENDING, PendingState.HELD]
    return next(iter(_find(Place(), states, limit=1, only=[pending_id])), None)


def _find(
    place: Place, states: Sequence[PendingState], *, limit: int, connection_id: int | None = None,
    only: list[int] | None = None,
) -> list[Candidate]:  # fmt: skip
    parameters: dict[str, Any] = {
        "marketplace": current_marketplace_id(), "states": [state.value for state in states], "seen": place.seen,
        "after": place.after, "connection": connection_id, "only": only, "all": only is not None, "limit": limit,
    }  # fmt: skip
    with database.cursor() as cursor:
        cursor.execute(_CANDIDATES, parameters)
        rows = cursor.fetchall()
        contacts = sorted({row[5] for row in rows if row[5]})
        cursor.execute(_SHARED_CONTACTS, {"marketplace": current_marketplace_id(), "contacts": contacts})
        shared = {row[0] for row in cursor.fetchall()}
    return [_candidate(row, shared) for row in rows]


def _candidate(row: tuple[Any, ...], shared: set[str]) -> Candidate:
    pending_id, tenant_id, external_id, first_seen_at, known, contact_key, state, *rest = row
    name, country, domain, contact_name, contact_email, problems, details, compared, *others = rest
    certainty, by_hand, reserved = others
    return Candidate(
        pending_id, tenant_id, external_id, first_seen_at, tuple(known), contact_key,
        PendingView(state, Snapshot(name, country, domain, contact_name, contact_email, tuple(problems))),
        CandidateView(
            problems=tuple(problems), contact_email=contact_email, details_read=details, compared=compared,
            certainty=certainty, by_hand=by_hand, reserved=reserved,
            contact_shared=contact_key in shared,
        ),
    )  # fmt: skip
