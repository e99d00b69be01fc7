"""Judges who is absent from a tenant's directory. Only a complete listing does, and only a second one, a day later."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection as database

from tenantry.isolation.bulk import whole_tables

APART = timedelta(hours=24)
"""So far apart are the two complete listings that must both miss somebody."""

_MISSED = """
update sync_directoryuser p
set missing_since = coalesce(p.missing_since, %(now)s), missing_listings = least(p.missing_listings + 1, 30000),
    left_at = case when p.missing_since <= %(confirmed)s then %(now)s end,
    changed_at = case when p.missing_since <= %(confirmed)s then %(now)s else p.changed_at end
where p.tenant_id = any(%(tenants)s) and p.presence = 'present' and p.left_at is null
and p.external_id <> all(%(unreadable)s::text[])
and not exists (select from ({seen}) seen where seen.id = p.id)
"""
_IN_HAND = "select unnest(%(seen)s::bigint[]) as id"
_ON_PAGES = """
    select unnest(row_ids) as id from sync_observationpage
    where observation_id = %(observation)s and generation = %(generation)s
"""


def note_missed(
    tenant_ids: Sequence[int], seen: Collection[int], *, now: datetime, unreadable: Collection[str] = ()
) -> int:
    """Note everybody of these tenants whom their complete listings, now read, did not have; return how many.

    ``unreadable`` are ids of people whose records could not be used: they were there.
    """
    return _note(_IN_HAND, tenant_ids, unreadable, now, {"seen": list(seen)})


def note_missed_on_pages(
    tenant_id: int, observation_id: int, generation: int, *, now: datetime, unreadable: Collection[str] = ()
) -> int:
    """Do the same for one tenant whose pages were kept."""
    pages: dict[str, Any] = {"observation": observation_id, "generation": generation}
    return _note(_ON_PAGES, [tenant_id], unreadable, now, pages)


def _note(
    seen: str, tenant_ids: Sequence[int], unreadable: Collection[str], now: datetime, more: dict[str, Any]
) -> int:
    place: dict[str, Any] = {
        "now": now,
        "confirmed": now - APART,
        "tenants": list(tenant_ids),
        "unreadable": list(unreadable),
    }
    with whole_tables(), database.cursor() as cursor:
        cursor.execute(_MISSED.format(seen=seen), {**place, **more})
        return int(cursor.rowcount)
