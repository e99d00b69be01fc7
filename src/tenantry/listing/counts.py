"""Counts that stop counting where a person would stop caring."""

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

MOST = 10_000


@dataclass(frozen=True, slots=True)
class BoundedCount:
    """How many rows there are: exactly ``count``, or more than that when ``over``."""

    count: int
    over: bool


def bounded_count(rows: QuerySet[Any], *, most: int = MOST) -> BoundedCount:
    """Count up to ``most`` rows; the cost does not grow with the table. One query."""
    found = rows.order_by().values("pk")[: most + 1].count()
    return BoundedCount(min(found, most), found > most)
