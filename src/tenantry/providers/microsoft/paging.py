"""How a listing of customers goes on, and when it has ended.

The service's paging has many forms, and traps: docs/reference/partner-center.md sections 5.2 and 5.3. We send the
continuation token back with ``seekOperation=Next`` and never trust a link's address, only its query; the
totals are never read.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any, Final, Generic, TypeVar
from urllib.parse import urlsplit
from uuid import uuid4

from tenantry.core.records import Ending, InvalidRecord, TenantPage
from tenantry.providers.errors import ConsentMissing, CursorExpired, Malformed, Misconfigured, NotFound, ProviderError
from tenantry.providers.microsoft.answers import pick
from tenantry.providers.microsoft.codes import END_OF_LIST
from tenantry.providers.microsoft.mapping import listing_of

T = TypeVar("T")

PAGE_SIZE: Final = 500
_LONGEST_RUN_OF_EMPTY_PAGES: Final = 3
_REMEMBERED_POSITIONS: Final = 64
_SENDABLE: Final = re.compile(r"[\x21-\x7e]{1,16384}")
_TOKEN_HEADER: Final = "ms-continuationtoken"  # noqa: S105 (a header's name)
_OURS: Final = frozenset({"ms-requestid", "ms-correlationid", _TOKEN_HEADER})
_BAD_POSITION: Final = frozenset({400, 404, 410, 412, 416})


@dataclass(frozen=True, slots=True)
class Position:
    """Where a listing stands: the next request, and what is needed to notice that it goes in circles.

    ``seen`` are digests of the last positions; ``empty`` counts the empty pages in a row before this one;
    ``correlation_id`` is one for the whole listing; ``place`` is the collection's path behind ``/v1/``. As text
    it is the opaque cursor.
    """

    query: str = f"size={PAGE_SIZE}"
    headers: Mapping[str, str] = field(default_factory=dict)
    page: int = 0
    empty: int = 0
    seen: tuple[str, ...] = ()
    correlation_id: str = field(default_factory=lambda: str(uuid4()))
    place: str = "customers"

    @property
    def path(self) -> str:
        """Where to get the page, after the host."""
        return f"/v1/{self.place}?{self.query}"

    @property
    def digest(self) -> str:
        """What is the same exactly when the same page would be asked for again."""
        parts = json.dumps([self.query, sorted(self.headers.items())])
        return sha256(parts.encode()).hexdigest()[:16]

    def as_cursor(self) -> str:
        """Return it as text; :func:`position_at` reads it back."""
        return json.dumps(
            {
                "query": self.query,
                "headers": dict(self.headers),
                "page": self.page,
                "empty": self.empty,
                "seen": self.seen,
                "correlation": self.correlation_id,
                "place": self.place,
            },
            separators=(",", ":"),
        )


def position_at(cursor: str | None) -> Position:
    """Return the position that ``cursor`` stands for, the beginning for ``None``.

    Raises ``CursorExpired`` for one that this version did not write.
    """
    if cursor is None:
        return Position()
    try:
        said = json.loads(cursor)
        return Position(
            query=str(said["query"]),
            headers={str(name): str(value) for name, value in said["headers"].items()},
            page=int(said["page"]),
            empty=int(said["empty"]),
            seen=tuple(str(digest) for digest in said["seen"]),
            correlation_id=str(said["correlation"]),
            # Positions that an earlier version stored are of the only list that it knew.
            place=str(said.get("place", "customers")),
        )
    except (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError) as error:
        raise CursorExpired("The stored position in the listing cannot be read by this version.") from error


@dataclass(frozen=True, slots=True)
class SeekPage(Generic[T]):
    """One page of any collection that is read by seeking: see ``TenantPage`` for the parts."""

    records: tuple[T, ...]
    invalid: tuple[InvalidRecord, ...]
    ending: Ending
    cursor: str | None = None


def page_of(value: Any, position: Position, *, api: str) -> TenantPage:
    """Return the page of customers in ``value``, the JSON of the answer at ``position``.

    Raises ``Malformed`` when there is no list of items; a single bad record is only put aside.
    """
    page = seek_page(value, position, listing_of, api=api)
    return TenantPage(page.records, page.invalid, page.ending, page.cursor)


def seek_page(
    value: Any, position: Position, read: Callable[[object, int], T | InvalidRecord], *, api: str
) -> SeekPage[T]:
    """Return the page in ``value``; ``read`` makes a record or a reason of an item and its number on the page.

    Raises ``Malformed`` when there is no list of items.
    """
    items = pick(value, "items") if isinstance(value, dict) else None
    if not isinstance(items, list):
        raise Malformed(f"A page of {_name(position)} has no list of items.", where=f"page {position.page + 1}: items")
    found = [read(item, number) for number, item in enumerate(items, start=1)]
    records = tuple(each for each in found if not isinstance(each, InvalidRecord))
    invalid = tuple(each for each in found if isinstance(each, InvalidRecord))
    onward, doubt = _onward(value, position, api=api)
    empty = 0 if items else position.empty + 1
    if onward is not None and empty > _LONGEST_RUN_OF_EMPTY_PAGES:
        onward, doubt = None, f"{empty} pages in a row were empty"
    if doubt:
        invalid += (InvalidRecord(f"page {position.page + 1}", f"The listing was stopped: {doubt}."),)
        return SeekPage(records, invalid, Ending.AMBIGUOUS)
    if onward is None:
        return SeekPage(records, invalid, Ending.CLEAN)
    return SeekPage(records, invalid, Ending.MORE, replace(onward, empty=empty).as_cursor())


def _name(position: Position) -> str:
    return "the customers list" if position.place == "customers" else f"the list of {position.place.rpartition('/')[2]}"


def page_after(error: ProviderError, position: Position) -> TenantPage:
    """Return the page that ``error`` at ``position`` stands for: the listing's doubtful end.

    400/2000 is both the end of a list that gave out one token too many and the answer to a lost token
    (section 5.3 no. 3); on the first page it is a plain error. Raises ``CursorExpired`` when the position is
    no longer accepted, otherwise ``error`` itself.
    """
    if isinstance(error, ConsentMissing):
        # Whoever may not list the customers has nothing to go on with, whatever the code means elsewhere.
        error.stops_run = True
    if position.page == 0:
        raise _first(error) from error
    if is_doubtful_end(error, position):
        return TenantPage((), (), Ending.AMBIGUOUS)
    raise error


def is_doubtful_end(error: ProviderError, position: Position) -> bool:
    """Whether ``error`` behind the first page is the end of a list that gave out one token too many.

    Raises ``CursorExpired`` when it means that the position is no longer accepted.
    """
    if position.page == 0:
        return False
    if error.status == 400 and error.code == END_OF_LIST:  # noqa: PLR2004 (Bad Request)
        return True
    if error.status in _BAD_POSITION and not error.stops_run:
        raise CursorExpired(
            f"Partner Center no longer accepts the position in {_name(position)}: {error.message}",
            status=error.status,
            code=error.code,
            request_id=error.request_id,
            correlation_id=error.correlation_id,
        ) from error
    return False


def _first(error: ProviderError) -> ProviderError:
    if isinstance(error, NotFound):
        return Misconfigured(
            f"There is no customers list at this address: {error.message}",
            next_step="Check the cloud and the address of Partner Center on the connection.",
            status=error.status,
            code=error.code,
        )
    return error


def _onward(value: Mapping[str, Any], position: Position, *, api: str) -> tuple[Position | None, str]:
    """Return the next position, or why its existence is in doubt; neither for a clean end."""
    links = pick(value, "links")
    link = pick(links, "next") if isinstance(links, dict) else links
    headers = _link_headers(link)
    token = pick(value, "continuationToken") or headers.get(_TOKEN_HEADER) or ""
    others = {name: text for name, text in headers.items() if name not in _OURS}
    if token:
        if not _is_sendable(token):
            return None, "its continuation token cannot be sent back"
        query = f"size={PAGE_SIZE}&seekOperation=Next"
        onward = replace(position, query=query, headers={**others, "MS-ContinuationToken": token})
    elif link is None:
        return None, ""
    else:
        linked = _linked_query(link, api, position.place)
        if linked is None:
            return None, f"its link to the next page does not lead to {_name(position)} of this service"
        onward = replace(position, query=linked, headers=others)
    seen = (*position.seen, position.digest)[-_REMEMBERED_POSITIONS:]
    if onward.digest in seen:
        return None, "the next page would be one that was already read"
    return replace(onward, page=position.page + 1, seen=seen), ""


def _is_sendable(token: object) -> bool:
    return isinstance(token, str) and _SENDABLE.fullmatch(token) is not None


def _link_headers(link: object) -> dict[str, str]:
    """Return the headers that a link wants repeated, lower-case names; only those that a page may need."""
    listed = pick(link, "headers") if isinstance(link, dict) else None
    headers: dict[str, str] = {}
    for each in listed if isinstance(listed, list) else ():
        if not isinstance(each, dict):
            continue
        name, value = pick(each, "key"), pick(each, "value")
        if isinstance(name, str) and re.fullmatch(r"(ms|x)-[a-z0-9-]{1,60}", name.lower()):
            headers |= {name.lower(): value} if _is_sendable(value) else {}
    return headers


def _linked_query(link: object, api: str, place: str) -> str | None:
    """Return the query of a link to the list at ``place``; ``None`` when it leads elsewhere.

    Seen: ``/customers?…``, ``/v1/customers?…``, two question marks (section 5.3 no. 1 and 2).
    """
    uri = pick(link, "uri") if isinstance(link, dict) else None
    if not isinstance(uri, str) or not _SENDABLE.fullmatch(uri):
        return None
    try:
        parts = urlsplit(uri)
    except ValueError:
        return None
    home = urlsplit(api)
    elsewhere = (parts.scheme, parts.netloc.lower()) != (home.scheme, home.netloc.lower())
    if elsewhere and (parts.scheme or parts.netloc):
        return None
    path = parts.path.lower().removeprefix(home.path.lower())
    if re.fullmatch(rf"/*(v1/+)?{re.escape(place.lower())}/?", path) is None:
        return None
    return parts.query.replace("?", "&")
