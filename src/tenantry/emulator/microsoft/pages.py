"""Rendered pages of the customer list, kept in packed form once somebody asks to have all of them ready."""

import threading
import zlib
from dataclasses import dataclass

from tenantry.emulator.microsoft.representations import thin_customer
from tenantry.emulator.world import Match, Row, World


@dataclass(frozen=True, slots=True)
class Page:
    """The rows of one page as JSON texts joined with commas, how many, and which positions they span.

    ``end`` is the position after the last row; ``more`` whether any row follows.
    """

    rows: str
    count: int
    start: int
    end: int
    more: bool


class Pages:
    """Makes pages of a world. After :meth:`prerender` every page is kept until one of its rows changes."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._lock = threading.Lock()
        self._kept: dict[tuple[int, int], tuple[Page, bytes]] = {}
        self._keeping = False
        world.watch(self._forget)

    def forward(self, start: int, size: int, match: Match | None = None) -> Page:
        """Return the page of up to ``size`` rows from position ``start`` on."""
        if match is None and self._keeping:
            kept = self._kept.get((start, size))
            if kept is not None:
                page, packed = kept
                return Page(zlib.decompress(packed).decode(), page.count, page.start, page.end, page.more)
        page = self._made(start, size, match)
        if match is None and self._keeping:
            packed = zlib.compress(page.rows.encode(), 1)
            with self._lock:
                self._kept[start, size] = (Page("", page.count, page.start, page.end, page.more), packed)
        return page

    def backward(self, start: int, size: int, match: Match | None = None) -> Page:
        """Return the page of up to ``size`` rows that ends before position ``start``."""
        found: list[Row] = []
        for row in self._world.rows(start - 1, backwards=True, match=match):
            found.append(row)
            if len(found) == size:
                break
        begin = found[-1].index if found else 0
        return self._made(begin, len(found) or size, match)

    def prerender(self, size: int) -> int:
        """Render every page of ``size`` rows ahead, and keep them. Return how many there are."""
        self._keeping = True
        start, count = 0, 0
        while True:
            page = self.forward(start, size)
            count += 1
            if not page.more:
                return count
            start = page.end

    def _made(self, start: int, size: int, match: Match | None) -> Page:
        texts: list[str] = []
        end = start
        for row in self._world.rows(start, match=match):
            if len(texts) == size:
                return Page(",".join(texts), size, start, end, more=True)
            texts.append(thin_customer(row))
            end = row.index + 1
        return Page(",".join(texts), len(texts), start, end, more=False)

    def _forget(self, index: int) -> None:
        with self._lock:
            stale = [key for key, (page, _) in self._kept.items() if page.start <= index < page.end or not page.more]
            for key in stale:
                del self._kept[key]
