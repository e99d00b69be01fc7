"""Finds the pending companies that automatic creation has to judge, with everything that it judges them by."""

from collections.abc import Mapping, Sequence
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

# What a preview would change before it creates is looked at apart.
_UNPLANNED = """(%(plan)s::bigint is null or not exists (
    select from sync_change c where c.marketplace_id = %(marketplace)s and c.tenant_id = p.tenant_id
    and c.run_id = %(plan)s and c.state = 'planned' and c.kind like 'pending.%%'
))"""

# A creation that is planned, held, released or failed is being dealt with elsewhere.
_CANDIDATES = f"""
select p.id, p.tenant_id, t.external_id, p.first_seen_at, p.automatic_problems, p.contact_key,
    p.state, p.name, p.country, p.domain, p.contact_name, p.contact_email, p.problems,
    t.details_at is not null, p.matched_at is not null, p.certainty, p.by_hand,
    exists (
        select from sync_connectrequest r where r.marketplace_id = %(marketplace)s and r.state = 'pending'
        and (r.external_id <> '' and r.external_id = t.external_id
             or r.domain <> '' and r.domain = any(array_append(coalesce(t.domains, '{{}}')::text[], t.domain::text)))
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
and (%(all)s or {_UNPLANNED})
order by p.first_seen_at, p.id limit %(limit)s
"""  # noqa: S608  # made of our own columns only

# How many tenants have each contact. Those that were linked before they ever were pending have no row. What a
# preview would change is not counted here: its plan says what it would be.
_CONTACTS = f"""
select contact, count(*) from (
    select p.contact_key as contact from sync_pendingcompany p
    where p.marketplace_id = %(marketplace)s and p.contact_key = any(%(contacts)s) and p.contact_key <> ''
    and p.state <> 'withdrawn' and {_UNPLANNED}
    union all
    select lower(t.contact_email) from sync_tenantlink l join sync_tenant t on t.id = l.tenant_id
    where l.marketplace_id = %(marketplace)s and l.ended_at is null and lower(t.contact_email) = any(%(contacts)s)
    and not exists (
        select from sync_pendingcompany p where p.marketplace_id = %(marketplace)s and p.tenant_id = t.id
    )
) each_tenant group by contact
"""  # noqa: S608  # same


@dataclass(frozen=True, slots=True)
class Plan:
    """What a preview would change before it creates: its run, and how many of those tenants would have each contact."""

    run_id: int
    contacts: Mapping[str, int]


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


def next_candidates(
    place: Place, *, limit: int, connection_id: int | None = None, only: list[int] | None = None,
    plan: Plan | None = None,
) -> list[Candidate]:  # fmt: skip
    """Return up to ``limit`` rows that wait for a decision behind ``place``, of one connection if given.

    ``only`` narrows to these rows; ``plan`` leaves out what a preview would change first. Runs in a
    marketplace's scope, as all here.
    """
    return _find(place, [PendingState.PENDING], limit=limit, connection_id=connection_id, only=only, plan=plan)


def candidates_of(pending_ids: Sequence[int]) -> list[Candidate]:
    """Return these rows as they are now, those of them that somebody can decide on."""
    states = [PendingState.PENDING, PendingState.HELD, PendingState.SNOOZED]
    return _find(Place(), states, limit=len(pending_ids), only=list(pending_ids))


def candidate_of(pending_id: int) -> Candidate | None:
    """Return one row as it is now, if it waits for a decision or is held."""
    states = [PendingState.PENDING, PendingState.HELD]
    return next(iter(_find(Place(), states, limit=1, only=[pending_id])), None)


def _find(
    place: Place, states: Sequence[PendingState], *, limit: int, connection_id: int | None = None,
    only: list[int] | None = None, plan: Plan | None = None,
) -> list[Candidate]:  # fmt: skip
    parameters: dict[str, Any] = {
        "marketplace": current_marketplace_id(), "states": [state.value for state in states], "seen": place.seen,
        "after": place.after, "connection": connection_id, "only": only, "all": only is not None, "limit": limit,
        "plan": plan.run_id if plan else None,
    }  # fmt: skip
    with database.cursor() as cursor:
        cursor.execute(_CANDIDATES, parameters)
        rows = cursor.fetchall()
        contacts = sorted({row[5] for row in rows if row[5]})
        cursor.execute(_CONTACTS, {**parameters, "contacts": contacts})
        counts: dict[str, int] = dict(cursor.fetchall())
    planned = plan.contacts if plan else {}
    shared = {contact for contact in contacts if counts.get(contact, 0) + planned.get(contact, 0) > 1}
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
