"""The call budget of a partner, kept in the database so that all workers share it.

A published limit belongs to the partner tenant, not to a connection or process. Each call takes the next
free slot on a line of evenly spaced slots; the end of the line is ``Observation.calls_reserved_until``,
the latest of all observations with the same ``budget_key``. The database's clock counts, not ours.
"""

import threading
import time
from collections import deque
from typing import Any, Final

from django.db import InterfaceError, OperationalError, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from tenantry.providers.errors import Fault, Unavailable

_ADVISORY_CLASS: Final = 71_002
_SLOTS_AT_ONCE_SECONDS: Final = 1.0
_SLOW_DOWN: Final = 0.85
_SPEED_UP: Final = 1.02
_SLOWEST_SHARE: Final = 0.1
_CONNECTION_LOST: Final = (OperationalError, InterfaceError)

_RESERVE = """
with line as (
    select greatest(clock_timestamp(), coalesce(max(calls_reserved_until), clock_timestamp())) as free_at
    from sync_observation where budget_key = %(key)s and calls_reserved_until > clock_timestamp()
)
update sync_observation set calls_reserved_until = line.free_at + make_interval(secs => %(length)s)
from line where id = %(observation)s
returning extract(epoch from line.free_at - clock_timestamp())::float
"""

_HOLD_BACK = """
update sync_observation
set calls_reserved_until = greatest(calls_reserved_until, clock_timestamp() + make_interval(secs => %(after)s))
where id = %(observation)s
returning 0::float
"""


class SharedBudget:
    """A ``providers.base.CallBudget`` over the database. Safe for many threads and processes.

    ``per_minute`` is the rate to aim at; a refusal lowers it for this process for a while and makes
    everybody wait as long as the provider asked. Raises ``Unavailable`` when the database can't be asked, or
    the budget was closed.
    """

    def __init__(self, *, key: str, observation_id: int, per_minute: float) -> None:
        self._parameters: dict[str, Any] = {"key": key, "observation": observation_id}
        self._key = key
        self._full_rate = per_minute / 60
        self._rate = self._full_rate
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
            at = self._slots.popleft()
        if self._closed.wait(max(0.0, at - time.monotonic())):
            raise _closed()

    def _reserve(self) -> None:
        count = max(1, round(self._rate * _SLOTS_AT_ONCE_SECONDS))
        spacing = 1 / self._rate
        wait = self._execute(_RESERVE, {**self._parameters, "length": count * spacing})
        start = time.monotonic() + wait
        self._slots.extend(start + place * spacing for place in range(count))
        self._rate = min(self._full_rate, self._rate * _SPEED_UP)

    def throttled(self, *, after: float) -> None:
        """Give up the slots that are reserved, make everybody wait ``after`` seconds, and go slower."""
        with self._lock:
            if self._closed.is_set():
                return
            self._slots.clear()
            self._rate = max(self._full_rate * _SLOWEST_SHARE, self._rate * _SLOW_DOWN)
            self._execute(_HOLD_BACK, {**self._parameters, "after": after})

    def _execute(self, statement: str, parameters: dict[str, Any]) -> float:
        try:
            return self._transaction(statement, parameters)
        except _CONNECTION_LOST:  # the server was restarted, or cut us off: once more on a new connection
            pass
        try:
            return self._transaction(statement, parameters)
        except _CONNECTION_LOST as error:
            raise Unavailable(
                f"The call budget can't be reached in the database: {error}".strip(),
                fault=Fault.OURS,
                next_step="Nothing if the database comes back by itself: the sync goes on then.",
            ) from error

    def _transaction(self, statement: str, parameters: dict[str, Any]) -> float:
        # The lock is taken by a statement of its own: the next one then sees what the last holder wrote.
        try:
            with self._database.cursor() as cursor:
                cursor.execute("begin")
                cursor.execute("select pg_advisory_xact_lock(%s, hashtext(%s))", [_ADVISORY_CLASS, self._key])
                cursor.execute(statement, parameters)
                row = cursor.fetchone()
                cursor.execute("commit")
        except BaseException:
            self._database.close()
            raise
        if row is None:
            raise LookupError(f"Observation {parameters['observation']} is gone; its budget can't be kept.")
        return float(row[0])

    def close(self) -> None:
        """Wake whoever waits, and give back the database connection."""
        self._closed.set()
        with self._lock:
            self._database.close()


def _closed() -> Unavailable:
    return Unavailable("The call budget was closed: this process stops.", fault=Fault.OURS, retryable=False)
