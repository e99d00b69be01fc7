"""What the queue's jobs have in common: how long a slice is, how often it is tried, and what ends a hopeless one."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog
from django.db import InterfaceError, OperationalError
from procrastinate import JobContext, RetryStrategy

_log = structlog.stdlib.get_logger(__name__)
SLICE_SECONDS = 20.0
MOST_ATTEMPTS = 5
RETRY = RetryStrategy(max_attempts=MOST_ATTEMPTS, wait=1, exponential_wait=3)


def slice_of(context: JobContext) -> Callable[[], bool]:
    """Return the question whether this job should hand on: its time is over, or its worker stops."""
    ends = time.monotonic() + SLICE_SECONDS
    return lambda: time.monotonic() >= ends or context.should_abort()


@contextmanager
def ended_when_hopeless(
    context: JobContext, event: str, end: Callable[[Exception], None], **known: int
) -> Iterator[None]:  # fmt: skip
    """Let a failing job be tried again; after its last try let ``end`` say on its runs that the error is ours.

    ``event`` is the log line, ``known`` what it names. A database that went away is no such error: it comes back, and
    the periodic jobs take the work up.
    """
    try:
        yield
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        attempt = (context.job.attempts if context.job else 0) + 1
        _log.exception(event, attempt=attempt, **known)
        if attempt >= MOST_ATTEMPTS:
            end(error)
        raise
