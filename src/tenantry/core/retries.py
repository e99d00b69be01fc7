"""When something that failed is tried again. Pure."""

from datetime import datetime, timedelta

_AFTER = (timedelta(minutes=15), timedelta(hours=1), timedelta(hours=6), timedelta(hours=24))
_GIVES_UP_AFTER = timedelta(days=28)


def next_attempt(attempts: int, *, begun_at: datetime, now: datetime) -> datetime | None:
    """Return when to try again after the ``attempts``-th failure at ``now``, or ``None`` when it is given up.

    After 15 minutes, an hour, six hours, a day, then daily until 28 days after ``begun_at``.
    """
    at = now + _AFTER[min(max(attempts, 1), len(_AFTER)) - 1]
    return at if at <= begun_at + _GIVES_UP_AFTER else None
