"""Pages through rows that are all in memory anyway, by keyset: where a page begins is a row's own id."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from django.http import HttpRequest

from tenantry.core.search import fold
from tenantry.web.addresses import with_parameters

T = TypeVar("T")
PAGE = 50


def searched(rows: Sequence[T], query: str, text: Callable[[T], str]) -> list[T]:
    """Return the rows whose text has every word of the query, whatever case and accents."""
    words = fold(query).split()
    return [row for row in rows if all(word in fold(text(row)) for word in words)]


def paged(
    request: HttpRequest, rows: Sequence[T], key: Callable[[T], int], *, size: int = PAGE
) -> tuple[list[T], dict[str, str]]:
    """Return one page of the ordered rows, and its pager. A place that is not among the rows is the beginning."""
    keys = [key(row) for row in rows]
    start = _start(request.GET.get("after", ""), request.GET.get("before", ""), keys, size)
    shown = list(rows[start : start + size])
    before = str(keys[start]) if start > 0 else ""
    after = str(key(shown[-1])) if shown and start + size < len(rows) else ""
    pager: dict[str, Any] = {
        "previous_url": with_parameters(request, before=before, after=None) if before else "",
        "next_url": with_parameters(request, after=after, before=None) if after else "",
        "first_url": with_parameters(request, after=None, before=None),
        "text": f"{start + 1:,}-{start + len(shown):,} of {len(rows):,}" if shown else "",
    }
    return shown, pager


def _start(after: str, before: str, keys: Sequence[int], size: int) -> int:
    place = after or before
    if not place.isdecimal() or int(place) not in keys:
        return 0
    at = keys.index(int(place))
    return at + 1 if after else max(0, at - size)
