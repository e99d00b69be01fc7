"""The lock that keeps two processes from working on one installation folder."""

import fcntl
import os
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from tenantry.runtime.errors import HomeInUse

# ``holder_of`` takes a shared lock for an instant; a start that meets it tries again for this long.
_PATIENCE_SECONDS = 0.4
_PAUSE_SECONDS = 0.02


@dataclass(slots=True)
class HomeLock:
    """A taken lock. The operating system drops it when this process ends, however it ends.

    Children do not inherit it. ``held`` is False after ``release()``.
    """

    home: Path
    _descriptor: int

    @classmethod
    def take(cls, home: Path, file: Path) -> "HomeLock":
        """Lock ``file`` and write our process id into it. Raises HomeInUse when somebody else has it."""
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            _lock_patiently(descriptor, home)
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        except BaseException:
            os.close(descriptor)
            raise
        return cls(home, descriptor)

    @property
    def held(self) -> bool:
        """Whether the folder is still ours."""
        return self._descriptor >= 0

    def release(self) -> None:
        """Give the folder back. Doing it twice is harmless."""
        if self.held:
            descriptor, self._descriptor = self._descriptor, -1
            os.ftruncate(descriptor, 0)
            os.close(descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def holder_of(file: Path) -> int | None:
    """Return the process id written by the holder of this lock; 0 if unwritten, None if nobody holds it."""
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _read_pid(descriptor)
    else:
        return None
    finally:
        os.close(descriptor)


def _lock_patiently(descriptor: int, home: Path) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise HomeInUse(home, _read_pid(descriptor)) from None
            time.sleep(_PAUSE_SECONDS)
        else:
            return


def _read_pid(descriptor: int) -> int:
    written = os.pread(descriptor, 32, 0).strip()
    return int(written) if written.isdigit() else 0
