"""Stores what was fetched of tenants that fit on one page: many tenants in one transaction."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection as database
from django.db import transaction

from tenantry.core.records import DirectoryPage, Ending, InvalidRecord, Presence
from tenantry.isolation.bulk import stage_rows
from tenantry.sync.models import Finding, Observation, ObservationPage, ObservationState, ObservedKind
from tenantry.sync.observe.pages import keep_findings
from tenantry.sync.people.absence import APART, note_missed
from tenantry.sync.people.fetching import Fetched
from tenantry.sync.people.licence_names import keep_names
from tenantry.sync.people.readings import note_read
from tenantry.sync.people.store import Stored, store_gone, store_present

CHANGES = "changes"
"""``Observation.listing`` of a reading of changes. It is complete, and still tells nobody's absence."""
_KNOWN = """
select tenant_id, count(*) from sync_directoryuser
where tenant_id = any(%s) and presence = 'present' and missing_since is null and left_at is null group by tenant_id
"""
_UNLICENSED = "(p.licences is null or p.unlicensed_since <= %(confirmed)s)"
_LICENCES = """
update sync_directoryuser p set licences = s.licences, changed_at = %(now)s, unlicensed_since = null
from stage_licences s
where p.tenant_id = s.tenant_id and p.presence = 'present' and p.emptied_at is null
and (s.external_id = p.external_id or s.user_name = p.user_name)
and (p.licences is distinct from s.licences or p.unlicensed_since is not null)
"""
# A list may lack a row: who had licences keeps them until a second list, a day later, lacks them, too.
_NO_LICENCES = f"""
update sync_directoryuser p
set licences = case when {_UNLICENSED} then '{{}}' else p.licences end,
    changed_at = case when {_UNLICENSED} then %(now)s else p.changed_at end,
    unlicensed_since = case when {_UNLICENSED} then null else %(now)s end
where p.tenant_id = any(%(tenants)s) and p.presence = 'present' and p.emptied_at is null
and p.licences is distinct from '{{}}' and p.user_name <> '' and (p.unlicensed_since is null or {_UNLICENSED})
and not exists (select from stage_licences s where s.tenant_id = p.tenant_id and s.user_name = p.user_name)
"""  # noqa: S608  # made of our own words
_ADMINISTRATORS = """
update sync_directoryuser p set admin = held.level, changed_at = %(now)s
from (
    select p.id, coalesce(s.level, 'none') as level from sync_directoryuser p
    left join stage_administrators s on s.tenant_id = p.tenant_id and s.external_id = p.external_id
    where p.tenant_id = any(%(tenants)s) and p.presence = 'present' and p.emptied_at is null
) held
where held.id = p.id and p.admin is distinct from held.level
"""


@transaction.atomic
def keep_fetched(connection_id: int, batch: Sequence[Fetched], *, now: datetime) -> list[Observation]:
    """Store tenants that were fetched without an error and fit on one page; return their readings. One transaction."""
    pages = {each.wanted.tenant_id: each.page for each in batch if each.page is not None}
    stored = store_present(present_of(pages), now=now)
    store_gone(gone_of(pages, batch), now=now)
    rows = _observations(connection_id, batch, stored, now=now)
    complete = [row.tenant_id or 0 for row in rows if row.complete and row.listing != CHANGES]
    unreadable = [found.reference for tenant_id in complete for found in pages[tenant_id].invalid]
    seen = {row_id for tenant_id in complete for row_id in stored.ids.get(tenant_id, ())}
    note_missed(complete, seen, now=now, unreadable=unreadable)
    keep_beside(batch, now=now)
    told = zip(batch, rows, strict=True)
    note_read(
        connection_id,
        [(each, people_in(row), row.complete, (each.page.changes if each.page else None) or "") for each, row in told],
        now=now,
    )
    return rows


def people_in(row: Observation) -> int:
    """Return how many people a reading saw."""
    return row.records - row.invalid - row.repeated


def present_of(pages: dict[int, DirectoryPage]) -> list[tuple[int, Any]]:
    """Return who is there, by tenant: a listing may carry deleted people, too."""
    return [
        (tenant_id, person)
        for tenant_id, page in pages.items()
        for person in page.records
        if person.presence is Presence.PRESENT
    ]


