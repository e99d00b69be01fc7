"""The place between two rows, as text that a URL can carry.

A cursor is not a secret and gives no right: a forged one only names another place in rows that its reader
may see anyway. It is checked for its form, because it comes back from outside.
"""

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Self

_LONGEST = 2_000
_BIGGEST_ID = 2**63 - 1


class BadCursor(Exception):
    """The text is no cursor, or one of another order. Callers go to the first page."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """The row that a page begins behind: its sort value, its part (``paging.page_of``) and its primary key."""

    value: Any
    part: int
    pk: int

    def encode(self, order: str) -> str:
        """Return the cursor as text, bound to the order that it belongs to."""
        value = self.value.isoformat() if isinstance(self.value, date) else self.value
        content = json.dumps([order, value, self.part, self.pk], ensure_ascii=False, separators=(",", ":"))
        return base64.urlsafe_b64encode(content.encode("utf-8", "surrogatepass")).decode().rstrip("=")

    @classmethod
    def decode(cls, text: str, *, order: str, like: type) -> Self:
        """Read what :meth:`encode` wrote. ``like`` is the type of the sort value. Raises :class:`BadCursor`."""
        given, value, part, pk = _members(text)
        expected: Any = str if like is datetime else like
        if given != order or type(value) is not expected:
            raise BadCursor("The cursor belongs to another order.")
        return cls(_moment(value) if like is datetime else _storable(value), part, pk)


def _members(text: str) -> tuple[Any, Any, int, int]:
    if not text or len(text) > _LONGEST:
        raise BadCursor("The cursor is empty or too long.")
    try:
        content = json.loads(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError) as error:
        raise BadCursor("The cursor can't be read.") from error
    match content:
        case [given, value, int(part), int(pk)] if 0 <= pk <= _BIGGEST_ID and part >= 0:
            return given, value, part, pk
    raise BadCursor("The cursor lacks a member.")


def _moment(value: Any) -> datetime:
    try:
        moment = datetime.fromisoformat(value)
    except ValueError as error:
        raise BadCursor("The cursor names no moment.") from error
    if moment.tzinfo is None:
        raise BadCursor("The cursor's moment has no time zone.")
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise BadCursor("The cursor's moment is beyond the end of time.") from error


def _storable(value: Any) -> Any:
    """Return the value if a row could have it: PostgreSQL's text has neither NUL nor half characters."""
    if isinstance(value, int):
        possible = abs(value) <= _BIGGEST_ID
    else:
        possible = "\0" not in value and not any("\ud800" <= char <= "\udfff" for char in value)
    if not possible:
        raise BadCursor("The cursor names no value that a row could have.")
    return value
