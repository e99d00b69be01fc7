"""Keyset paging: every row once, in every order, both ways, whatever comes back as a cursor."""

import base64
import json
from datetime import datetime, timedelta

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from tests.web.cast import Cast
from tests.web.stage import Customer, Stage

from tenantry.isolation.scope import marketplace_scope
from tenantry.listing import BadCursor, Cursor, Order, bounded_count, page_of
from tenantry.sync.models import PendingCompany, PendingState
from tenantry.sync.pending.queries import COLUMNS

ORDERS = [Order(name, column, descending=down) for name, column in COLUMNS.items() for down in (False, True)]
STATES = (PendingState.PENDING, PendingState.IGNORED, PendingState.WITHDRAWN)


def play_many(_cast: Cast, stage: Stage) -> None:
    now = timezone.now()
    rows = [
        Customer(f"Same {number % 2}", f"d{number % 5}.example", ("AT", "DE", "")[number % 3], f"Contact {number % 2}")
        for number in range(37)
    ]
    stage.sync(rows[:20], now=now - timedelta(days=1))
    stage.sync(rows[20:], now=now)
    with marketplace_scope(stage.marketplace.pk):
        ids = list(PendingCompany.objects.order_by("pk").values_list("pk", flat=True))
        for number, state in enumerate(STATES):
            PendingCompany.objects.filter(pk__in=ids[number::3]).update(state=state)


SCENES = {"many": play_many}


@pytest.fixture
def many(stage: Stage) -> Stage:
    """37 rows with many ties: three countries, two names, two moments, three states."""
    return stage


def _walk(order: Order, size: int, *, backwards: bool) -> list[int]:
    parts = [PendingCompany.objects.filter(state=state) for state in STATES]
    page = page_of(parts, order, size=size)
    found = [row.pk for row in page.rows]
    while page.after:
        page = page_of(parts, order, after=page.after, size=size)
        found.extend(row.pk for row in page.rows)
    if not backwards:
        return found
    returned = [row.pk for row in page.rows]
    while page.before:
        page = page_of(parts, order, before=page.before, size=size)
        returned = [row.pk for row in page.rows] + returned
    return returned


@pytest.mark.parametrize("order", ORDERS, ids=lambda order: order.tag)
def test_walking_forth_and_back_meets_every_row_once_and_in_order(order: Order, many: Stage) -> None:
    with marketplace_scope(many.marketplace.pk):
        keys = {
            row.pk: (getattr(row, order.column), STATES.index(PendingState(row.state)), row.pk)
            for row in PendingCompany.objects.all()
        }
        expected = sorted(keys, key=keys.__getitem__, reverse=order.descending)
        for size in (1, 4, 10, 36, 37, 50):
            assert _walk(order, size, backwards=False) == expected
            assert _walk(order, size, backwards=True) == expected


def test_rows_that_come_and_go_meanwhile_neither_repeat_nor_hide_others(many: Stage) -> None:
    order = Order("name", "sort_name")
    with marketplace_scope(many.marketplace.pk):
        parts = [PendingCompany.objects.all()]
        first = page_of(parts, order, size=10)
        rest = {row.pk for row in PendingCompany.objects.all()} - {row.pk for row in first.rows}
        PendingCompany.objects.filter(pk__in=[row.pk for row in first.rows[-3:]]).delete()
        seen: list[int] = []
        cursor = first.after
        while cursor:
            page = page_of(parts, order, after=cursor, size=10)
            seen.extend(row.pk for row in page.rows)
            cursor = page.after
    assert sorted(seen) == sorted(rest)


def _token(content: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


BAD_CURSORS = [
    "x", "%00", "=" * 40, "A" * 5_000, "é", _token(None), _token({}), _token([]), _token(["name"]),
    _token(["name", "a", 0]), _token(["name", 5, 0, 1]), _token(["name", None, 0, 1]), _token(["name", "a", 0, "1"]),
    _token(["name", "a", 0, 2**70]), _token(["name", "a", -1, 1]), _token(["name", "a\0b", 0, 1]),
    _token(["name", "\ud800", 0, 1]), _token(["-name", "a", 0, 1]), _token(["first_seen", "yesterday", 0, 1]),
    _token(["name", ["a"], 0, 1]), base64.urlsafe_b64encode(b"[" * 1_400).decode(),
]  # fmt: skip


@pytest.mark.parametrize("cursor", BAD_CURSORS)
@pytest.mark.parametrize("side", ["after", "before"])
def test_a_bad_cursor_shows_the_first_page(cursor: str, side: str, cast: Cast, stage: Stage) -> None:
    stage.sync([Customer("Only one")])
    answer = cast.client("owner").get("/companies/pending/", {side: cursor})
    assert answer.status_code == 200
    assert "Only one" in answer.content.decode()


@pytest.mark.parametrize(
    "moment", ["2026-01-01", "2026-01-01T00:00:00", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"]
)
def test_a_moment_that_is_none_or_at_the_edge_of_time_breaks_nothing(moment: str, cast: Cast, stage: Stage) -> None:
    stage.sync([Customer("Only one")])
    for side in ("after", "before"):
        cursor = _token(["first_seen", moment, 0, 1])
        assert cast.client("owner").get("/companies/pending/", {"sort": "first_seen", side: cursor}).status_code == 200


@given(
    value=st.text(alphabet=st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=300),
    part=st.integers(0, 9),
    pk=st.integers(0, 2**63 - 1),
)
def test_a_cursor_comes_back_as_it_went(value: str, part: int, pk: int) -> None:
    cursor = Cursor(value, part, pk)
    assert Cursor.decode(cursor.encode("name"), order="name", like=str) == cursor


@given(moment=st.datetimes(timezones=st.timezones()))
def test_a_moment_comes_back_as_it_went(moment: datetime) -> None:
    cursor = Cursor(moment, 0, 1)
    decoded = Cursor.decode(cursor.encode("-first_seen"), order="-first_seen", like=datetime)
    assert decoded.value.utctimetuple() == moment.utctimetuple()


@given(text=st.text(max_size=200))
def test_any_text_is_a_cursor_or_refused_as_none(text: str) -> None:
    try:
        Cursor.decode(text, order="name", like=str)
    except BadCursor:
        return


def test_counting_stops_at_its_bound(many: Stage) -> None:
    with marketplace_scope(many.marketplace.pk):
        everything = PendingCompany.objects.all()
        assert (bounded_count(everything).count, bounded_count(everything).over) == (37, False)
        assert (bounded_count(everything, most=37).count, bounded_count(everything, most=37).over) == (37, False)
        assert (bounded_count(everything, most=36).count, bounded_count(everything, most=36).over) == (36, True)
