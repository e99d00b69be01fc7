"""Finds linked companies that may have to change, with their tenants. In the marketplace's scope.

State is compared with state; ``TenantLink.compared_at`` only spares those whose tenant was not read since.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection as database

from tenantry.core.planning.linked import LinkedView, address_of, provider_values
from tenantry.isolation.scope import current_marketplace_id
from tenantry.sync.models import Run

_OURS = ("name", "country", "address", "registration_number", "contact_name", "contact_email", "contact_phone")
_THEIRS = (
    "name", "country", "address", "registration_number", "contact_first_name", "contact_last_name", "contact_email",
    "contact_phone",
)  # fmt: skip
_HEAD = ("link_id", "tenant_id", "external_id", "company_id", "leads", "over", "flagged", "taken_back", "as_of")

# Over for a tenant: connections of this marketplace's feeds saw it, and each was told that it is gone.
_OVER = """not exists (
    select from sync_tenantlink l2
    where l2.marketplace_id = l.marketplace_id and l2.company_id = l.company_id and l2.ended_at is null
    and not coalesce((
        select bool_and(s2.ended_at is not null) from sync_sighting s2
        join sync_feed f2 on f2.marketplace_id = l.marketplace_id and f2.connection_id = s2.connection_id
        where s2.tenant_id = l2.tenant_id
    ), false)
)"""
_LEADS = """not exists (
    select from sync_tenantlink l3 where l3.marketplace_id = l.marketplace_id and l3.company_id = l.company_id
    and l3.ended_at is null and l3.id < l.id
)"""
_AS_OF = "greatest(t.changed_at, t.details_at)"
_SELECT = f"""
select l.id, l.tenant_id, t.external_id, l.company_id, {_LEADS}, {_OVER}, c.relationship_ended_at is not null,
    l.taken_back, {_AS_OF}, {", ".join(f"c.{name}" for name in _OURS)}, {", ".join(f"t.{name}" for name in _THEIRS)}
from sync_tenantlink l
join sync_tenant t on t.id = l.tenant_id
join marketplace_company c on c.id = l.company_id
where l.marketplace_id = %(marketplace)s and l.ended_at is null and l.id > %(after)s
"""  # noqa: S608  # made of our own columns only
_OF_RUN = f"""
and exists (select from sync_sighting s where s.tenant_id = l.tenant_id and s.connection_id = %(connection)s)
and (%(only)s::bigint[] is null or l.tenant_id = any(%(only)s))
and (
    l.compared_at is null or {_AS_OF} > l.compared_at or c.relationship_ended_at is not null
    or exists (
        select from sync_sighting s where s.tenant_id = l.tenant_id and s.connection_id = %(connection)s
        and s.ended_at is not null
    )
)
"""  # noqa: S608  # made of our own columns only
_END = "order by l.id limit %(limit)s"


@dataclass(frozen=True, slots=True)
class Linked:
    """A live link with what the planner looks at; ``as_of`` is the state of the tenant that this is."""

    link_id: int
    as_of: datetime
    view: LinkedView


def next_linked(run: Run, *, after: int, limit: int, only: list[int] | None = None) -> list[Linked]:
    """Return up to ``limit`` links beyond ``after`` whose company may differ; ``only`` narrows to these tenants."""
    return _fetch(_SELECT + _OF_RUN + _END, after=after, limit=limit, connection=run.connection_id, only=only)


def every_linked(*, limit: int) -> list[LinkedView]:
    """Return up to ``limit`` linked companies of the marketplace, the first linked first."""
    return [row.view for row in _fetch(_SELECT + _END, after=0, limit=limit)]


def linked_of(tenant_id: int) -> LinkedView | None:
    """Return the live link of one tenant as the planner looks at it, if there is one."""
    found = _fetch(f"{_SELECT} and l.tenant_id = %(tenant)s {_END}", after=0, limit=1, tenant=tenant_id)
    return found[0].view if found else None


def _fetch(query: str, **parameters: Any) -> list[Linked]:
    with database.cursor() as cursor:
        cursor.execute(query, {"marketplace": current_marketplace_id(), **parameters})
        return [_linked(row) for row in cursor.fetchall()]


def _linked(row: tuple[Any, ...]) -> Linked:
    head = dict(zip(_HEAD, row, strict=False))
    ours = dict(zip(_OURS, row[len(_HEAD) :], strict=False))
    theirs = dict(zip(_THEIRS, row[len(_HEAD) + len(_OURS) :], strict=True))
    for side in (ours, theirs):  # a plain cursor gives JSON as text
        side["address"] = json.loads(side["address"]) if side["address"] else None
    view = LinkedView(
        tenant_id=head["tenant_id"],
        external_id=head["external_id"],
        company_id=head["company_id"],
        company_name=ours["name"],
        ours={**ours, "address": address_of(ours["address"])},
        theirs=provider_values(theirs),
        leads=head["leads"],
        over=head["over"],
        flagged=head["flagged"],
        taken_back=json.loads(head["taken_back"]),
    )
    return Linked(head["link_id"], head["as_of"], view)
