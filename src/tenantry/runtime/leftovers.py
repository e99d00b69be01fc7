"""What an earlier server left behind: its note of itself, a live server, orphaned children, sockets.

Everything here assumes that the caller holds the installation's lock: then nobody else's server can be at
work on this data folder, and whatever is still there is ours to end. A process is ended only when its
command line or working folder says that it is PostgreSQL at work on exactly this folder; a process id
alone proves nothing, for ids are used again (always so in containers).
"""

import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tenantry.runtime.errors import PostgresRefused
from tenantry.runtime.processes import end_processes, is_postmaster, process_exists, server_processes
from tenantry.runtime.sockets import SOCKET_NAME

# Clean stop, immediate stop, end.
_SERVER_STEPS = ((signal.SIGINT, 30.0), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0))
# Children of a killed server notice its end by themselves, unless they are deep in a long computation.
_ORPHAN_STEPS = ((None, 3.0), (signal.SIGKILL, 5.0))
_STATUS_LINE = 7


@dataclass(frozen=True, slots=True)
class ServerNote:
    """What ``postmaster.pid`` says: the server's process id (None: unreadable) and whether it is ready."""

    pid: int | None
    ready: bool


def read_note(cluster: Path) -> ServerNote | None:
    """Read ``postmaster.pid``; None when there is none. A half-written one has no process id."""
    try:
        lines = cluster.joinpath("postmaster.pid").read_text("utf-8", "replace").splitlines()
    except (FileNotFoundError, NotADirectoryError):
        return None
    # While a server runs in single-user mode the id is negative.
    pid = int(lines[0]) if lines and lines[0].strip().lstrip("-").isdigit() else None
    return ServerNote(
        abs(pid) if pid else None,
        ready=len(lines) > _STATUS_LINE and lines[_STATUS_LINE].strip() == "ready",
    )


def clear_leftovers(cluster: Path, sockets: Path, say: Callable[[str], None]) -> None:
    """Make the data folder free for a new server. Raises PostgresRefused when a left-over cannot be ended."""
    note = read_note(cluster)
    if note and note.pid and is_postmaster(note.pid, cluster):
        say(f"A database server from an earlier run (process {note.pid}) is still there; stopping it.")
        end_processes([note.pid], _SERVER_STEPS)
    orphans = server_processes(cluster)
    if orphans and not end_processes(orphans, _ORPHAN_STEPS):
        raise PostgresRefused(
            f"Processes {', '.join(map(str, orphans))} of an earlier database server cannot be ended. "
            "End them by hand, or restart the machine, then start again."
        )
    note = read_note(cluster)
    # A dead server's readable note is left to PostgreSQL, which checks its shared memory by it.
    if note and (note.pid is None or process_exists(note.pid)):
        say("The last database server ended without tidying up; its process id is stale and is removed.")
        cluster.joinpath("postmaster.pid").unlink(missing_ok=True)
    for name in (SOCKET_NAME, f"{SOCKET_NAME}.lock"):
        sockets.joinpath(name).unlink(missing_ok=True)
