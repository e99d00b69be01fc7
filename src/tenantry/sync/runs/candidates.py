"""Finds the tenants whose pending company may have to change, for one run, in order of tenant.

State is compared with state, so nothing depends on having seen every change: a run that was killed, or
one that another marketplace's preview went ahead of, finds what is left.
"""

from contextlib import nullcontext
from typing import Any

from django.db import connection as database

from tenantry.core.planning.companies import PendingView, TenantView
from tenantry.core.tenants import Snapshot
from tenantry.isolation.bulk import row_by_row
from tenantry.sync.models import Run
from tenantry.sync.observe.snapshots import SNAPSHOT_COLUMNS, snapshot_of_row

_TENANT = ", ".join(f"t.{column}" for column in SNAPSHOT_COLUMNS)
_NAMED = "({feed}.tenant_ids = '{{}}' or t.external_id = any({feed}.tenant_ids))"
_BY_DETAILS = """(
    ({feed}.countries = '{{}}' or t.country = any({feed}.countries))
    and ({feed}.indirect_resellers = '{{}}' or t.indirect_reseller_id = any({feed}.indirect_resellers))
    and ({feed}.domains = '{{}}' or t.domain = any({feed}.domains)
         or coalesce(t.domains, '{{}}') && {feed}.domains::text[])
)"""


def inside(feed: str) -> str:
    """Return SQL for *the filter of this feed lets tenant* ``t`` *through*; ``feed`` is a table alias."""
    return f"({_NAMED} and {_BY_DETAILS})".format(feed=feed)


def waiting(feed: str) -> str:
    """Return SQL for *the details of tenant* ``t`` *will decide*: until they are known a filter keeps it out."""
    return f"({_NAMED} and t.details_at is null and not {_BY_DETAILS})".format(feed=feed)


# A tenant is live here when any feed of the marketplace carries it as a reseller customer.
_LIVE = f"""(
    s.relationship = 'reseller' and s.ended_at is null and {inside("own")}
    or exists (
        select from sync_feed f2 join sync_sighting s2 on s2.connection_id = f2.connection_id
        where f2.marketplace_id = %(marketplace)s and f2.connection_id <> s.connection_id and s2.tenant_id = t.id
        and s2.relationship = 'reseller' and s2.ended_at is null and {inside("f2")}
    )
)"""  # made of our own columns only

# What belongs to a tenant is looked up singly: PostgreSQL takes tables that it has not counted yet for small, and goes
# through all that is pending for each tenant.
_CANDIDATES = f"""
select t.id, t.external_id, s.relationship, s.ended_at is not null, l.id is not null, {_LIVE},
       p.state, p.name, p.country, p.domain, p.contact_name, p.contact_email, p.problems, {_TENANT}
from sync_sighting s
join sync_feed own on own.marketplace_id = %(marketplace)s and own.connection_id = s.connection_id
cross join lateral (select * from sync_tenant where id = s.tenant_id limit 1) t
left join lateral (
    select * from sync_pendingcompany where marketplace_id = %(marketplace)s and tenant_id = s.tenant_id limit 1
) p on true
left join lateral (
    select id from sync_tenantlink
    where marketplace_id = %(marketplace)s and tenant_id = s.tenant_id and ended_at is null limit 1
) l on true
where s.connection_id = %(connection)s and s.tenant_id > %(after)s
and (%(only)s::bigint[] is null or s.tenant_id = any(%(only)s))
and case
    when p.id is null then l.id is null and {_LIVE}
    when p.state in ('pending', 'held', 'ignored', 'snoozed') then
        l.id is not null
        or p.content_hash <> t.content_hash and {_LIVE}
        or p.state <> 'ignored' and not {_LIVE}
    when p.state = 'withdrawn' then l.id is null and {_LIVE}
    else false
end
order by s.tenant_id limit %(limit)s
"""  # noqa: S608  # made of our own columns only


def next_candidates(
    run: Run, *, after: int, limit: int, only: list[int] | None = None
) -> list[tuple[TenantView, PendingView | None]]:
    """Return up to ``limit`` tenants beyond primary key ``after`` with their pending company.

    ``only`` narrows to these tenants. Runs in the marketplace's scope.
    """
    parameters = {
        "marketplace": run.marketplace_id,
        "connection": run.connection_id,
        "after": after,
        "limit": limit,
        "only": only,
    }
    with row_by_row() if only is None else nullcontext(), database.cursor() as cursor:
        cursor.execute(_CANDIDATES, parameters)
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
    if relationship == "reseller":
        return "The filter of this marketplace's feed does not let this tenant through any more."
    return f"The Partner Center now says the relationship is {relationship.replace('_', ' ')!r}, not 'reseller'."
