"""Writes what a listing page showed: tenants and sightings, and only those that differ.

Unchanged records cost one read per page and no write. What differs goes through COPY into a stage.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection as database

from tenantry.connections.models import Connection
from tenantry.core.records import Relationship, TenantListing
from tenantry.core.tenants import listing_hash
from tenantry.isolation.arrays import text_array
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
cross join lateral (
    select id from sync_tenant
    where provider = %(provider)s and cloud = %(cloud)s and external_id = s.external_id limit 1
) t
on conflict (connection_id, tenant_id) do update
set relationship = excluded.relationship, content_hash = excluded.content_hash, missing_since = null,
    missing_listings = 0, ended_at = null, details_due_at = excluded.details_due_at, details_failures = 0
returning tenant_id
"""

_NOTHING_KNOWN: dict[str, Any] = dict.fromkeys(SNAPSHOT_COLUMNS) | {"name": "", "domain": ""}


@dataclass(frozen=True, slots=True)
class Stored:
    """What storing one page did. ``tenant_ids`` are the primary keys of every record on it."""

    tenant_ids: tuple[int, ...]
    new: int
    changed: int


# Compared in the database: one row comes back, however many tenants are unchanged. Each tenant is looked up singly
# (lateral, limit 1): left free, PostgreSQL takes tables that it has not counted yet for empty, and goes through all
# tenants of the provider for every page.
_COMPARE = """
select array_agg(t.id) filter (where same), array_agg(shown.place) filter (where same),
    array_agg(t.id) filter (where s.id is not null and not same),
    array_agg(t.external_id) filter (where not same)
from unnest(%(external_ids)s::text[], %(hashes)s::uuid[]) with ordinality as shown(external_id, listing_hash, place)
cross join lateral (
    select id, external_id from sync_tenant
    where provider = %(provider)s and cloud = %(cloud)s and external_id = shown.external_id limit 1
) t
left join lateral (
    select id, content_hash, missing_since, ended_at from sync_sighting
    where connection_id = %(connection)s and tenant_id = t.id limit 1
) s on true
cross join lateral (
    select coalesce(s.content_hash = shown.listing_hash and s.missing_since is null and s.ended_at is null, false)
) as compared(same)
"""


@dataclass(frozen=True, slots=True)
class _Comparison:
    """How a page compares with what is known.

    ``same_ids`` are the primary keys of unchanged tenants, ``seen_ids`` those of others that the connection saw
    before. ``differing`` are the records to write; of these, ``known`` names the tenants that are there.
    """

    same_ids: list[int]
    seen_ids: list[int]
    differing: list[TenantListing]
    known: list[str]


def store_listing(connection: Connection, records: Sequence[TenantListing], *, now: datetime) -> Stored:
    """Store the records of one page. Runs in the caller's transaction; the same page twice changes nothing.

    Of several records of one tenant on the page the last one counts.
    """
    unique = {record.external_id: record for record in records}
    hashes = {external_id: listing_hash(record) for external_id, record in unique.items()}
    page = _compare(connection, unique, hashes)
    if not page.differing:
        return Stored(tuple(sorted(page.same_ids)), new=0, changed=0)
    _stage(connection, page, hashes)
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
    new = len(written.difference(page.seen_ids))
    return Stored(tuple(sorted(written.union(page.same_ids))), new=new, changed=len(written) - new)


def _compare(connection: Connection, unique: dict[str, TenantListing], hashes: dict[str, str]) -> _Comparison:
    with database.cursor() as cursor:
        cursor.execute(
            _COMPARE,
            {
                "connection": connection.pk,
                "provider": connection.provider,
                "cloud": connection.cloud,
                "external_ids": text_array(unique),
                "hashes": text_array(hashes.values()),
            },
        )
        same_ids, places, seen_ids, known = (value or [] for value in cursor.fetchone())
    if len(places) == len(unique):
        return _Comparison(same_ids, [], [], [])
    same = set(places)
    differing = [record for place, record in enumerate(unique.values(), start=1) if place not in same]
    return _Comparison(same_ids, seen_ids, differing, known)


def _stage(connection: Connection, page: _Comparison, hashes: dict[str, str]) -> None:
    details = _details_so_far(connection, page.known) if page.known else {}
    rows = []
    for record in page.differing:
        known = details.get(record.external_id, _NOTHING_KNOWN)
        # A blank never erases what is known.
        name, domain = record.name or known["name"], record.domain or known["domain"]
        content_hash = snapshot_of_row(known | {"name": name, "domain": domain}).content_hash
        is_customer = record.relationship is Relationship.RESELLER
        rows.append((
            record.external_id, name, domain, record.relationship.value, hashes[record.external_id], content_hash,
            is_customer,
        ))  # fmt: skip
    stage_rows("stage_listing", _STAGE, rows)


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
