"""How many rows of each tab of a list fit its filter, without going through all of them."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Count, Q

from tenantry.listing.counts import MOST, BoundedCount, bounded_count
from tenantry.listing.narrowing import ListFilter
from tenantry.listing.paging import Page

TabCounts = Mapping[str, BoundedCount | None]


def count_tabs(tabs: Mapping[str, Q], applied: ListFilter, *, most: int = MOST) -> dict[str, BoundedCount | None]:
    """Return how many rows of each tab fit the filter, up to ``most``. The cost is bounded, whatever the rows.

    ``None`` where that would take a look at too many rows: when every word is one that many rows have.
    """
    rows = applied.qs
    if applied.words is None:
        return {tab: bounded_count(rows.filter(condition), most=most) for tab, condition in tabs.items()}
    if not applied.words.countable:
        return dict.fromkeys(tabs)
    counts = {tab: Count("pk", filter=condition) for tab, condition in tabs.items() if condition}
    found = rows.order_by().aggregate(rows_of_any=Count("pk"), **counts)
    return {tab: BoundedCount(found.get(tab, found["rows_of_any"]), over=False) for tab in tabs}


def total_of(tab: str, counts: TabCounts, page: Page[Any]) -> BoundedCount:
    """Return how many rows a tab has; where nobody counted them, that it is more than the page shows."""
    return counts[tab] or BoundedCount(len(page.rows), over=bool(page.before or page.after))
