"""Waiting that a signal handler or another thread can end early."""

import os
import select
from types import TracebackType
from typing import Self


class Wakeup:
    """A pipe to oneself. Unlike an Event it may be used from a signal handler without a risk of deadlock."""

    def __init__(self) -> None:
        self._reader = self._writer = -1

    @property
    def descriptor(self) -> int:
        """The writing end, for ``signal.set_wakeup_fd``."""
        return self._writer

    def wake(self) -> None:
        """End the present or the next wait."""
        if self._writer >= 0:
            try:
                os.write(self._writer, b"\0")
            except BlockingIOError:
                # The pipe is full of wake-ups already.
                return

    def wait(self, seconds: float) -> None:
        """Return after so many seconds, or as soon as somebody wakes us."""
        if select.select([self._reader], [], [], seconds)[0]:
            os.read(self._reader, 4096)

    def __enter__(self) -> Self:
        self._reader, self._writer = os.pipe()
        os.set_blocking(self._writer, False)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        reader, writer = self._reader, self._writer
        self._reader = self._writer = -1
        os.close(reader)
        os.close(writer)
