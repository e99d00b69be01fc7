"""What becomes of an attempt to deliver a webhook: the next one, the endpoint's rest, the end. Pure."""

from datetime import datetime, timedelta
from enum import StrEnum

RETRIES = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=20),
)
"""How long after each failed attempt the next one comes: ten attempts within three days."""

# An endpoint where a whole round of attempts failed is left alone, longer each time.
_RESTS = (
    timedelta(seconds=5),
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(minutes=30),
)
LONGEST_REST = _RESTS[-1]
GIVES_UP_AFTER = timedelta(days=5)
"""How long an endpoint may fail without one success before it is switched off."""

_GONE = 410  # Standard Webhooks: the endpoint wants no more


class Verdict(StrEnum):
    """What an answer means."""

    DELIVERED = "delivered"
    FAILED = "failed"
    GONE = "gone"


def verdict_on(status: int) -> Verdict:
    """Judge the status of an answer: 2xx is delivered, 410 wants no more, everything else failed; 3xx as well."""
    if 200 <= status < 300:  # noqa: PLR2004  # success
        return Verdict.DELIVERED
    return Verdict.GONE if status == _GONE else Verdict.FAILED


def next_try(attempts: int, *, now: datetime, asked: float | None = None) -> datetime | None:
    """Return when to try again after the ``attempts``-th failure, or ``None`` when it was the last.

    ``asked``: seconds of quiet that the endpoint asked for.
    """
    if attempts > len(RETRIES):
        return None
    return now + max(RETRIES[max(attempts, 1) - 1], timedelta(seconds=asked or 0))


def rest_until(failed_rounds: int, *, now: datetime) -> datetime:
    """Return until when an endpoint is left alone after its ``failed_rounds``-th round without a success."""
    return now + _RESTS[min(max(failed_rounds, 1), len(_RESTS)) - 1]


def is_hopeless(failing_since: datetime | None, *, now: datetime) -> bool:
    """Whether an endpoint has failed for so long that it is switched off."""
    return failing_since is not None and now - failing_since >= GIVES_UP_AFTER
