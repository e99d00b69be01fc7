"""Graph's limit of the directory: resource units that an application may use in one tenant within ten seconds.

The published sizes are 3,500 units for a small tenant, 5,000 for a middle one, 8,000 for a large one (contract section
14). What a call costs is written there from memory, so it is one table here, easy to change.
"""

import math
import threading
from collections import OrderedDict, deque
from typing import Final

from tenantry.emulator.clock import Clock
from tenantry.emulator.microsoft.graph_refusals import GraphRefusal

SMALL: Final = 3_500
WINDOW: Final = 10.0
_USUAL: Final = 2
_LARGE_PAGE: Final = 20
_KEPT: Final = 4_096


class Units:
    """Counts units by tenant; ``limit`` 0 means any number. Safe to use from several threads."""

    def __init__(self, clock: Clock, limit: int = SMALL, window: float = WINDOW) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._spent: OrderedDict[str, deque[tuple[float, int]]] = OrderedDict()
        self.limit = limit
        self.window = window

    def change(self, limit: int, window: float | None = None) -> None:
        """Set another limit, and forget what was counted."""
        with self._lock:
            self.limit, self.window = limit, self.window if window is None else window
            self._spent.clear()

    def spend(self, tenant_id: str, path: str, asked: dict[str, str]) -> None:
        """Count one call. Raises ``GraphRefusal`` (429, with ``Retry-After``) where the units do not suffice."""
        if not self.limit:
            return
        cost, now = cost_of(path, asked), self._clock.monotonic()
        with self._lock:
            spent = self._spent.setdefault(tenant_id, deque())
            self._spent.move_to_end(tenant_id)
            while len(self._spent) > _KEPT:
                self._spent.popitem(last=False)
            while spent and spent[0][0] <= now - self.window:
                spent.popleft()
            if sum(units for _, units in spent) + cost > self.limit:
                wait = math.ceil(spent[0][0] + self.window - now) if spent else math.ceil(self.window)
                raise GraphRefusal(429, "Too many requests.", retry_after=max(wait, 1))
            spent.append((now, cost))


def cost_of(path: str, asked: dict[str, str]) -> int:
    """Return the units of a call: two, one less where members are chosen, one more for a large page. At least one."""
    top = asked.get("$top", "")
    large = top.isascii() and top.isdigit() and int(top) >= _LARGE_PAGE
    return max(1, _USUAL - ("$select" in asked) + large) if path.startswith("/v1.0/users") else _USUAL
