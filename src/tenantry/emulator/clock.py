"""The emulator's clock, which a test may move forward."""

import threading
import time


class Clock:
    """Real time plus what was added with :meth:`advance`.

    Everything in the emulator that lapses (tokens, windows of a limit) asks this clock, so that a test can
    let an hour pass at once. Safe to use from several threads.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ahead = 0.0

    def now(self) -> float:
        """Return seconds since 1970."""
        return time.time() + self._ahead

    @staticmethod
    def outside() -> float:
        """Return the time that clients live by, whatever was added here: for judging what they have signed."""
        return time.time()

    def monotonic(self) -> float:
        """Return seconds that never go back, for measuring spans."""
        return time.monotonic() + self._ahead

    def advance(self, seconds: float) -> None:
        """Let ``seconds`` pass at once. Raises ``ValueError`` for a negative number."""
        if seconds < 0:
            raise ValueError("Time only moves forward: give seconds of 0 or more.")
        with self._lock:
            self._ahead += seconds
