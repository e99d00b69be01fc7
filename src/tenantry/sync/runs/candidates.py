"""Finds the tenants whose pending company may have to change, for one run, in order of tenant.

State is compared with state, so nothing depends on having seen every change: a run that was killed, or
one that another marketplace's preview went ahead of, finds what is left.
"""

from dataclasses import dataclass
from typing import Any

from django.db import connection as database

from tenantry.core.planning.companies import PendingView, TenantView
from tenantry.core.tenants import Snapshot
from tenantry.sync.models import Feed, Run
from tenantry.sync.observe.snapshots import SNAPSHOT_COLUMNS, snapshot_of_row

_TENANT = ", ".join(f"t.{column}" for column in SNAPSHOT_COLUMNS)

# A tenant is live here when any feed of the marketplace carries it as a reseller customer.
_LIVE = """
    s.relationship = 'reseller' and s.ended_at is null
    or exists (
        select from sync_feed f2 join sync_sighting s2 on s2.connection_id = f2.connection_id
        where f2.connection_id <> s.connection_id and s2.tenant_id = t.id
        and s2.relationship = 'reseller' and s2.ended_at is null
    )
"""

_CANDIDATES = f"""
select t.id, t.external_id, s.relationship, s.ended_at is not null, l.id is not null, {{live}},
       p.state, p.name, p.country, p.domain, p.contact_name, p.contact_email, p.problems, {_TENANT}
from sync_sighting s
join sync_tenant t on t.id = s.tenant_id
left join sync_pendingcompany p on p.marketplace_id = %(marketplace)s and p.tenant_id = t.id
left join sync_tenantlink l on l.marketplace_id = %(marketplace)s and l.tenant_id = t.id and l.ended_at is null
where s.connection_id = %(connection)s and t.id > %(after)s and {{scope}}
and (%(only)s::bigint[] is null or t.id = any(%(only)s))
and case
    when p.id is null then l.id is null and ({{live}})
    when p.state in ('pending', 'held', 'ignored', 'snoozed')
        then l.id is not null or p.content_hash <> t.content_hash or not ({{live}})
    when p.state = 'withdrawn' then l.id is null and ({{live}})
    else false
end
order by t.id limit %(limit)s
"""  # noqa: S608  # made of our own columns only


@dataclass(frozen=True, slots=True)
class Scope:
    """A feed's filter as SQL over tenant ``t``. ``waiting`` selects those that its details will decide."""

    inside: str
    waiting: str
    parameters: dict[str, Any]


def scope_of(feed: Feed) -> Scope:
    """Return the feed's filter. A filter on a detail keeps a tenant out until the detail is known."""
    conditions = []
    if feed.countries:
        conditions.append("t.country = any(%(countries)s)")
    if feed.indirect_resellers:
        conditions.append("t.indirect_reseller_id = any(%(resellers)s)")
    if feed.domains:
        conditions.append("(t.domain = any(%(domains)s) or coalesce(t.domains, '{}') && %(domains)s::text[])")
    on_details = bool(conditions)
    known = "(t.external_id = any(%(tenant_ids)s))" if feed.tenant_ids else "true"
    parameters = {
        "countries": [country.upper() for country in feed.countries],
        "resellers": feed.indirect_resellers,
        "domains": [domain.lower() for domain in feed.domains],
        "tenant_ids": feed.tenant_ids,
    }
    inside = " and ".join([known, *conditions])
    waiting = f"({known} and t.details_at is null and not ({inside}))" if on_details else "false"
    return Scope(f"({inside})", waiting, parameters)


def next_candidates(
    run: Run, scope: Scope, *, after: int, limit: int, only: list[int] | None = None
) -> list[tuple[TenantView, PendingView | None]]:
    """Return up to ``limit`` tenants beyond primary key ``after`` with their pending company.

    ``only`` narrows to these tenants. Runs in the marketplace's scope.
    """
    statement = _CANDIDATES.format(live=_LIVE, scope=scope.inside)
    parameters = {
        **scope.parameters, "marketplace": run.marketplace_id, "connection": run.connection_id,
        "after": after, "limit": limit, "only": only,
    }  # fmt: skip
    with database.cursor() as cursor:
        cursor.execute(statement, parameters)
        return [_views(row) for row in cursor.fetchall()]


def _views(row: tuple[Any, ...]) -> tuple[TenantView, PendingView | None]:
    tenant_id, external_id, relationship, ended, linked, live, state, *rest = row
    pending = None
    if state is not None:
        name, country, domain, contact_name, contact_email, problems = rest[:6]
        pending = PendingView(state, Snapshot(name, country, domain, contact_name, contact_email, tuple(problems)))
    snapshot = snapshot_of_row(dict(zip(SNAPSHOT_COLUMNS, rest[6:], strict=True)))
    tenant = TenantView(
        tenant_id,
        external_id,
        snapshot,
        live=live,
        linked=linked,
        absence=_absence(relationship, ended=ended),
    )
    return tenant, pending


def _absence(relationship: str, *, ended: bool) -> str:
    if ended:
        return (
            "The reseller relationship ended: two complete listings did not have this tenant, "
            "and reading it alone was refused."
        )
    return f"The Partner Center now says the relationship is {relationship.replace('_', ' ')!r}, not 'reseller'."
