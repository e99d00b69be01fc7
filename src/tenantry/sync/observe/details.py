"""Reads the details of tenants that want it: new ones, changed ones, aged ones, and those doubted to be there.

What is due is a column of the sighting, so this stage needs no cursor: killed anywhere, it goes on with
what is still due. Reads run side by side; their results are written together, one short transaction a batch,
while the next batch is being read.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection as database

from tenantry.connections.models import Connection
from tenantry.core.records import TenantDetails
from tenantry.logs import carried
from tenantry.providers.base import TenantSource
from tenantry.providers.errors import ProviderError, Throttled
from tenantry.sync.observe.absence import LISTINGS_TO_DOUBT
from tenantry.sync.observe.turns import waiting_lists

MOST_AT_ONCE = 12


@dataclass(frozen=True, slots=True)
class Due:
    """A tenant whose details are to be read.

    ``doubted``: two complete listings in a row missed it. ``due_at`` is the mark that this read answers.
    """

    sighting_id: int
    tenant_id: int
    external_id: str
    doubted: bool
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one read: the details, or the failure."""

    due: Due
    details: TenantDetails | None
    error: ProviderError | None


# Who is no customer by the listing is never marked due. Whom only the details call no customer is read on:
# nothing else would tell when the relationship is back.
_WANTED = """
from sync_sighting s join sync_tenant t on t.id = s.tenant_id
where s.connection_id = %(connection)s and s.details_due_at <= %(now)s and s.ended_at is null
and (s.missing_since is null or s.missing_listings >= %(doubt)s)
and (%(everything)s or t.external_id = any(%(only)s))
"""


_WANTING_FEEDS = """
select tenant_ids from marketplaces_fed_by(%s)
where syncing or marketplace_id in (select marketplace_id from live_runs_of_connection(%s))
union all
select tenant_ids from google_marketplaces_of(%s)
"""


def wanted_by_feeds(connection_id: int) -> list[str] | None:
    """Return the tenant ids that feeds name, or ``None`` when one takes everything.

    Only feeds of marketplaces that sync, have a run under way (a preview) or list Google tenants count: reading the
    details of tenants that no marketplace takes would waste the provider's rate.
    """
    with database.cursor() as cursor:
        cursor.execute(_WANTING_FEEDS, [connection_id] * 3)
        lists = [row[0] for row in cursor.fetchall()]
    if any(not ids for ids in lists):
        return None
    return sorted({tenant_id for ids in lists for tenant_id in ids})


def _parameters(connection_id: int, now: datetime) -> dict[str, Any]:
    only = wanted_by_feeds(connection_id)
    return {
        "connection": connection_id,
        "now": now,
        "doubt": LISTINGS_TO_DOUBT,
        "everything": only is None,
        "only": only or [],
    }


def count_due(connection_id: int, *, now: datetime) -> int:
    """Return how many tenants want their details read now."""
    with database.cursor() as cursor:
        cursor.execute(f"select count(*) {_WANTED}", _parameters(connection_id, now))
        return int(cursor.fetchone()[0])


def next_due(connection_id: int, *, limit: int, now: datetime, without: Collection[int] = ()) -> list[Due]:
    """Return the tenants to read next; none of the sightings ``without``.

    First those that feeds name whose runs wait (``turns``), then whoever has waited longest.
    """
    found: list[Due] = []
    everybody = _parameters(connection_id, now)
    named = [{**everybody, "everything": False, "only": ids} for ids in waiting_lists(connection_id)]
    for wanted in (*named, everybody):
        known = [*without, *(due.sighting_id for due in found)]
        found += _longest_due({**wanted, "without": known, "limit": limit - len(found)})
        if len(found) == limit:
            break
    return found


def _longest_due(parameters: dict[str, Any]) -> list[Due]:
    with database.cursor() as cursor:
        cursor.execute(
            f"select s.id, t.id, t.external_id, s.missing_listings >= %(doubt)s, s.details_due_at {_WANTED} "
            "and s.id <> all(%(without)s::bigint[]) order by s.details_due_at, s.id limit %(limit)s",
            parameters,
        )
        return [Due(*row) for row in cursor.fetchall()]


def make_all_due(connection: Connection, *, now: datetime) -> int:
    """Ask for every tenant's details to be read again now; return how many."""
    with database.cursor() as cursor:
        cursor.execute(
            "update sync_sighting set details_due_at = %s where connection_id = %s "
            "and (relationship = 'reseller' or details_due_at is not null) and ended_at is null "
            "and missing_since is null",
            [now, connection.pk],
        )
        return int(cursor.rowcount)


def read_side_by_side(source: TenantSource, batch: Sequence[Due], *, should_stop: Callable[[], bool]) -> list[Answer]:
    """Read the batch with several calls under way at once. A failure that stops the run skips the rest.

    Returns an answer for each tenant that was asked about; those skipped stay due.
    """
    stopped = False

    def read(due: Due) -> Answer | None:
        nonlocal stopped
        if stopped or should_stop():
            return None
        try:
            return Answer(due, source.read_tenant(due.external_id), None)
        except ProviderError as error:
            stopped = stopped or error.stops_run or isinstance(error, Throttled)
            return Answer(due, None, error)
        finally:
            database.close()  # this thread's own, if signing in has opened one

    with ThreadPoolExecutor(max_workers=min(MOST_AT_ONCE, max(1, len(batch)))) as pool:
        return [answer for answer in pool.map(carried(read), batch) if answer is not None]


class BatchReader:
    """Reads one batch beside the caller, who writes the one before it meanwhile.

    What was begun and not taken stays due: nothing is lost when the caller leaves.
    """

    def __init__(self, source: TenantSource, pool: ThreadPoolExecutor, should_stop: Callable[[], bool]) -> None:
        self._source = source
        self._pool = pool
        self._should_stop = should_stop
        self._under_way: Future[list[Answer]] | None = None

    def begin(self, batch: Sequence[Due]) -> None:
        """Begin to read the batch; an empty one is none."""
        if batch:
            self._under_way = self._pool.submit(carried(self._read), batch)

    def take(self) -> list[Answer] | None:
        """Wait for the batch under way and return its answers, or ``None`` when there is none."""
        under_way, self._under_way = self._under_way, None
        return under_way.result() if under_way else None

    def _read(self, batch: Sequence[Due]) -> list[Answer]:
        try:
            return read_side_by_side(self._source, batch, should_stop=self._should_stop)
        finally:
            database.close()  # this thread's own, if asking whether to stop has opened one


@contextmanager
def reading_batches(source: TenantSource, *, should_stop: Callable[[], bool]) -> Iterator[BatchReader]:
    """Give a reader of batches; at the end wait for the calls that may be under way."""
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="details") as pool:
        yield BatchReader(source, pool, should_stop)
