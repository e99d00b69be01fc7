"""A limit of calls in a window of time, as the services publish theirs: 500 reads of a customer a minute."""

import math
import threading
from collections import deque
from typing import Final

from tenantry.emulator.clock import Clock

PUBLISHED: Final = 500  # reads of a customer a minute, Partner Center
WINDOW: Final = 60.0


class Limit:
    """At most ``limit`` calls in any ``window`` seconds (0: no limit). Safe to use from several threads.

    A call that is refused is told how long to wait. Calls that come before that time count like any other, as
    the service's guidance says that retrying early does; the refusal that first told it does not.
    """

    def __init__(self, clock: Clock, limit: int = PUBLISHED, window: float = WINDOW) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._calls: deque[float] = deque()
        self._told = 0.0
        self.limit = limit
        self.window = window

    def change(self, limit: int, window: float | None = None) -> None:
        """Set another limit and forget what was counted."""
        with self._lock:
            self.limit = limit
            self.window = self.window if window is None else window
            self._calls.clear()
            self._told = 0.0

    def refuse_for(self) -> int:
        """Count one call; return 0 when it may pass, else the whole seconds to wait."""
        if not self.limit:
            return 0
        with self._lock:
            now = self._clock.monotonic()
            calls = self._calls
            while calls and (calls[0] <= now - self.window or len(calls) > self.limit):
                calls.popleft()
            if len(calls) < self.limit:
                calls.append(now)
                return 0
            if now < self._told:
                calls.append(now)
            wait = math.ceil(max(calls[max(0, len(calls) - self.limit)] + self.window - now, 0.001))
            self._told = now + wait
            return wait
