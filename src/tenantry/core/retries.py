"""When something that failed is tried again. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta

WAITS = (timedelta(minutes=15), timedelta(hours=1), timedelta(hours=6), timedelta(hours=24))
"""Between the tries of a row that fails; the last one again and again."""
DAILY = (timedelta(hours=24),)
_GIVES_UP_AFTER = timedelta(days=28)


def given_up(attempts: int, waits: Sequence[timedelta] = WAITS) -> bool:
    """Whether a row is not tried again after its ``attempts``-th failure in a row: the next try would be on day 28.

    ``waits`` are those between the tries, the last one again and again. For rows that keep no date.
    """
    tried = list(waits[:attempts]) + [waits[-1]] * max(0, attempts - len(waits))
    return sum(tried, timedelta()) >= _GIVES_UP_AFTER


def next_attempt(attempts: int, *, begun_at: datetime, now: datetime) -> datetime | None:
    """Return when to try again after the ``attempts``-th failure at ``now``, or ``None`` when it is given up.

    After 15 minutes, an hour, six hours, a day, then daily until 28 days after ``begun_at``.
    """
    at = now + WAITS[min(max(attempts, 1), len(WAITS)) - 1]
    return at if at <= begun_at + _GIVES_UP_AFTER else None
