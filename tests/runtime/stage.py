"""What the runtime's tests ask their fixtures for, as types."""

import subprocess
from collections.abc import Callable
from typing import Protocol

from tenantry.runtime.embedded import EmbeddedPostgres
from tenantry.runtime.home import Home
from tenantry.runtime.options import FAST_AND_UNSAFE, PostgresOptions


class Until(Protocol):
    def __call__(self, condition: Callable[[], bool], seconds: float = 10.0) -> None:
        """Wait until the condition holds; fail when it does not within so many seconds."""


class Make(Protocol):
    def __call__(
        self, home: Home, options: PostgresOptions = FAST_AND_UNSAFE, *, fresh: bool = False
    ) -> EmbeddedPostgres:
        """Make a server (not started) on a copied data folder, or ``fresh`` on none."""


class RunPython(Protocol):
    def __call__(self, code: str, *arguments: object) -> "subprocess.Popen[str]":
        """Run code in a process of its own, its output in a pipe."""
