"""Posts to whoever asked to be told: what every provider's notifications have in common."""

import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

_SECONDS = 30.0
_MOST_TRIES = 5


class Push(StrEnum):
    """What becomes of a push message on its way."""

    ONCE = "once"
    LOST = "lost"
    TWICE = "twice"
    HELD = "held"


@dataclass(slots=True)
class Letter:
    """One message on its way, and how often it was tried."""

    url: str
    headers: Mapping[str, str]
    body: bytes
    tries: int = 0


class Courier:
    """Takes messages to those who asked for them, at once and in order unless told otherwise. Thread-safe.

    ``retried`` says of which statuses a message is tried again, five times in all. ``statuses`` are those of all
    deliveries, in order: 0 where nobody answered.
    """

    def __init__(self, retried: Callable[[int], bool]) -> None:
        self._retried = retried
        self._lock = threading.Lock()
        self._waiting: list[Letter] = []
        self.statuses: list[int] = []

    def take(self, letters: Sequence[Letter], push: Push = Push.ONCE) -> None:
        """Send messages, or lose, double or hold them back."""
        if push is Push.HELD:
            with self._lock:
                self._waiting += letters
        elif push is not Push.LOST:
            self._send([each for each in letters for _ in range(2 if push is Push.TWICE else 1)])

    def deliver(self) -> list[int]:
        """Send what was held back, the newest first, and what has to be tried again; return the statuses."""
        with self._lock:
            waiting, self._waiting = self._waiting[::-1], []
        return self._send(waiting)

    def _send(self, letters: Sequence[Letter]) -> list[int]:
        statuses = []
        for each in letters:
            status, _ = post(each.url, each.body, each.headers)
            statuses.append(status)
            each.tries += 1
            if self._retried(status) and each.tries < _MOST_TRIES:
                with self._lock:
                    self._waiting.append(each)
        with self._lock:
            self.statuses += statuses
        return statuses


def may_be_told(url: str) -> bool:
    """Whether notifications may go to ``url``: https, or this machine, where tests listen."""
    parts = urlsplit(url)
    local = parts.scheme == "http" and parts.hostname in {"127.0.0.1", "localhost"}
    return parts.scheme == "https" or local


def post(url: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, bytes]:
    """Send ``body`` to an address that :func:`may_be_told`; return status and answer, (0, b"") without an answer."""
    asked = urllib.request.Request(url, data=body, headers=dict(headers), method="POST")  # noqa: S310 (checked before)
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(asked, timeout=_SECONDS) as answer:
            return int(answer.status), answer.read(64 * 1024)
    except urllib.error.HTTPError as refusal:
        with refusal:
            return int(refusal.code), b""
    except OSError:
        return 0, b""
