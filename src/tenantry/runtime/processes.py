"""Starting processes that die with us, and facts about processes that somebody else started."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import IO

from tenantry.runtime.os_users import OsUser

_LAUNCHER = Path(__file__).with_name("child.py")
_PAUSE_SECONDS = 0.02
_PROC = Path("/proc")


def start_process(
    argv: Sequence[str],
    *,
    death_signal: signal.Signals,
    os_user: OsUser | None = None,
    env: Mapping[str, str] | None = None,
    output: IO[bytes] | int | None = None,
    folder: Path | None = None,
) -> "subprocess.Popen[bytes]":
    """Start a program in a session of its own that gets ``death_signal`` when the calling *thread* ends.

    So call it from a thread that lives as long as the program should. ``os_user`` is whom to run it as
    (None: as we are), ``output`` takes both its streams (None: ours). Elsewhere than on Linux nothing
    happens when we die. A program that cannot be started ends with code 126 and a sentence in its output.
    """
    me = os.geteuid()
    identity = "-" if os_user is None or os_user.uid == me else f"{os_user.uid}:{os_user.gid}"
    launch = [sys.executable, "-I", "-S", str(_LAUNCHER), str(os.getpid()), str(int(death_signal)), identity]
    return subprocess.Popen(
        [*launch, *argv],
        cwd=folder,
        env=None if env is None else dict(env),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=None if output is None else subprocess.STDOUT,
        start_new_session=True,
    )


def process_exists(pid: int) -> bool:
    """Say whether this id is taken, by whomever; an ended process that nobody has waited for counts."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def command_line(pid: int) -> list[str]:
    """Return the process's arguments, empty when it has ended or cannot be read."""
    if _PROC.joinpath("self").exists():
        try:
            raw = _PROC.joinpath(str(pid), "cmdline").read_bytes()
        except OSError:
            return []
        return [os.fsdecode(part) for part in raw.rstrip(b"\0").split(b"\0") if part]
    return _ask_ps("-p", str(pid)).get(pid, [])


def server_processes(cluster: Path) -> list[int]:
    """Return the ids of all PostgreSQL processes working on this data folder, ``initdb`` included.

    They are known by their command line (``-D <folder>``) and, on Linux, by their working folder: the
    server's own children carry no folder in their command line.
    """
    if _PROC.joinpath("self").exists():
        pids: Iterable[int] = [int(entry.name) for entry in _PROC.iterdir() if entry.name.isdigit()]
    else:
        pids = list(_ask_ps("-ax"))
    return [pid for pid in pids if pid != os.getpid() and _works_on(pid, cluster)]


def is_postmaster(pid: int, cluster: Path) -> bool:
    """Say whether this process is the server of exactly this data folder."""
    argv = command_line(pid)
    return bool(argv) and Path(argv[0]).name == "postgres" and _names_folder(argv, cluster)


def end_processes(pids: Sequence[int], steps: Sequence[tuple[signal.Signals | None, float]]) -> bool:
    """Send each step's signal to those still there and wait up to its seconds; say whether all are gone.

    A signal of None only waits. The ids must have been checked to be ours just before.
    """
    left = list(pids)
    for number, patience in steps:
        for pid in left:
            _signal(pid, number)
        deadline = time.monotonic() + patience
        while left and time.monotonic() < deadline:
            time.sleep(_PAUSE_SECONDS)
            left = [pid for pid in left if command_line(pid)]
        if not left:
            return True
    return not left


def _signal(pid: int, number: signal.Signals | None) -> None:
    if number is not None and process_exists(pid):
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return


def _works_on(pid: int, cluster: Path) -> bool:
    argv = command_line(pid)
    if not argv or Path(argv[0].split(":")[0]).name not in ("postgres", "initdb"):
        return False
    return _names_folder(argv, cluster) or _working_folder(pid) == cluster


def _names_folder(argv: Sequence[str], cluster: Path) -> bool:
    return any(flag == "-D" and Path(value) == cluster for flag, value in pairwise(argv))


def _working_folder(pid: int) -> Path | None:
    try:
        return _PROC.joinpath(str(pid), "cwd").readlink()
    except OSError:
        return None


def _ask_ps(*selection: str) -> dict[int, list[str]]:
    # Only where there is no /proc. Arguments with spaces come apart: such a left-over is not recognised.
    answer = subprocess.run(["/bin/ps", "-o", "pid=,command=", *selection], capture_output=True, text=True, check=False)
    rows = (line.split() for line in answer.stdout.splitlines())
    return {int(row[0]): row[1:] for row in rows if row}
