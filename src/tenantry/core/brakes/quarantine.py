"""What becomes of a connection that was set aside: tried daily, told of on some days, given up in the end. Pure."""

from collections.abc import Collection
from datetime import datetime, timedelta

TRY_EVERY = timedelta(days=1)
TOLD_ON = (1, 7, 21, 27)
OFF_AFTER = 28
"""Days after which it is switched off."""


def next_try(*, now: datetime) -> datetime:
    """Return when a connection that failed, or was tried, at ``now`` is tried again by itself."""
    return now + TRY_EVERY


def day_to_tell(begun_at: datetime, told: Collection[int], *, now: datetime) -> int | None:
    """Return the day of which people are to be told now, the last one if several were missed; else ``None``."""
    days = (now - begun_at).days
    due = [day for day in TOLD_ON if day <= days]
    return due[-1] if due and due[-1] not in told else None


def is_given_up(begun_at: datetime, *, now: datetime) -> bool:
    """Whether it failed for so long that it is switched off."""
    return now - begun_at >= timedelta(days=OFF_AFTER)
