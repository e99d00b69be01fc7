"""Reads tenants of a run: several at once, each stored as soon as it is there, the next ones asked for meanwhile."""

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime

from tenantry.connections.directories import Directories
from tenantry.connections.models import Connection
from tenantry.providers.errors import ProviderError
from tenantry.sync.people.fetching import Fetched, TenantFetcher, Wanted, fetching_tenants
from tenantry.sync.people.keeping import keep_fetched
from tenantry.sync.people.long_reading import begin_long, read_long
from tenantry.sync.people.runs import PeopleRun
from tenantry.sync.people.trouble import judge_tenants
from tenantry.sync.people.worklist import Place, next_places, note_failed, note_read, wanted_of

_UNDER_WAY = 96
_STORED_AT_ONCE = 48
_MOST_PEOPLE_AT_ONCE = 2_000
_Asked = tuple[Place, Future[Fetched]]


@dataclass(slots=True)
class TenantReader:
    """Reads for one run. ``licences``: its settings ask for them; ``after``: told which tenants were just stored."""

    connection: Connection
    directories: Directories
    run: PeopleRun
    clock: Callable[[], datetime]
    should_stop: Callable[[], bool]
    after: Callable[[Sequence[int]], None]
    licences: bool = False

    def read_some(self, *, enough: Callable[[], bool]) -> bool:
        """Read until nothing is due, or ``enough`` says so; return whether there was anything.

        Raises the ``ProviderError`` that stops the whole connection, or ``ConnectionSetAside`` when too many tenants
        fail; what was answered before is stored.
        """
        places = deque(self._next(()))
        if not places:
            return False
        long = [place for place in places if place.reading_id is not None]
        for place in long:
            places.remove(place)
            self._read_long(place, None)
        with fetching_tenants(
            self.directories, at_once=self.connection.calls_at_once, clock=self.clock
        ) as fetcher:  # fmt: skip
            self._read_short(places, fetcher, enough)
        return True

    def _next(self, without: Sequence[int]) -> list[Place]:
        limit = _UNDER_WAY if not without else _STORED_AT_ONCE
        return next_places(self.connection.pk, self.run, limit=limit, now=self.clock(), without=without)

    def _read_short(
        self, places: deque[Place], fetcher: TenantFetcher, enough: Callable[[], bool]
    ) -> None:  # fmt: skip
        asked: list[int] = []
        under_way: deque[_Asked] = deque()
        while not self.should_stop():
            if places:
                some = [places.popleft() for _ in range(min(len(places), _UNDER_WAY - len(under_way)))]
                asked += [place.tenant_id for place in some]
                under_way.extend(zip(some, fetcher.begin(self._wanted(some)), strict=True))
            if not under_way:
                return
            self._store(_take(under_way))
            if not places and not enough():
                places.extend(place for place in self._next(asked) if place.reading_id is None)

    def _wanted(self, places: Sequence[Place]) -> list[Wanted]:
        alone = self.run.company_id is not None
        return wanted_of(
            self.connection.pk, places, licences=self.licences, administrators=alone, now=self.clock()
        )  # fmt: skip

    def _store(self, taken: Sequence[tuple[Place, Fetched]]) -> None:
        stopping: ProviderError | None = None
        short: list[Fetched] = []
        for place, fetched in taken:
            if fetched.error is not None:
                note_failed(self.run, self.connection.pk, place, fetched.error, now=self.clock())
                stopping = fetched.error if fetched.error.stops_run else stopping
            elif not fetched.is_long:
                short.append(fetched)
        if short:
            note_read(self.run, keep_fetched(self.connection.pk, short, now=self.clock()))
            self.after([each.wanted.tenant_id for each in short])
        if stopping is not None:
            raise stopping
        judge_tenants(self.run, self.connection.pk, [each.error for _, each in taken if each.error], now=self.clock())
        for place, fetched in taken:
            if fetched.error is None and fetched.is_long:
                self._read_long(place, fetched)

    def _read_long(self, place: Place, fetched: Fetched | None) -> None:
        """Read a tenant of many pages as far as this slice goes."""
        [wanted] = self._wanted([place])
        if fetched is not None:
            reading_id = begin_long(self.connection.pk, fetched, now=self.clock()).pk
        else:
            reading_id = place.reading_id or 0
            fetched = Fetched(wanted, place.began or self.clock())
        try:
            opened = self.directories.of(wanted.external_id)
            fetched.choice = opened.choice
            row = read_long(reading_id, opened.source, fetched, clock=self.clock, should_stop=self.should_stop)
        except ProviderError as error:
            note_failed(self.run, self.connection.pk, place, error, now=self.clock())
            if error.stops_run:
                raise
            judge_tenants(self.run, self.connection.pk, [error], now=self.clock())
            return
        if row.ended_at is not None:
            note_read(self.run, [row])
            self.after([place.tenant_id])


def _take(under_way: deque[_Asked]) -> list[tuple[Place, Fetched]]:
    """Return the next answers, in the order in which they were asked for; waits for them."""
    taken: list[tuple[Place, Fetched]] = []
    people = 0
    while under_way and len(taken) < _STORED_AT_ONCE and people < _MOST_PEOPLE_AT_ONCE:
        place, future = under_way.popleft()
        fetched = future.result()
        people += len(fetched.page.records) if fetched.page else 0
        taken.append((place, fetched))
    return taken
