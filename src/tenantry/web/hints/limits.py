"""How many hints a process lets in: buckets that fill up again, one for each sender and one for all of them."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

_MOST_SENDERS = 1_000


@dataclass(slots=True)
class Bucket:
    """Holds ``size`` drops and gains ``per_second``."""

    size: float
    per_second: float
    left: float
    at: float

    def take(self, now: float) -> bool:
        """Take a drop, if there is one."""
        self.left = min(self.size, self.left + (now - self.at) * self.per_second)
        self.at = now
        if self.left < 1:
            return False
        self.left -= 1
        return True


@dataclass(slots=True)
class HintLimits:
    """Lets in ``each`` hints a minute from one sender, ``overall`` from all. Safe to ask from several threads."""

    each: int = 120
    overall: int = 600
    clock: Callable[[], float] = time.monotonic
    _senders: dict[str, Bucket] = field(default_factory=dict)
    _all: Bucket | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def let_in(self, sender: str) -> bool:
        """Whether one more from ``sender`` may come in. What one sends too much takes nothing from the others."""
        with self._lock:
            now = self.clock()
            if len(self._senders) >= _MOST_SENDERS:
                self._senders.clear()
            own = self._senders.setdefault(sender, _full(self.each, now))
            if self._all is None:
                self._all = _full(self.overall, now)
            return own.take(now) and self._all.take(now)


def _full(per_minute: int, now: float) -> Bucket:
    return Bucket(per_minute, per_minute / 60, per_minute, now)
