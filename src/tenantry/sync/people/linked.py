"""Which tenants of a connection belong to companies of the marketplace, and links that outlived that. In the scope."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from django.db import connection as database

from tenantry.audit.events import SYSTEM, Happening, Target
from tenantry.audit.services import record_events
from tenantry.isolation.scope import current_marketplace_id
from tenantry.sync.people.ends import EndReason
from tenantry.sync.people.views import LinkedTenant

_LINKED = """
select t.id, t.external_id, l.company_id, t.provider, coalesce(r.api, '')
from sync_tenantlink l
join sync_tenant t on t.id = l.tenant_id
join sync_sighting s on s.tenant_id = t.id and s.connection_id = %(connection)s and s.ended_at is null
join marketplace_company c on c.id = l.company_id
left join sync_peoplereading r on r.tenant_id = t.id and r.connection_id = %(connection)s
where l.marketplace_id = %(marketplace)s and l.ended_at is null and c.relationship_ended_at is null
and (%(company)s::bigint is null or l.company_id = %(company)s)
and (%(only)s::bigint[] is null or t.id = any(%(only)s))
order by t.id
"""
_STRAYS = """
update sync_userlink l set ended_at = %(now)s, end_reason = %(reason)s
from unnest(%(tenants)s::bigint[], %(companies)s::bigint[]) as t(tenant_id, company_id), marketplace_membership m,
    marketplace_company c
where l.marketplace_id = %(marketplace)s and l.ended_at is null and l.tenant_id = t.tenant_id
and m.id = l.membership_id and m.company_id <> t.company_id and c.id = m.company_id
returning l.membership_id, l.user_id, m.company_id, c.name
"""


def linked_tenants(
    connection_id: int, *, company_id: int | None = None, only: Collection[int] | None = None
) -> dict[int, LinkedTenant]:  # fmt: skip
    """Return the linked tenants that the connection sees, by primary key; of one company, or only these.

    The people of a company whose reseller relationship ended are left alone.
    """
    with database.cursor() as cursor:
        cursor.execute(
            _LINKED,
            {
                "connection": connection_id, "marketplace": current_marketplace_id(), "company": company_id,
                "only": None if only is None else list(only),
            },
        )  # fmt: skip
        return {row[0]: LinkedTenant(*row) for row in cursor.fetchall()}


def end_strays(tenants: Mapping[int, LinkedTenant], *, run_id: int, now: datetime) -> int:
    """End links of people whose tenant belongs to another company now; return how many. Nobody is deactivated."""
    place: dict[str, Any] = {
        "marketplace": current_marketplace_id(), "now": now, "reason": EndReason.TENANT_UNLINKED.value,
        "tenants": list(tenants), "companies": [each.company_id for each in tenants.values()],
    }  # fmt: skip
    with database.cursor() as cursor:
        cursor.execute(_STRAYS, place)
        rows = cursor.fetchall()
    told = [
        Happening(
            "sync.user_link.ended", Target("company", str(company), name), after={"membership": key, "user": user},
            reason="The tenant belongs to another company now.",
        )
        for key, user, company, name in rows
    ]  # fmt: skip
    record_events(told, actor=SYSTEM, marketplace_id=current_marketplace_id(), now=now, run_id=run_id)
    return len(rows)
