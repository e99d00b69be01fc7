"""Cuts the connection of a call whose time is over, whatever the server does: silence, dripped headers."""

import contextlib
import socket
import threading
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

_CONNECTED = "connection.connect_tcp.complete"


class Cutter:
    """Follows one call from its connection on; use it as a context around the call. ``over``: it was cut."""

    def __init__(self, seconds: float) -> None:
        self.over = False
        self._socket: socket.socket | None = None
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        if self._socket is not None:
            self._socket.close()

    def follow(self, event: str, details: Mapping[str, Any]) -> None:
        """Learn of the connection: httpx2's ``trace`` extension calls this."""
        if event == _CONNECTED:
            # A second handle: TLS takes the first one over before its handshake is done.
            self._socket = details["return_value"].get_extra_info("socket").dup()
            if self.over:
                self._cut()

    def _cut(self) -> None:
        self.over = True
        if self._socket is not None:
            with contextlib.suppress(OSError):  # it has ended by itself
                self._socket.shutdown(socket.SHUT_RDWR)
