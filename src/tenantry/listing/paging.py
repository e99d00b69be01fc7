"""One page of ordered rows, and where the pages before and after it begin."""

import heapq
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, Generic, TypeVar

from django.db.models import (
    AutoField,
    BooleanField,
    DateTimeField,
    F,
    Func,
    GeneratedField,
    IntegerField,
    Model,
    Q,
    QuerySet,
    Value,
)
from django.db.models.lookups import GreaterThan, LessThan

from tenantry.listing.cursors import BadCursor, Cursor

M = TypeVar("M", bound=Model)
PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class Order:
    """By which column rows go, then by primary key; ``name`` is what cursors and URLs call it.

    The column must not be null. Text that is merged from several parts needs the collation C, by which
    Python orders too.
    """

    name: str
    column: str
    descending: bool = False

    @property
    def tag(self) -> str:
        """The order as cursors and URLs name it: ``-name`` for descending."""
        return f"-{self.name}" if self.descending else self.name


@dataclass(frozen=True, slots=True)
class Page(Generic[M]):
    """Rows in order. ``after`` and ``before`` are the cursors of the next and previous page, or empty."""

    rows: list[M]
    before: str
    after: str


class _Pair(Func):
    """``(a, b)``: compared as one value, which an index on both columns answers in one descent."""

    template = "(%(expressions)s)"
    output_field = BooleanField()


@dataclass(frozen=True, slots=True)
class _Entry(Generic[M]):
    """A row with the key that places it among all parts."""

    key: tuple[Any, int, int]
    row: M


def page_of(
    parts: Sequence[QuerySet[M]], order: Order, *, after: str = "", before: str = "", size: int = PAGE_SIZE
) -> Page[M]:
    """Return the page behind ``after``, or the one that ends at ``before``, or the first.

    ``parts`` are disjoint sets of rows, each answered by one query and merged here: a state each, say, so
    that every query can follow its index. A cursor that is none, or of another order, gives the first page.
    """
    cursor, backwards = _place(parts[0], order, after, before)
    descending = order.descending != backwards
    merged = _merged(parts, order, cursor, descending=descending, limit=size + 1)
    entries: list[_Entry[M]] = list(islice(merged, size + 1))
    more, entries = len(entries) > size, entries[:size]
    if backwards:
        entries.reverse()
    earlier, later = (more, True) if backwards else (cursor is not None, more)
    return Page(
        rows=[entry.row for entry in entries],
        before=_encoded(entries[0], order) if entries and earlier else "",
        after=_encoded(entries[-1], order) if entries and later else "",
    )


def cursor_at(row: Model, order: Order, *, part: int = 0) -> str:
    """Return the cursor of the place that ``row`` has, for asking what stands before and after it."""
    return Cursor(getattr(row, order.column), part, row.pk).encode(order.tag)


def is_place(text: str, order: Order, model: type[Model]) -> bool:
    """Whether this is a cursor of rows of ``model`` in this order: lists go to their beginning when it is not."""
    try:
        Cursor.decode(text, order=order.tag, like=_type_of(model, order.column))
    except BadCursor:
        return False
    return True


def _place(rows: QuerySet[M], order: Order, after: str, before: str) -> tuple[Cursor | None, bool]:
    text, backwards = (after, False) if after else (before, True)
    if not text:
        return None, False
    try:
        return Cursor.decode(text, order=order.tag, like=_type_of(rows.model, order.column)), backwards
    except BadCursor:
        return None, False


def _type_of(model: type[Model], column: str) -> type:
    field: Any = model._meta.get_field(column)  # noqa: SLF001  # Django documents _meta as public
    if isinstance(field, GeneratedField):
        field = field.output_field
    if isinstance(field, DateTimeField):
        return datetime
    return int if isinstance(field, IntegerField | AutoField) else str


def _merged(
    parts: Sequence[QuerySet[M]], order: Order, cursor: Cursor | None, *, descending: bool, limit: int
) -> Iterable[_Entry[M]]:
    sign = "-" if descending else ""
    streams = []
    for number, part in enumerate(parts):
        rows = part if cursor is None else part.filter(_beyond(order.column, cursor, number, descending=descending))
        rows = rows.order_by(f"{sign}{order.column}", f"{sign}pk")[:limit]
        streams.append([_Entry((getattr(row, order.column), number, row.pk), row) for row in rows])
    return heapq.merge(*streams, key=lambda entry: entry.key, reverse=descending)


def _beyond(column: str, cursor: Cursor, part: int, *, descending: bool) -> Any:
    """Return the condition for rows of ``part`` that come behind the cursor in the direction of reading."""
    if part == cursor.part:
        compare = LessThan if descending else GreaterThan
        return compare(_Pair(F(column), F("pk")), _Pair(Value(cursor.value), Value(cursor.pk)))
    towards = "lt" if descending else "gt"
    tied_rows_follow = (part < cursor.part) if descending else (part > cursor.part)
    return Q(**{f"{column}__{towards}{'e' if tied_rows_follow else ''}": cursor.value})


def _encoded(entry: _Entry[M], order: Order) -> str:
    return Cursor(*entry.key).encode(order.tag)
