"""The server's log: appended to by the server itself, so that its last words outlive us; kept small by us."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import IO

_LIMIT_BYTES = 10_000_000
_TAIL_BYTES = 4_000
_TAIL_LINES = 20


@dataclass(frozen=True, slots=True)
class LogFile:
    """One log and its predecessor ``<name>.1``; together at most about ``limit`` bytes twice."""

    path: Path
    limit: int = _LIMIT_BYTES

    def open(self) -> IO[bytes]:
        """Open for appending, private; to be handed to a process."""
        descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        return os.fdopen(descriptor, "ab", buffering=0)

    def trim(self) -> None:
        """Move a log that has grown over ``limit`` aside, while it is being written to.

        Copied and emptied rather than renamed: the writer keeps its open file. Lines written in the
        instant between the two are lost.
        """
        if self.size() > self.limit:
            shutil.copyfile(self.path, self.path.with_name(f"{self.path.name}.1"))
            os.truncate(self.path, 0)

    def size(self) -> int:
        """Return its length in bytes, 0 when there is none."""
        return self.path.stat().st_size if self.path.exists() else 0

    def tail(self, since: int = 0) -> str:
        """Return its last lines, none of them from before the byte ``since``."""
        size = self.size()
        if not size:
            return ""
        with self.path.open("rb") as log:
            log.seek(max(since if since <= size else 0, size - _TAIL_BYTES))
            lines = log.read().decode("utf-8", "replace").splitlines()
        return "\n".join(lines[-_TAIL_LINES:])
