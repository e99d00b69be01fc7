"""What was asked of the emulator, counted, so that a test can tell how a client behaved."""

import re
import threading
import time
from collections import Counter, deque
from dataclasses import asdict, dataclass
from typing import Any, Final

from tenantry.emulator.messages import Request

_GUID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
_RECENT: Final = 2000
_UNKNOWN: Final = 200


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and the status it got. ``at`` is in seconds of a clock that never goes back."""

    at: float
    server: str
    method: str
    path: str
    query: str
    status: int
    mode: str
    request_id: str
    correlation_id: str


class Counters:
    """Counts of everything that was answered. Safe to use from several threads.

    ``paths`` counts by ``METHOD path`` with every GUID written ``{id}``, ``statuses`` by status, ``modes`` by
    ``app``, ``user`` or ``none``, ``full`` by all three. ``throttled`` are refusals by the limit, ``faulted``
    answers that a fault made, ``unknown`` requests for paths that the emulated service does not have: a test
    should find it empty. ``written`` counts what was changed through the API: empty for who only reads.
    ``crashes`` are failures of the emulator itself. ``recent`` are the last 2,000 exchanges.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.reset()

    def reset(self) -> None:
        """Begin to count from nothing."""
        with self._lock:
            self.requests = 0
            self.throttled = 0
            self.faulted = 0
            self.crashes = 0
            self.paths: Counter[str] = Counter()
            self.statuses: Counter[int] = Counter()
            self.modes: Counter[str] = Counter()
            self.full: Counter[str] = Counter()
            self.unknown: Counter[str] = Counter()
            self.written: Counter[str] = Counter()
            self.recent: deque[Exchange] = deque(maxlen=_RECENT)
            self._cpu_before = time.process_time()

    def note(self, server: str, request: Request, status: int) -> None:
        """Count one exchange."""
        path = f"{request.method} {_GUID.sub('{id}', request.path)}"
        mode = request.mode or "none"
        with self._lock:
            self.requests += 1
            if request.known:
                self.paths[path] += 1
                self.full[f"{path} {status} {mode}"] += 1
            elif len(self.unknown) < _UNKNOWN or path in self.unknown:
                self.unknown[path] += 1
            self.statuses[status] += 1
            self.modes[mode] += 1
            self.recent.append(
                Exchange(
                    time.monotonic(), server, request.method, request.path, request.query, status, mode,
                    request.headers.get("ms-requestid", ""), request.headers.get("ms-correlationid", ""),
                )
            )  # fmt: skip

    def note_throttled(self) -> None:
        """Count one refusal by the limit."""
        with self._lock:
            self.throttled += 1

    def note_faulted(self) -> None:
        """Count one answer that a fault made."""
        with self._lock:
            self.faulted += 1

    def note_written(self, what: str) -> None:
        """Count one change that was made through an API: ``METHOD path``."""
        with self._lock:
            self.written[_GUID.sub("{id}", what)] += 1

    def note_crash(self) -> None:
        """Count one failure of the emulator itself."""
        with self._lock:
            self.crashes += 1

    def as_dict(self, *, recent: int = 0) -> dict[str, Any]:
        """Return all counts, and the last ``recent`` exchanges, for the control API.

        ``cpu_seconds`` is what the emulator's process used since it began, ``cpu_seconds_counted`` since the
        last reset.
        """
        with self._lock:
            counted: dict[str, Any] = {
                "requests": self.requests,
                "throttled": self.throttled,
                "faulted": self.faulted,
                "crashes": self.crashes,
                "paths": dict(self.paths),
                "statuses": {str(status): count for status, count in self.statuses.items()},
                "modes": dict(self.modes),
                "full": dict(self.full),
                "unknown": dict(self.unknown),
                "written": dict(self.written),
                "cpu_seconds": time.process_time(),
                "cpu_seconds_counted": time.process_time() - self._cpu_before,
            }
            if recent:
                counted["recent"] = [asdict(exchange) for exchange in list(self.recent)[-recent:]]
            return counted
