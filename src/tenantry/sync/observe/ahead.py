"""Reads the next page of a listing while the one before it is being stored.

A page that was read ahead is a page like any other: it is stored only if the observation still stands where
it was asked from, and is thrown away when nobody asks for it.
"""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

from django.db import connection as database

from tenantry.core.records import TenantDetails, TenantPage
from tenantry.logs import carried
from tenantry.providers.base import TenantSource


class ReadAhead:
    """A ``TenantSource`` over another: one page ahead, never more, so memory holds two pages at most."""

    def __init__(self, source: TenantSource, pool: ThreadPoolExecutor) -> None:
        self._source = source
        self._pool = pool
        self._next: tuple[str, Future[TenantPage]] | None = None

    def list_tenants(self, cursor: str | None) -> TenantPage:
        """Return the page at ``cursor`` and begin to read the one after it. Raises what the source raises."""
        ahead, self._next = self._next, None
        page = ahead[1].result() if ahead and ahead[0] == cursor else self._source.list_tenants(cursor)
        if page.cursor and page.cursor != cursor:
            self._next = page.cursor, self._pool.submit(carried(self._fetch), page.cursor)
        return page

    def _fetch(self, cursor: str) -> TenantPage:
        try:
            return self._source.list_tenants(cursor)
        finally:
            database.close()  # this thread's own, if signing in has opened one

    def read_tenant(self, external_id: str) -> TenantDetails:
        """Return the details of one tenant. Raises what the source raises."""
        return self._source.read_tenant(external_id)

    def close(self) -> None:
        """Close the source."""
        self._source.close()


@contextmanager
def reading_ahead(source: TenantSource) -> Iterator[ReadAhead]:
    """Give a source that reads ahead; at the end wait for the call that may be under way."""
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="listing") as pool:
        yield ReadAhead(source, pool)
