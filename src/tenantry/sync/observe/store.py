"""Writes what a listing page showed: tenants and sightings, and only those that differ.

Unchanged records cost one read per page and no write. What differs goes through COPY into a stage.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection as database

from tenantry.connections.models import Connection
from tenantry.core.records import Relationship, TenantListing
from tenantry.core.tenants import Snapshot, listing_hash
from tenantry.isolation.bulk import stage_rows
from tenantry.sync.observe.snapshots import SNAPSHOT_COLUMNS, snapshot_of_row

_STAGE = (
    ("external_id", "text"),
    ("name", "text"),
    ("domain", "text"),
    ("relationship", "text"),
    ("listing_hash", "uuid"),
    ("content_hash", "uuid"),
    ("wants_details", "boolean"),
)

_WRITE_TENANTS = """
insert into sync_tenant (provider, cloud, external_id, name, domain, content_hash, first_seen_at, changed_at)
select %(provider)s, %(cloud)s, external_id, name, domain, content_hash, %(now)s, %(now)s from stage_listing
order by external_id
on conflict (provider, cloud, external_id) do update
set name = excluded.name, domain = excluded.domain, content_hash = excluded.content_hash,
    changed_at = excluded.changed_at
where (sync_tenant.name, sync_tenant.domain, sync_tenant.content_hash)
    is distinct from (excluded.name, excluded.domain, excluded.content_hash)
"""

_WRITE_SIGHTINGS = """
insert into sync_sighting (connection_id, tenant_id, relationship, content_hash, first_seen_at, details_due_at)
select %(connection)s, t.id, s.relationship, s.listing_hash, %(now)s, case when s.wants_details then %(now)s end
from stage_listing s
join sync_tenant t on t.provider = %(provider)s and t.cloud = %(cloud)s and t.external_id = s.external_id
on conflict (connection_id, tenant_id) do update
set relationship = excluded.relationship, content_hash = excluded.content_hash, missing_since = null,
    missing_listings = 0, ended_at = null, details_due_at = excluded.details_due_at, details_failures = 0
returning tenant_id
"""


@dataclass(frozen=True, slots=True)
class Stored:
    """What storing one page did. ``tenant_ids`` are the primary keys of every record on it."""

    tenant_ids: tuple[int, ...]
    new: int
    changed: int


# Compared in the database, which answers with what is unchanged in one row and with a row for each that is not.
_COMPARE = """
with shown as (select * from unnest(%(ids)s::text[], %(hashes)s::uuid[]) as shown(external_id, listing_hash)),
known as (
    select t.id, t.external_id, s.id is not null as seen,
        s.content_hash = shown.listing_hash and s.missing_since is null and s.ended_at is null as same
    from shown
    join sync_tenant t
        on t.provider = %(provider)s and t.cloud = %(cloud)s and t.external_id = shown.external_id
    left join sync_sighting s on s.tenant_id = t.id and s.connection_id = %(connection)s
)
select array_agg(id) filter (where same), array_agg(id) filter (where seen and not same),
    array_agg(external_id) filter (where same), array_agg(external_id) filter (where same is not true)
from known
"""


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of a page's tenants: primary keys of those ``same`` and ``seen`` otherwise"""

def store_listing(connection: Connection, records: Sequence[TenantListing], *, now: datetime) -> Stored:
    """Store the records of one page. Runs in the caller's transaction; the same page twice changes nothing.

    Of several records of one tenant on the page the last one counts.
    """
    unique = {record.external_id: record for record in records}
    known = _known(connection, list(unique))
    differing = [record for record in unique.values() if _differs(record, known.get(record.external_id))]
    if not differing:
        return Stored(tuple(sorted(row.tenant_id for row in known.values())), new=0, changed=0)
    _stage(connection, differing)
    place: dict[str, Any] = {
        "connection": connection.pk,
        "provider": connection.provider,
        "cloud": connection.cloud,
        "now": now,
    }
    with database.cursor() as cursor:
        cursor.execute(_WRITE_TENANTS, place)
        cursor.execute(_WRITE_SIGHTINGS, place)
        written = {row[0] for row in cursor.fetchall()}
    seen_before = {row.tenant_id for row in known.values() if row.seen}
    everything = written | {row.tenant_id for row in known.values()}
    new = len(written - seen_before)
    return Stored(tuple(sorted(everything)), new=new, changed=len(written) - new)


def _known(connection: Connection, external_ids: list[str]) -> dict[str, _Known]:
    with database.cursor() as cursor:
        cursor.execute(
            "select t.external_id, t.id, s.id is not null, s.content_hash, "
            "s.missing_since is not null or s.ended_at is not null "
            "from sync_tenant t left join sync_sighting s on s.tenant_id = t.id and s.connection_id = %s "
            "where t.provider = %s and t.cloud = %s and t.external_id = any(%s)",
            [connection.pk, connection.provider, connection.cloud, external_ids],
        )
        return {row[0]: _Known(*row[1:]) for row in cursor.fetchall()}


def _differs(record: TenantListing, known: _Known | None) -> bool:
    return known is None or not known.seen or known.absent or known.content_hash != listing_hash(record)


def _stage(connection: Connection, records: Sequence[TenantListing]) -> None:
    details = _details_so_far(connection, [record.external_id for record in records])
    rows = []
    for record in records:
        known = details.get(record.external_id, {})
        # A blank never erases what is known.
        name, domain = record.name or known.get("name", ""), record.domain or known.get("domain", "")
        content_hash = _snapshot(known | {"name": name, "domain": domain}).content_hash
        is_customer = record.relationship is Relationship.RESELLER
        rows.append((
            record.external_id, name, domain, record.relationship.value, listing_hash(record), content_hash,
            is_customer,
        ))  # fmt: skip
    stage_rows("stage_listing", _STAGE, rows)


def _snapshot(row: dict[str, Any]) -> Snapshot:
    return snapshot_of_row({column: row.get(column) for column in SNAPSHOT_COLUMNS})


def _details_so_far(connection: Connection, external_ids: list[str]) -> dict[str, dict[str, Any]]:
    """Return what is known of these tenants beyond the listing, locked against a detail read beside us."""
    columns = ", ".join(SNAPSHOT_COLUMNS)
    with database.cursor() as cursor:
        cursor.execute(
            f"select external_id, {columns} from sync_tenant where provider = %s and cloud = %s "  # noqa: S608  # our columns
            "and external_id = any(%s) order by id for update",
            [connection.provider, connection.cloud, external_ids],
        )
        return {row[0]: dict(zip(SNAPSHOT_COLUMNS, row[1:], strict=True)) for row in cursor.fetchall()}
