"""Asks a provider for the people of tenants, several tenants at once. No transaction is open, and nothing is written.

A tenant of one page is read whole, with all that belongs to it. Of a longer one only the first page is taken here;
``long_reading`` goes on from it.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from django.db import connection as database

from tenantry.connections.directories import Directories
from tenantry.core.records import Administrator, DirectoryPage, DirectoryUser, Ending, LicenceName
from tenantry.logs import carried
from tenantry.providers.base import DirectorySource
from tenantry.providers.capabilities import CAPABILITIES, Ability, Choice, Telling
from tenantry.providers.errors import CursorExpired, ProviderError
from tenantry.sync.people.admitting import admit_people
from tenantry.sync.people.changed import ChangesSource, choice_of, fetch_changes
from tenantry.sync.people.licences import Licences, NamesLicences, fetch_licences

NAMES = "Names of licences"
"""How a sentence about names that could not be read begins."""
_MOST_DELETED_PAGES = 50
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A tenant to read. ``licences`` and ``administrators``: these are due as well, where the API tells them apart.

    ``unlicensed`` are the ids of people of whom a licence must be asked one by one. ``changes`` is the position since
    which changes are enough, empty when everybody is to be listed. ``named`` are SKUs whose names are known;
    ``names``: names are asked for whoever is listed.
    """

    tenant_id: int
    external_id: str
    licences: bool = False
    administrators: bool = False
    unlicensed: tuple[str, ...] = ()
    changes: str = ""
    named: frozenset[str] = frozenset()
    names: bool = False


@dataclass(slots=True)
class Fetched:
    """What a provider answered about one tenant, or ``error``. ``missing`` are sentences about parts that are closed.

    ``page`` is the first page of those who are there. ``gone`` are those who were deleted, ``None`` when that was not
    read to its end. ``read_at`` is when the first page was asked for: whoever is seen was there then. ``is_changes``:
    the page shows only who changed, and nobody is absent because it does not show them (``changed``). ``names``: what
    SKUs are called.
    """

    wanted: Wanted
    read_at: datetime
    choice: Choice | None = None
    page: DirectoryPage | None = None
    gone: list[DirectoryUser] | None = None
    administrators: tuple[Administrator, ...] | None = None
    licences: Licences | None = None
    missing: list[str] = field(default_factory=list)
    error: ProviderError | None = None
    is_changes: bool = False
    names: Sequence[LicenceName] = ()

    @property
    def is_long(self) -> bool:
        """Whether more pages follow."""
        return self.page is not None and self.page.ending is Ending.MORE


def fetch_tenant(directories: Directories, wanted: Wanted, *, now: datetime) -> Fetched:
    """Return what the provider says. Never raises a provider's error."""
    fetched = Fetched(wanted, now)
    try:
        opened = directories.of(wanted.external_id, [Ability.LICENCES] if wanted.licences else ())
        fetched.choice = opened.choice
        if wanted.changes:
            _ask_for_changes(opened.source, fetched)
        if fetched.page is None:
            fetched.page = admit_people(opened.source.list_users(wanted.external_id, None))
        if not fetched.is_long:
            fetch_beside(opened.source, fetched, [each.external_id for each in fetched.page.records])
    except ProviderError as error:
        fetched.error = error
    return fetched


def _ask_for_changes(source: DirectorySource, fetched: Fetched) -> None:
    """Take the page of who changed, if the API tells it: another one may be used now than the last time."""
    if not isinstance(source, ChangesSource) or fetched.choice is None:
        return
    fetched.page = fetch_changes(source, fetched.wanted.external_id, fetched.wanted.changes)
    fetched.is_changes = fetched.page is not None
    fetched.choice = choice_of(fetched.choice, told=fetched.is_changes)


def fetch_beside(source: DirectorySource, fetched: Fetched, present: Sequence[str]) -> None:
    """Ask for what is told beside the listing. What is closed is noted; raises what stops the run or may pass."""
    wanted, tenant_id = fetched.wanted, fetched.wanted.external_id
    table = CAPABILITIES[source.api]
    if table[Ability.DELETED].is_told and not fetched.is_changes:  # changes tell of the deleted ones themselves
        fetched.gone = _unless_closed(fetched, "Deleted people", lambda: _all_deleted(source, tenant_id))
    if wanted.administrators and table[Ability.ADMINISTRATORS].telling is Telling.PER_TENANT:
        fetched.administrators = _unless_closed(
            fetched, "Administrators", lambda: source.administrators(tenant_id)
        )  # fmt: skip
    if wanted.licences and table[Ability.LICENCES].telling in {Telling.PER_TENANT, Telling.PER_PERSON}:
        fetched.licences = _unless_closed(
            fetched, "Licences", lambda: fetch_licences(source, wanted.external_id, wanted.unlicensed or present)
        )  # fmt: skip
        fetched.names = list(fetched.licences.names.values()) if fetched.licences else ()
    if isinstance(source, NamesLicences) and _has_nameless(fetched):
        fetched.names = _unless_closed(fetched, NAMES, lambda: source.licence_names(tenant_id)) or ()


def _has_nameless(fetched: Fetched) -> bool:
    """Whether somebody may have a licence whose name is not known: of many pages only the first one is at hand."""
    if fetched.page is None or fetched.is_long or fetched.wanted.names:
        return True
    return any(sku not in fetched.wanted.named for person in fetched.page.records for sku in person.licences or ())


def _unless_closed(fetched: Fetched, what: str, ask: Callable[[], T]) -> T | None:
    try:
        return ask()
    except ProviderError as error:
        if error.stops_run:
            raise
        fetched.missing.append(f"{what}: {error.message}")
        return None


def _all_deleted(source: DirectorySource, tenant_id: str) -> list[DirectoryUser]:
    found: list[DirectoryUser] = []
    cursor: str | None = None
    for _ in range(_MOST_DELETED_PAGES):
        page = admit_people(source.list_deleted(tenant_id, cursor))
        found += page.records
        cursor = page.cursor
        if page.ending is not Ending.MORE:
            return found
    raise CursorExpired("The list of deleted people does not end.")


class TenantFetcher:
    """Fetches batches of tenants beside the caller, who stores the batch before it meanwhile."""

    def __init__(self, directories: Directories, pool: ThreadPoolExecutor, clock: Callable[[], datetime]) -> None:
        self._directories = directories
        self._pool = pool
        self._clock = clock

    def begin(self, batch: Sequence[Wanted]) -> list[Future[Fetched]]:
        """Begin to fetch these tenants."""
        return [self._pool.submit(carried(self._fetch), wanted) for wanted in batch]

    def _fetch(self, wanted: Wanted) -> Fetched:
        try:
            return fetch_tenant(self._directories, wanted, now=self._clock())
        finally:
            database.close()  # this thread's own, if signing in has opened one


@contextmanager
def fetching_tenants(
    directories: Directories, *, at_once: int, clock: Callable[[], datetime]
) -> Iterator[TenantFetcher]:
    """Give a fetcher; at the end wait for the calls that may be under way."""
    with ThreadPoolExecutor(max_workers=at_once, thread_name_prefix="people") as pool:
        try:
            yield TenantFetcher(directories, pool, clock)
        finally:
            pool.shutdown(cancel_futures=True)
