"""How much CPU time processes used, from Linux's ``/proc``."""

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_WITH_ENDED = slice(11, 15)  # and those of children that were waited for


def seconds_of(root: int) -> float:
    """Return the CPU seconds of a process and of all below it, ended children included."""
    below: dict[int, list[int]] = {}
    for place in Path("/proc").iterdir():
        if place.name.isdigit() and (fields := _fields(int(place.name))):
            below.setdefault(int(fields[1]), []).append(int(place.name))
    family, waiting = [], [root]
    while waiting:
        pid = waiting.pop()
        family.append(pid)
        waiting += below.get(pid, [])
    return sum(_seconds(pid) for pid in family)


def seconds_of_all(roots: Iterable[int]) -> float:
    """Return the CPU seconds of several processes and of all below them."""
    return sum(seconds_of(root) for root in roots)


def machine_seconds() -> tuple[float, float]:
    """Return the CPU seconds that the machine has worked and had in all, since it was started."""
    first = Path("/proc/stat").read_text(encoding="ascii").splitlines()[0]
    ticks = [int(word) for word in first.split()[1:9]]
    idle = ticks[3] + ticks[4]
    return (sum(ticks) - idle) / _TICKS, sum(ticks) / _TICKS


def _seconds(pid: int) -> float:
    return sum(int(word) for word in _fields(pid)[_WITH_ENDED]) / _TICKS


def _fields(pid: int) -> list[str]:
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    return []
