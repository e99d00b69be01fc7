"""Reads about pending companies. All run in a marketplace's scope."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection as database
from django.db.models import Q, QuerySet

from tenantry.core.tenants import Problem
from tenantry.isolation.scope import current_marketplace_id
from tenantry.listing import PAGE_SIZE, BoundedCount, Order, Page, bounded_count, cursor_at, page_of
from tenantry.listing.counts import MOST
from tenantry.listing.tabs import TabCounts, count_tabs
from tenantry.sync.models import Feed, PendingCompany, PendingState
from tenantry.sync.pending.filters import PendingFilter

# Each state is a query of its own, so that it follows its index (marketplace, state, column, id).
TABS: Mapping[str, tuple[PendingState, ...]] = {
    "pending": (PendingState.PENDING,),
    "held": (PendingState.HELD,),
    "ignored": (PendingState.IGNORED,),
    "snoozed": (PendingState.SNOOZED,),
    "done": (PendingState.CREATED, PendingState.LINKED, PendingState.WITHDRAWN),
}
COLUMNS: Mapping[str, str] = {
    "name": "sort_name",
    "country": "country",
    "domain": "domain",
    "contact": "sort_contact",
    "match": "certainty",
    "problems": "problem_bits",
    "first_seen": "first_seen_at",
}
# Each of these follows an index of its own, together with the state.
_COUNTED_BY_INDEX = {"country", "match", "problem", "age"}
_MOST_FILTERED = 1_000
DEFAULT_ORDER = Order("name", COLUMNS["name"])


def order_of(text: str) -> Order:
    """Return the order that a URL names (``name``, ``-first_seen``), or the default."""
    name = text.removeprefix("-")
    return Order(name, COLUMNS[name], descending=text.startswith("-")) if name in COLUMNS else DEFAULT_ORDER


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a person looks at: a tab, the filters of :class:`PendingFilter`, an order, and a place in it."""

    tab: str
    filters: Mapping[str, Any]
    order: Order
    after: str = ""
    before: str = ""
    size: int = PAGE_SIZE


@dataclass(frozen=True, slots=True)
class Listed:
    """One page of what was wanted, with how many fit the filters in every tab."""

    page: Page[PendingCompany]
    counts: TabCounts
    applied: PendingFilter


def list_pending(wanted: Wanted, *, now: datetime, beside: Sequence[str] = ("connection",)) -> Listed:
    """Return the page that is wanted. The number of queries does not depend on what there is.

    ``beside`` are the relations of each row that the caller reads.
    """
    applied = _applied(wanted, now=now, beside=beside)
    page = page_of(
        _parts(wanted.tab, applied), wanted.order, after=wanted.after, before=wanted.before, size=wanted.size
    )
    most = MOST if applied.used <= _COUNTED_BY_INDEX and len(applied.used) <= 1 else _MOST_FILTERED
    tabs = {tab: Q(state__in=states) for tab, states in TABS.items()}
    return Listed(page, count_tabs(tabs, applied, most=most), applied)


def _applied(wanted: Wanted, *, now: datetime, beside: Sequence[str] = ("connection",)) -> PendingFilter:
    return PendingFilter(wanted.filters, PendingCompany.objects.select_related(*beside), now=now)


def _parts(tab: str, applied: PendingFilter) -> list[QuerySet[PendingCompany]]:
    return [applied.qs.filter(state=state) for state in TABS.get(tab, TABS["pending"])]


def neighbours_of(pending: PendingCompany, wanted: Wanted, *, now: datetime) -> tuple[int | None, int | None]:
    """Return the primary keys of the rows before and after this one in what the person looks at."""
    states = TABS.get(wanted.tab, TABS["pending"])
    if pending.state not in states:
        return None, None
    applied = _applied(wanted, now=now)
    parts = _parts(wanted.tab, applied)
    place = cursor_at(pending, wanted.order, part=states.index(PendingState(pending.state)))
    behind = page_of(parts, wanted.order, after=place, size=1).rows
    ahead = page_of(parts, wanted.order, before=place, size=1).rows
    return (ahead[0].pk if ahead else None), (behind[0].pk if behind else None)


def count_waiting() -> BoundedCount:
    """Return how many tenants need a decision."""
    return bounded_count(PendingCompany.objects.filter(state=PendingState.PENDING))


@dataclass(frozen=True, slots=True)
class QueueCounts:
    """The queue in numbers. ``new`` came in since the given moment."""

    waiting: BoundedCount
    new: BoundedCount
    with_problems: BoundedCount
    not_read: BoundedCount


def count_queue(*, since: datetime) -> QueueCounts:
    """Count what needs a decision."""
    rows = PendingCompany.objects.filter(state=PendingState.PENDING)
    unread = [Problem.DETAILS_NOT_READ.value]
    return QueueCounts(
        waiting=bounded_count(rows),
        new=bounded_count(rows.filter(first_seen_at__gte=since)),
        with_problems=bounded_count(rows.exclude(problems=[]).exclude(problems=unread)),
        not_read=bounded_count(rows.filter(problems=unread)),
    )


# A walk from one country to the next along an index: its cost grows with the countries, not with the rows.
_COUNTRIES = """
with recursive walk (country) as (
    (select country from sync_pendingcompany where marketplace_id = %(marketplace)s and state = %(state)s
     order by country limit 1)
    union all
    select (select p.country from sync_pendingcompany p where p.marketplace_id = %(marketplace)s and p.state = %(state)s
            and p.country > walk.country order by p.country limit 1)
    from walk where walk.country is not null
)
select country from walk where country is not null
"""


def countries_in(states: Sequence[PendingState]) -> list[str]:
    """Return the countries that pending companies in these states have; ``""`` stands for unknown."""
    found: set[str] = set()
    with database.cursor() as cursor:
        for state in states:
            cursor.execute(_COUNTRIES, {"marketplace": current_marketplace_id(), "state": state.value})
            found.update(row[0] for row in cursor.fetchall())
    return sorted(found)


def feeding_connections() -> list[tuple[int, str]]:
    """Return id and name of the connections that feed the marketplace, by name."""
    return list(Feed.objects.order_by("connection__name").values_list("connection_id", "connection__name"))
