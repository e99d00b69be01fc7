"""The call budget of a partner, kept in the database so that all workers share it.

A limit belongs to a partner, an application or a subject, not to a process. Each call takes the next free slot on
a line of spaced slots (``CallLine``); the database's clock counts, not ours. A published limit is a rate to stay
at. Where none is published, the line begins low, grows, and remembers at which rate it was refused.
"""

import hashlib
import threading
import time
from collections import deque
from typing import Any, Final

from django.db import InterfaceError, OperationalError, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from tenantry.providers.errors import Fault, Throttled, Unavailable

_SLOTS_AT_ONCE_SECONDS: Final = 1.0
_SLOWEST_SHARE: Final = 0.1
_LONGEST_KEY: Final = 120
LONGEST_WAIT: Final = 30.0
"""So many seconds a call waits here for its slot. What is further away is the queue's business, not a thread's."""
_CONNECTION_LOST: Final = (OperationalError, InterfaceError)

# Growth for each second of slots handed out: quick up to where it was refused last, then a careful try for more.
# A line without any slot for ten minutes forgets the refusal: whatever it was, it may have passed.
_RESERVE = """
insert into connections_callline as line (key, reserved_until, per_second, refused_rate, refused_at)
values (%(key)s, clock_timestamp() + make_interval(secs => %(length)s), %(start)s, null, null)
on conflict (key) do update set
    reserved_until = greatest(clock_timestamp(), line.reserved_until) + make_interval(secs => %(length)s),
    refused_rate = case when line.reserved_until > clock_timestamp() - interval '10 minutes'
        then line.refused_rate end,
    per_second = least(%(most)s, line.per_second * power(
        case when line.per_second < coalesce(line.refused_rate, 'infinity') * 0.9 then 1.02 else 1.002 end,
        %(length)s))
returning
    extract(epoch from line.reserved_until - clock_timestamp())::float - %(length)s, line.per_second
"""

# The refusals of calls that were under way together are one event.
_HOLD_BACK = """
insert into connections_callline as line (key, reserved_until, per_second, refused_rate, refused_at)
values (%(key)s, clock_timestamp() + make_interval(secs => %(after)s), %(start)s * 0.85, %(start)s, clock_timestamp())
on conflict (key) do update set
    reserved_until = greatest(line.reserved_until, clock_timestamp() + make_interval(secs => %(after)s)),
    refused_rate = case when line.refused_at > clock_timestamp() - interval '1 second'
        then line.refused_rate else line.per_second end,
    per_second = case when line.refused_at > clock_timestamp() - interval '1 second'
        then line.per_second else greatest(%(most)s * %(slowest)s, line.per_second * 0.85) end,
    refused_at = clock_timestamp()
returning 0::float, line.per_second
"""


class SharedBudget:
    """A ``providers.base.CallBudget`` over the database. Safe for many threads and processes.

    ``per_minute`` is the most to aim at, ``start`` the rate of a line that nobody used yet (the same when it is
    not given). A refusal makes everybody wait as long as the provider asked, and go slower for a while. Raises
    ``Throttled`` when the next slot is more than ``LONGEST_WAIT`` away, ``Unavailable`` when the database can't be
    asked, or the budget was closed.
    """

    def __init__(self, *, key: str, per_minute: float, start: float | None = None) -> None:
        self._rate = (start or per_minute) / 60
        self._parameters: dict[str, Any] = {
            "key": _short(key), "most": per_minute / 60, "start": self._rate, "slowest": _SLOWEST_SHARE,
        }  # fmt: skip
        self._slots: deque[float] = deque()
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._database: BaseDatabaseWrapper = connections["default"].copy()
        self._database.inc_thread_sharing()

    def acquire(self) -> None:
        """Block until the next slot on the line."""
        with self._lock:
            if self._closed.is_set():
                raise _closed()
            if not self._slots:
                self._reserve()
            wait = self._slots[0] - time.monotonic()
            if wait > LONGEST_WAIT:
                self._slots.clear()
                raise _far_away(wait)
            self._slots.popleft()
        if self._closed.wait(max(0.0, wait)):
            raise _closed()

    def _reserve(self) -> None:
        count = max(1, round(self._rate * _SLOTS_AT_ONCE_SECONDS))
        spacing = 1 / self._rate
        wait, self._rate = self._execute(_RESERVE, {**self._parameters, "length": count * spacing})
        start = time.monotonic() + wait
        self._slots.extend(start + place * spacing for place in range(count))

    def throttled(self, *, after: float) -> None:
        """Give up the slots that are reserved, make everybody wait ``after`` seconds, and go slower."""
        with self._lock:
            if self._closed.is_set():
                return
            self._slots.clear()
            _, self._rate = self._execute(_HOLD_BACK, {**self._parameters, "after": after})

    def _execute(self, statement: str, parameters: dict[str, Any]) -> tuple[float, float]:
        for last in (False, True):  # the server was restarted, or cut us off: once more on a new connection
            try:
                with self._database.cursor() as cursor:
                    cursor.execute(statement, parameters)
                    wait, rate = cursor.fetchone()
                return float(wait), float(rate)
            except _CONNECTION_LOST as error:
                self._database.close()
                if last:
                    raise Unavailable(
                        f"The call budget can't be reached in the database: {error}".strip(),
                        fault=Fault.OURS,
                        next_step="Nothing if the database comes back by itself: the sync goes on then.",
                    ) from error
        raise AssertionError("the last attempt returns or raises")

    def close(self) -> None:
        """Wake whoever waits, and give back the database connection."""
        self._closed.set()
        with self._lock:
            self._database.close()


def _far_away(seconds: float) -> Throttled:
    return Throttled(
        f"The provider asked for quiet: the next call may be made in {seconds:,.0f} seconds.", after=seconds
    )


def _closed() -> Unavailable:
    return Unavailable("The call budget was closed: this process stops.", fault=Fault.OURS, retryable=False)


def _short(key: str) -> str:
    return key if len(key) <= _LONGEST_KEY else hashlib.sha256(key.encode()).hexdigest()