def gone_of(pages: dict[int, DirectoryPage], batch: Sequence[Fetched]) -> list[tuple[int, Any]]:
    """Return who was deleted, by tenant, from the listings of all and of deleted people.

    The list of deleted people is not believed of somebody whom the listing just before it had: the next one tells.
    """
    listed = [(tenant, each) for tenant, page in pages.items() for each in page.records]
    there = {(tenant, each.external_id) for tenant, each in present_of(pages)}
    deleted = [
        (each.wanted.tenant_id, person)
        for each in batch
        for person in each.gone or ()
        if (each.wanted.tenant_id, person.external_id) not in there
    ]
    return [(tenant, each) for tenant, each in (*listed, *deleted) if each.presence is not Presence.PRESENT]


def is_complete(page: DirectoryPage) -> bool:
    """Whether the page ended its listing cleanly, and every record on it says whose it is."""
    return page.ending is Ending.CLEAN and all(map(names_somebody, page.invalid))


def names_somebody(found: InvalidRecord | Finding) -> bool:
    """Whether a record that can't be used carries the id of its person, who was there then."""
    return bool(found.reference) and not found.reference.startswith(("row", "page")) and "@" not in found.reference


def _observations(
    connection_id: int, batch: Sequence[Fetched], stored: Stored, *, now: datetime
) -> list[Observation]:  # fmt: skip
    made = []
    known = _known_people([each.wanted.tenant_id for each in batch if each.is_changes])
    for each in batch:
        assert each.page is not None  # noqa: S101 (who failed is not stored)
        tenant_id, page = each.wanted.tenant_id, each.page
        there = known.get(tenant_id, 0) if each.is_changes else count_present(page)
        made.append(Observation(
            connection_id=connection_id, kind=ObservedKind.PEOPLE, tenant_id=tenant_id, state=ObservationState.DONE,
            pages=1, complete=is_complete(page), records=there + len(page.invalid), invalid=len(page.invalid),
            repeated=0 if each.is_changes else there - len(stored.ids.get(tenant_id, ())),
            listing=CHANGES if each.is_changes else "", created_at=each.read_at, started_at=each.read_at,
            listed_at=now, ended_at=now,
        ))  # fmt: skip
    rows = Observation.objects.bulk_create(made)
    for row, each in zip(rows, batch, strict=True):
        if each.page is not None and (each.page.invalid or not row.complete):
            _keep_who_was_there(row, each.page, stored, now=now)
    return rows


def _known_people(tenant_ids: Sequence[int]) -> dict[int, int]:
    """Return how many people of each tenant are there, now that what changed is stored."""
    if not tenant_ids:
        return {}
    with database.cursor() as cursor:
        cursor.execute(_KNOWN, [list(tenant_ids)])
        return dict(cursor.fetchall())


def count_present(page: DirectoryPage) -> int:
    """Return how many records of the page show somebody who is there."""
    return sum(person.presence is Presence.PRESENT for person in page.records)


def _keep_who_was_there(row: Observation, page: DirectoryPage, stored: Stored, *, now: datetime) -> None:
    """Keep who was seen where the table of people does not tell it: not everybody else is missing."""
    keep_findings(Observation(pk=row.pk, tenant_id=row.tenant_id), page.invalid, now=now)
    ids = sorted(stored.ids.get(row.tenant_id or 0, ()))
    ObservationPage.objects.create(observation=row, generation=row.generation, number=0, row_ids=ids)


def keep_beside(batch: Sequence[Fetched], *, now: datetime) -> None:
    """Store licences, their names and administrators, read beside the listings. In the caller's transaction."""
    licences, whole = [], []
    for each in batch:
        found, tenant_id = each.licences, each.wanted.tenant_id
        if found is None:
            continue
        licences += [(tenant_id, "", name, sorted(skus)) for name, skus in found.by_name.items()]
        licences += [(tenant_id, external_id, "", skus) for external_id, skus in found.by_id.items()]
        if found.complete:
            whole.append(tenant_id)
    with database.cursor() as cursor:
        if licences or whole:
            columns = (("tenant_id", "bigint"), ("external_id", "text"), ("user_name", "text"), ("licences", "text[]"))
            stage_rows("stage_licences", columns, licences)
            cursor.execute(_LICENCES, {"now": now})
            cursor.execute(_NO_LICENCES, {"now": now, "confirmed": now - APART, "tenants": whole})
        told = [each for each in batch if each.administrators is not None]
        if told:
            held = [(each.wanted.tenant_id, one.external_id, one.level.value)
                    for each in told for one in each.administrators or () if not one.is_group]  # fmt: skip
            columns_ = (("tenant_id", "bigint"), ("external_id", "text"), ("level", "text"))
            stage_rows("stage_administrators", columns_, held)
            cursor.execute(_ADMINISTRATORS, {"now": now, "tenants": [each.wanted.tenant_id for each in told]})
    keep_names([(each.wanted.tenant_id, one) for each in batch for one in each.names], now=now)
