"""What a step costs: seconds by the clock, CPU of this process, and CPU of all of PostgreSQL's processes. On Linux."""

import os
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import ParamSpec, TypeVar

from bench.stage import peak_mb

_TICKS = os.sysconf("SC_CLK_TCK")
P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds by the clock, CPU seconds of this process, and of PostgreSQL: sessions, checkpoints, autovacuum."""

    seconds: float = 0.0
    own: float = 0.0
    postgres: float = 0.0

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(self.seconds + other.seconds, self.own + other.own, self.postgres + other.postgres)

    def __sub__(self, other: "Cost") -> "Cost":
        return Cost(self.seconds - other.seconds, self.own - other.own, self.postgres - other.postgres)

    @property
    def cpu(self) -> float:
        """CPU of both sides."""
        return self.own + self.postgres


def total(costs: Iterable[Cost]) -> Cost:
    """Add costs up."""
    return sum(costs, Cost())


@dataclass(slots=True)
class Watch:
    """Collects what functions cost, call by call. ``backend`` is the process id of a session of the server."""

    backend: int
    calls: dict[str, list[Cost]] = field(default_factory=dict)
    postmaster: int = 0

    def __post_init__(self) -> None:
        self.postmaster = int(_fields(self.backend)[1])

    def around(self, name: str, function: Callable[P, R]) -> Callable[P, R]:
        """Return the function with each of its calls measured under this name."""
        calls = self.calls.setdefault(name, [])

        def measured(*args: P.args, **kwargs: P.kwargs) -> R:
            before = self.now()
            try:
                return function(*args, **kwargs)
            finally:
                calls.append(self.now() - before)

        return measured

    def on(self, module: ModuleType, function: str, name: str) -> None:
        """Measure a function from now on where this module calls it."""
        setattr(module, function, self.around(name, getattr(module, function)))

    def now(self) -> Cost:
        """Return what was used so far."""
        return Cost(time.perf_counter(), time.process_time(), self._of_server())

    def _of_server(self) -> float:
        """CPU seconds of the server: of its processes, and of those that ended."""
        parent = _fields(self.postmaster)
        children = _children(self.postmaster)
        ended = (int(parent[13]) + int(parent[14])) / _TICKS
        return ended + sum(_on_cpu(pid) for pid in (str(self.postmaster), *children))


def _fields(pid: int) -> list[str]:
    """Return the fields of a process behind its name: the first is its state, the second its parent."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def _on_cpu(pid: str) -> float:
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9
    except (FileNotFoundError, ProcessLookupError):  # it ended just now, and its parent tells of it
        return 0.0


def in_parts(calls: list[Cost], parts: int = 10) -> list[Cost]:
    """Return the costs of the first tenth of the calls, of the second, and so on; all of them, where they are few."""
    if len(calls) < parts:
        return calls
    edges = [len(calls) * number // parts for number in range(parts + 1)]
    return [total(calls[start:end]) for start, end in pairwise(edges)]


def peak_of_children(words: str) -> float:
    """Return the largest resident size, in MB, of a process below this one.

    Of those whose command line has these words, and of the processes below them.
    """
    sizes = [0.0]
    below = [(pid, False) for pid in _children(os.getpid())]
    while below:
        pid, wanted = below.pop()
        try:
            command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
            wanted = wanted or words in command
            sizes += [peak_mb(pid)] if wanted else []
        except (FileNotFoundError, ProcessLookupError):  # it ended just now
            continue
        below += [(child, wanted) for child in _children(int(pid))]
    return max(sizes)


def _children(pid: int) -> list[str]:
    try:
        return [
            child for task in Path(f"/proc/{pid}/task").iterdir() for child in (task / "children").read_text().split()
        ]
    except (FileNotFoundError, ProcessLookupError):  # same
        return []
