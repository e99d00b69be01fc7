"""Finding rows by the words in a table of keys, so that it stays fast at a million rows.

A word that few rows have is looked up first: its rows are taken by primary key, and everything else is asked of them.
A word that many rows have is asked of each row on the way along the list's own order: enough of them fit soon. Left to
itself, PostgreSQL cannot tell the two apart, for both are ranges of text.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, Model, OuterRef, QuerySet, Subquery

from tenantry.core.search import search_ranges
from tenantry.isolation.arrays import IsOneOf

# Of so many rows at most, all are taken and sorted, ...
FEW = 20_000
# ... and of so many at most, they are counted for each tab, too.
COUNTED = 5_000
Range = tuple[str, str]
M = TypeVar("M", bound=Model)


@dataclass(frozen=True)
class WordSearch:
    """The words that somebody looks for, among rows that have keys (``core.search``).

    ``keys`` are rows with a column ``key``; ``owner`` names their column that says whose they are. How often each word
    occurs is asked of the database once, however many lists the search is handed to. ``few`` is the most rows that a
    word may have to be looked up first.
    """

    text: str
    keys: QuerySet[Any]
    owner: str
    few: int = FEW

    def among(self, rows: QuerySet[M], *, found: str = "pk") -> QuerySet[M]:
        """Return the rows that have a key in the range of every word; none when there is no word.

        ``found`` is the lookup of ``rows`` that the owners of keys are compared with.
        """
        if not self._ranges:
            return rows.none()
        if self._few is not None:
            rows = rows.filter(IsOneOf(F(found), ArraySubquery(self._having(self._few).values(self.owner))))
        others = [one for one in self._ranges if one != self._few]
        return self._each_has(rows, others, found)

    @property
    def countable(self) -> bool:
        """Whether the rows with all words are few enough to look at each of them once more, to count them."""
        return not self._ranges or min(self._counts.values()) <= min(COUNTED, self.few)

    @cached_property
    def _ranges(self) -> Sequence[Range]:
        return search_ranges(self.text)

    @cached_property
    def _counts(self) -> Mapping[Range, int]:
        """How many rows have each word, up to a bound. One query for each word."""
        return {one: self._having(one).values(self.owner)[: self.few + 1].count() for one in self._ranges}

    @property
    def _few(self) -> Range | None:
        """The word that the fewest rows have, if they are few."""
        rarest = min(self._counts, key=lambda one: self._counts[one])
        return rarest if self._counts[rarest] <= self.few else None

    def _having(self, one: Range) -> QuerySet[Any]:
        return self.keys.filter(key__gte=one[0], key__lt=one[1])

    def _each_has(self, rows: QuerySet[M], ranges: Sequence[Range], found: str) -> QuerySet[M]:
        """Ask every row for a key in each range. A subquery for one value is never turned into a join."""
        for number, one in enumerate(ranges):
            own = self._having(one).filter(**{self.owner: OuterRef(found)}).values(self.owner)[:1]
            rows = rows.alias(**{f"word_{number}": Subquery(own)}).filter(**{f"word_{number}__isnull": False})
        return rows
