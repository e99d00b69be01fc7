"""Reads about imports. In a marketplace's scope."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from django.db.models import QuerySet

from tenantry.core.imports.planning import LineKind
from tenantry.listing import PAGE_SIZE, Order, Page, page_of
from tenantry.marketplace.models import Import, ImportLine, LineState

# Tab by tab, what a person looks for in an import.
TABS: Mapping[str, str] = {
    "create": "New",
    "update": "Changes",
    "bad": "Can't be used",
    "open": "Not applied",
}
_CHUNK = 1_000
NEWEST = Order("created", "created_at", descending=True)
IN_ORDER = Order("line", "number")


@dataclass(frozen=True, slots=True)
class Listed:
    """One page of an import's lines and how many each tab has."""

    page: Page[ImportLine]
    counts: Mapping[str, int]


def latest_imports(*, after: str = "", before: str = "", size: int = PAGE_SIZE) -> Page[Import]:
    """Return a page of imports, newest first, without their files. One query."""
    return page_of([Import.objects.defer("content")], NEWEST, after=after, before=before, size=size)


def find_import(pk: int) -> Import:
    """Return an import without its file. Raises ``Import.DoesNotExist``."""
    return Import.objects.defer("content").get(pk=pk)


def lines_of(job: Import, tab: str, *, after: str = "", before: str = "", size: int = PAGE_SIZE) -> Listed:
    """Return a page of the lines of one tab, in the file's order."""
    page = page_of([_tab(job, tab)], IN_ORDER, after=after, before=before, size=size)
    counters = job.counters
    counts = {
        "create": counters.get(LineKind.CREATE, 0),
        "update": counters.get(LineKind.UPDATE, 0),
        "bad": counters.get(LineKind.BAD, 0),
        "open": counters.get(LineState.STALE, 0) + counters.get(LineState.FAILED, 0),
    }
    return Listed(page, counts)


def _tab(job: Import, tab: str) -> QuerySet[ImportLine]:
    lines = ImportLine.objects.filter(job=job)
    if tab == "open":
        return lines.filter(state__in=[LineState.STALE, LineState.FAILED])
    return lines.filter(kind=tab)


def bad_lines_of(job: Import) -> Iterator[tuple[int, str, str]]:
    """Yield number, subject and reason of every line that could not be used or was not applied, in order."""
    wanted = [LineState.BAD, LineState.STALE, LineState.FAILED]
    lines = ImportLine.objects.filter(job=job, state__in=wanted).order_by("number")
    yield from lines.values_list("number", "subject", "reason").iterator(chunk_size=_CHUNK)
