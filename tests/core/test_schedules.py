"""When something is done by itself: at a place in the interval of its own, that stays, with a little delay."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from tenantry.core.schedules import next_slot

KEYS = st.binary(min_size=16, max_size=16)
EVERY = st.integers(15, 7 * 24 * 60).map(lambda minutes: timedelta(minutes=minutes))
MOMENTS = st.datetimes(datetime(2025, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  # with UTC


@given(key=KEYS, every=EVERY, after=MOMENTS)
def test_the_next_moment_is_never_too_soon_and_never_later_than_the_interval_allows(
    key: bytes, every: timedelta, after: datetime
) -> None:
    slot = next_slot(key, every, after=after)
    assert after + every / 2 <= slot <= after + every * 1.5 + every / 20
    assert next_slot(key, every, after=after) == slot, "the same question has the same answer"


@given(key=KEYS, every=EVERY, after=MOMENTS)
def test_each_has_an_offset_that_stays_and_a_delay_that_differs(key: bytes, every: timedelta, after: datetime) -> None:
    slots = [next_slot(key, every, after=after)]
    for _ in range(5):
        slots.append(next_slot(key, every, after=slots[-1]))
    gaps = [later - earlier for earlier, later in pairwise(slots)]
    assert all(every * 0.95 - timedelta(microseconds=2) <= gap <= every * 1.05 for gap in gaps), "no slot is left out"
    assert len(set(gaps)) > 1, "they do not fall into step with what happens at full hours"


def test_many_connections_spread_over_the_whole_interval() -> None:
    after, every = datetime(2026, 3, 2, tzinfo=UTC), timedelta(hours=24)
    slots = [next_slot(bytes([number]) * 16, every, after=after) for number in range(240)]
    hours = [sum(slot.hour == hour for slot in slots) for hour in range(24)]
    assert min(hours) >= 1
    assert max(hours) <= 30
