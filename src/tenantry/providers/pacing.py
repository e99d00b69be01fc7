"""How fast we may call: how many calls at once, and how many a minute. In memory, for one process.

A budget that several processes share keeps its count in the database and lives with the sync; both are a
``CallBudget`` of ``tenantry.providers.base``.
"""

import threading
import time
from types import TracebackType

# Calls that were under way when the provider slowed us down come back refused too; they are one event.
_ONE_EVENT_SECONDS = 1.0


class AdaptiveConcurrency:
    """Lets a number of calls run at once that follows what the provider bears. Thread-safe.

    Used as a context manager around one call. The number grows by one after about as many successes as it
    is large, and halves on :meth:`throttled` (additive increase, multiplicative decrease). Partner Center's
    guidance asks for few parallel calls: docs/reference/partner-center.md section 13.
    """

    def __init__(self, *, start: int = 2, maximum: int = 4) -> None:
        if not 1 <= start <= maximum:
            raise ValueError("start must lie between 1 and maximum")
        self._maximum = float(maximum)
        self._allowed = float(start)
        self._running = 0
        self._slowed_at = -_ONE_EVENT_SECONDS
        self._changed = threading.Condition()

    @property
    def allowed(self) -> int:
        """How many calls may run at once now."""
        return int(self._allowed)

    def __enter__(self) -> None:
        with self._changed:
            while self._running >= self.allowed:
                self._changed.wait()
            self._running += 1

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with self._changed:
            self._running -= 1
            self._changed.notify_all()

    def succeeded(self) -> None:
        """Told that a call went well: grow a little."""
        with self._changed:
            self._allowed = min(self._maximum, self._allowed + 1 / self._allowed)
            self._changed.notify_all()

    def throttled(self) -> None:
        """Told that the provider refused a call for being one too many: halve, once per burst of refusals."""
        with self._changed:
            now = time.monotonic()
            if now - self._slowed_at >= _ONE_EVENT_SECONDS:
                self._allowed = max(1.0, self._allowed / 2)
                self._slowed_at = now


class PacedBudget:
    """A ``CallBudget`` that spreads ``per_minute`` calls evenly, with a ``burst`` allowed at the start."""

    def __init__(self, per_minute: float, *, burst: int = 1) -> None:
        if per_minute <= 0 or burst < 1:
            raise ValueError("per_minute must be positive and burst at least 1")
        self._per_second = per_minute / 60
        self._burst = float(burst)
        self._tokens = float(burst)
        self._counted_at = time.monotonic()
        self._quiet_until = 0.0
        self._changed = threading.Condition()

    def acquire(self) -> None:
        """Block until one more call may be made, and count it."""
        with self._changed:
            while (wait := self._wait()) > 0:
                self._changed.wait(wait)
            self._tokens -= 1

    def throttled(self, *, after: float) -> None:
        """Let no call through for ``after`` seconds, and forget what was saved up for a burst."""
        with self._changed:
            self._quiet_until = max(self._quiet_until, time.monotonic() + after)
            self._tokens = min(self._tokens, 1.0)
            self._changed.notify_all()

    def _wait(self) -> float:
        now = time.monotonic()
        self._tokens = min(self._burst, self._tokens + (now - self._counted_at) * self._per_second)
        self._counted_at = now
        for_token = max(0.0, (1 - self._tokens) / self._per_second)
        return max(for_token, self._quiet_until - now)
