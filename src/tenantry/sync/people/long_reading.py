"""Reads the people of a tenant that has more than one page. Each page and the cursor behind it are committed together.

A killed worker goes on at the page it was on, and no page counts twice.
"""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

from django.db import connection as database
from django.db import transaction

from tenantry.core.records import DirectoryPage, Ending
from tenantry.logs import carried
from tenantry.providers.base import DirectorySource
from tenantry.providers.errors import CursorExpired
from tenantry.sync.models import Finding, Observation, ObservationState, ObservedKind
from tenantry.sync.models.observed import LIVE_OBSERVATION
from tenantry.sync.observe.absence import count_repeated
from tenantry.sync.observe.pages import FINDING_KIND, MOST_FINDINGS, keep_findings, keep_page
from tenantry.sync.people.absence import note_missed_on_pages
from tenantry.sync.people.admitting import admit_people
from tenantry.sync.people.fetching import Fetched, fetch_beside
from tenantry.sync.people.keeping import (
    count_present,
    gone_of,
    keep_beside,
    names_somebody,
    people_in,
    present_of,
)
from tenantry.sync.people.readings import note_read
from tenantry.sync.people.store import store_gone, store_present

_MOST_GENERATIONS = 5
_USERS = "users"


def live_readings(connection_id: int, tenant_ids: list[int]) -> dict[int, Observation]:
    """Return the readings of these tenants that were begun and not ended, by tenant."""
    rows = Observation.objects.filter(
        connection_id=connection_id, kind=ObservedKind.PEOPLE, tenant_id__in=tenant_ids, state__in=LIVE_OBSERVATION
    )
    return {row.tenant_id: row for row in rows if row.tenant_id}


@transaction.atomic
def begin_long(connection_id: int, fetched: Fetched, *, now: datetime) -> Observation:
    """Store the first page of a tenant and begin its reading."""
    row = Observation.objects.create(
        connection_id=connection_id, kind=ObservedKind.PEOPLE, tenant_id=fetched.wanted.tenant_id, listing=_USERS,
        state=ObservationState.LISTING, created_at=fetched.read_at, started_at=fetched.read_at,
    )  # fmt: skip
    assert fetched.page is not None  # noqa: S101 (only a page makes a reading long)
    _keep(row, fetched.page, now=now)
    row.save()
    return row


@dataclass(slots=True)
class _Ahead:
    """Reads the page behind the one that is being stored."""

    source: DirectorySource
    tenant_id: str
    pool: ThreadPoolExecutor
    next: tuple[str, Future[DirectoryPage]] | None = None

    def page(self, cursor: str | None) -> DirectoryPage:
        ahead, self.next = self.next, None
        page = ahead[1].result() if ahead and ahead[0] == cursor else self._fetch(cursor)
        if page.cursor and page.cursor != cursor:
            self.next = page.cursor, self.pool.submit(carried(self._fetch), page.cursor)
        return page

    def _fetch(self, cursor: str | None) -> DirectoryPage:
        try:
            return admit_people(self.source.list_users(self.tenant_id, cursor))
        finally:
            database.close()  # this thread's own, if signing in has opened one


def read_long(
    observation_id: int, source: DirectorySource, fetched: Fetched, *, clock: Callable[[], datetime],
    should_stop: Callable[[], bool],
) -> Observation:  # fmt: skip
    """Read on until the listing ends or ``should_stop`` says so; return the reading as it stands then.

    ``fetched`` is filled with what is told beside the listing. Raises ``ProviderError``: what was stored stays.
    """
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="people-ahead") as pool:
        ahead = _Ahead(source, fetched.wanted.external_id, pool)
        while True:
            row = Observation.objects.get(pk=observation_id)
            if row.state not in LIVE_OBSERVATION or should_stop():
                return row
            if row.listing != _USERS:
                return _finish(row, source, fetched, now=clock())
            asked_at = (row.generation, row.pages)
            try:
                page = ahead.page(row.cursor or None)
            except CursorExpired:
                _start_over(row.pk, asked_at)
                continue
            _store(row.pk, asked_at, page, now=clock())


@transaction.atomic
def _store(observation_id: int, asked_at: tuple[int, int], page: DirectoryPage, *, now: datetime) -> None:
    row = Observation.objects.select_for_update().get(pk=observation_id)
    if (row.generation, row.pages) != asked_at or row.state not in LIVE_OBSERVATION:
        return
    _keep(row, page, now=now)
    row.save()


def _keep(row: Observation, page: DirectoryPage, *, now: datetime) -> None:
    """Store a page's people and where the listing goes on. In the caller's transaction, which saves the row."""
    pages = {row.tenant_id or 0: page}
    stored = store_present(present_of(pages), now=now)
    store_gone(gone_of(pages, ()), now=now)
    asked_for = row.cursor
    ids = sorted(stored.ids.get(row.tenant_id or 0, ()))
    repeats = keep_page(row, ids, any_records=bool(page.records), ending=page.ending)
    keep_findings(row, page.invalid, now=now)
    row.pages, row.cursor = row.pages + 1, page.cursor or ""
    row.records += count_present(page) + len(page.invalid)
    row.invalid += len(page.invalid)
    row.new, row.changed = row.new + stored.new, row.changed + stored.changed
    goes_round = repeats or (page.ending is Ending.MORE and page.cursor in {asked_for, None, ""})
    if page.ending is not Ending.MORE or goes_round:
        row.complete = page.ending is Ending.CLEAN and not goes_round
        row.listing, row.cursor = "", (page.changes or "" if row.complete else "")  # where changes go on, for the end


@transaction.atomic
def _start_over(observation_id: int, asked_at: tuple[int, int]) -> None:
    """Begin a new generation: pages of the old one never count towards completeness."""
    row = Observation.objects.select_for_update().get(pk=observation_id)
    if (row.generation, row.pages) != asked_at or row.state not in LIVE_OBSERVATION:
        return
    if row.generation >= _MOST_GENERATIONS:
        row.listing, row.cursor, row.complete = "", "", False
    else:
        row.generation, row.pages, row.cursor, row.records, row.invalid = row.generation + 1, 0, "", 0, 0
        Finding.objects.filter(observation=row, kind=FINDING_KIND).delete()
    row.save()


def _finish(row: Observation, source: DirectorySource, fetched: Fetched, *, now: datetime) -> Observation:
    """End a reading whose listing ended: ask for what is told beside it, judge absence, and note all that."""
    unlicensed = fetched.wanted.unlicensed
    fetch_beside(source, fetched, unlicensed)
    with transaction.atomic():
        row = Observation.objects.select_for_update().get(pk=row.pk)
        if row.state not in LIVE_OBSERVATION:
            return row
        row.state, row.listed_at, row.ended_at = ObservationState.DONE, now, now
        row.repeated = count_repeated(row)
        found = list(Finding.objects.filter(observation=row, kind=FINDING_KIND))
        row.complete = row.complete and row.invalid <= MOST_FINDINGS and all(map(names_somebody, found))
        store_gone(gone_of({}, [fetched]), now=now, but_for=row)
        if row.complete:
            references = [each.reference for each in found]
            note_missed_on_pages(row.tenant_id or 0, row.pk, row.generation, now=now, unreadable=references)
        keep_beside([fetched], now=now)
        note_read(row.connection_id, [(fetched, people_in(row), row.complete, row.cursor)], now=now)
        row.save()
    return row
