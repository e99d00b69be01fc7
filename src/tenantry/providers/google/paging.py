"""How a listing of any Google API goes on, and when it has ended: docs/reference/google-directory.md section 3.

An absent ``nextPageToken`` is the only end. A token is opaque, lives three days, and belongs to exactly the
parameters that it came with; a refused one means that the listing starts over.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any, Final, TypeVar

from tenantry.core.records import Ending
from tenantry.providers.errors import CursorExpired, Malformed, ProviderError

T = TypeVar("T")

_LONGEST_RUN_OF_EMPTY_PAGES: Final = 20
_REMEMBERED_TOKENS: Final = 64
_LONGEST_TOKEN: Final = 16_384
_REFUSED_TOKEN: Final = frozenset({400, 404, 410})


@dataclass(frozen=True, slots=True)
class Position:
    """Where a listing stands. ``listing`` and ``of`` say which one it is: its kind, and the customer's id.

    ``stage`` tells the parts of a listing that has several, in the words of who reads them. ``seen`` are
    digests of the last tokens; ``empty`` counts the empty pages in a row. As text it is the opaque cursor.
    """

    listing: str
    of: str
    token: str = ""
    stage: tuple[str, ...] = ()
    page: int = 0
    empty: int = 0
    seen: tuple[str, ...] = ()

    def as_cursor(self) -> str:
        """Return it as text; :func:`position_at` reads it back."""
        parts = [self.listing, self.of, self.token, self.stage, self.page, self.empty, self.seen]
        return json.dumps(parts, separators=(",", ":"))

    def at_stage(self, *stage: str) -> "Position":
        """Return the beginning of another part of the same listing."""
        return replace(self, stage=stage, token="", page=self.page + 1, empty=0, seen=())


def position_at(cursor: str | None, listing: str, of: str) -> Position:
    """Return the position that ``cursor`` stands for, the beginning for ``None``.

    Raises ``CursorExpired`` for one of another listing, and for one that this version did not write.
    """
    if cursor is None:
        return Position(listing, of)
    try:
        kind, whose, token, stage, page, empty, seen = json.loads(cursor)
        position = Position(
            str(kind), str(whose), str(token), tuple(map(str, stage)), int(page), int(empty), tuple(map(str, seen))
        )
    except (ValueError, TypeError, ArithmeticError, RecursionError) as error:
        raise CursorExpired("The stored position in the listing cannot be read by this version.") from error
    if (position.listing, position.of) != (listing, of):
        raise CursorExpired("The stored position belongs to another listing.")
    return position


@dataclass(frozen=True, slots=True)
class Onward:
    """How a page leaves its listing. ``position`` is set exactly for ``MORE``; ``doubt`` exactly for ``AMBIGUOUS``."""

    ending: Ending
    position: Position | None = None
    doubt: str = ""


def onward(value: Mapping[str, Any], position: Position, *, count: int) -> Onward:
    """Return how the page ``value`` with ``count`` rows goes on."""
    token = value.get("nextPageToken")
    if token is None or token == "":
        return Onward(Ending.CLEAN)
    if not isinstance(token, str) or len(token) > _LONGEST_TOKEN:
        return Onward(Ending.AMBIGUOUS, doubt="its page token cannot be sent back")
    digest = sha256(token.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    if digest in position.seen:
        return Onward(Ending.AMBIGUOUS, doubt="its page token was given before")
    empty = 0 if count else position.empty + 1
    if empty > _LONGEST_RUN_OF_EMPTY_PAGES:
        return Onward(Ending.AMBIGUOUS, doubt=f"{empty} pages in a row were empty")
    seen = (*position.seen, digest)[-_REMEMBERED_TOKENS:]
    return Onward(Ending.MORE, replace(position, token=token, page=position.page + 1, empty=empty, seen=seen))


def rows_of(value: Any, key: str, *, where: str, kind: str = "") -> list[Any]:
    """Return the rows of a page. An empty list is a missing key; with ``kind`` the page must say that it is one.

    Raises ``Malformed`` for anything else than such a page.
    """
    if not isinstance(value, dict) or "error" in value:
        raise Malformed(f"A page of {where} is not an object.", where=where)
    if kind and value.get("kind") != kind:
        raise Malformed(f"A page of {where} does not say that it is one.", where=where)
    rows = value.get(key)
    if rows is None and key not in value:
        return []
    if not isinstance(rows, list):
        raise Malformed(f"A page of {where} has no list of {key}.", where=where)
    return rows


def or_expired(error: ProviderError, position: Position) -> ProviderError:
    """Return what ``error`` at ``position`` means: with a page token in it, a refused request is a lapsed position."""
    if position.token and error.status in _REFUSED_TOKEN and not error.stops_run and not error.retryable:
        return CursorExpired(
            f"Google no longer accepts the position in the listing: {error.message}",
            status=error.status,
            code=error.code,
        )
    return error
