"""Brings a marketplace's Google tenants up to date with what its feeds carry. Safe to repeat, and to stop anywhere.

State is compared with state: rows that say what is so are not touched.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection as database

from tenantry.core.search import fold
from tenantry.isolation.bulk import insert_rows, update_rows
from tenantry.isolation.scope import current_marketplace_id, marketplace_scope
from tenantry.sync.models import GoogleTenant
from tenantry.sync.models.google import GoogleTenantState
from tenantry.sync.runs.candidates import inside

_BATCH = 500
_LONGEST = 200
_GONE, _LINKED, _NEEDS = GoogleTenantState.GONE, GoogleTenantState.LINKED, GoogleTenantState.NEEDS_LINK

_DIFFERING = f"""
select * from (
    select t.id as tenant_id, t.name, t.domain, t.content_hash, l.id is not null as linked,
        exists (
            select from sync_feed f join sync_sighting s on s.connection_id = f.connection_id
            where f.marketplace_id = %(marketplace)s and s.tenant_id = t.id and s.ended_at is null and {inside("f")}
        ) as live,
        g.id, g.state, g.gone_from, g.content_hash as known_hash
    from sync_tenant t
    left join sync_googletenant g on g.marketplace_id = %(marketplace)s and g.tenant_id = t.id
    left join sync_tenantlink l on l.marketplace_id = %(marketplace)s and l.tenant_id = t.id and l.ended_at is null
    where t.provider = 'google' and t.id > %(after)s and (g.id is not null or t.id in (
        select s.tenant_id from sync_feed f join sync_sighting s on s.connection_id = f.connection_id
        where f.marketplace_id = %(marketplace)s
    ))
) seen
where case
    when id is null then live
    when linked then state <> 'linked' or known_hash <> content_hash
    when live then state in ('gone', 'linked') or known_hash <> content_hash
    else state <> 'gone'
end
order by tenant_id limit %(limit)s
"""  # noqa: S608  # made of our own columns only


@dataclass(frozen=True, slots=True)
class _Seen:
    """A tenant with its row, if it has one."""

    tenant_id: int
    name: str
    domain: str
    content_hash: UUID
    linked: bool
    live: bool
    pk: int | None
    state: str
    gone_from: str
    known_hash: UUID | None


def marketplaces_with_google(connection_id: int) -> list[int]:
    """Return the marketplaces that the connection feeds and an operator switched User Sync from Google on for."""
    with database.cursor() as cursor:
        cursor.execute("select marketplace_id from google_marketplaces_of(%s)", [connection_id])
        return [row[0] for row in cursor.fetchall()]


def refresh_google_tenants(marketplace_id: int, *, now: datetime) -> int:
    """Add, rename, bring back and put away Google tenants of the marketplace; return how many rows were written."""
    written, after = 0, 0
    while True:
        with marketplace_scope(marketplace_id):
            batch = _differing(after)
            _write(batch, now=now)
        if not batch:
            return written
        written, after = written + len(batch), batch[-1].tenant_id


def _differing(after: int) -> list[_Seen]:
    parameters: dict[str, Any] = {"marketplace": current_marketplace_id(), "after": after, "limit": _BATCH}
    with database.cursor() as cursor:
        cursor.execute(_DIFFERING, parameters)
        return [_Seen(*row) for row in cursor.fetchall()]


def _write(batch: list[_Seen], *, now: datetime) -> None:
    marketplace_id = current_marketplace_id()
    fresh: list[tuple[Any, ...]] = [
        (
            marketplace_id, seen.tenant_id, _LINKED if seen.linked else _NEEDS, "", sort_name(seen.name, seen.domain),
            seen.domain, seen.content_hash, [], "", now, "", 0,
        )
        for seen in batch
        if seen.pk is None
    ]  # fmt: skip
    columns = (
        "marketplace_id tenant_id state gone_from sort_name domain content_hash rejected reason first_seen_at "
        "decided_by_name version"
    ).split()
    if fresh:
        insert_rows(GoogleTenant, columns, fresh, on_conflict="on conflict (marketplace_id, tenant_id) do nothing")
    known = [
        (seen.pk, *_state_of(seen), sort_name(seen.name, seen.domain), seen.domain, seen.content_hash)
        for seen in batch
        if seen.pk is not None
    ]
    if known:
        update_rows(GoogleTenant, ["state", "gone_from", "sort_name", "domain", "content_hash"], known)


def _state_of(seen: _Seen) -> tuple[str, str]:
    """Return the state of a row that is there, and the one to come back to."""
    if seen.linked:
        return _LINKED, ""
    if not seen.live:
        return _GONE, seen.state if seen.state != _GONE else seen.gone_from
    if seen.state == _GONE:
        back = seen.gone_from or _NEEDS
        return (_NEEDS if back == _LINKED else back), ""
    return (_NEEDS if seen.state == _LINKED else seen.state), ""


def sort_name(name: str, domain: str) -> str:
    """Return what a Google tenant is sorted by and found with: its name, or its domain while no name is known."""
    return fold(name or domain)[:_LONGEST]
