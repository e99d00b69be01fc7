"""What happens in a new process between fork and its program: run by path, before any program of ours.

``python -I -S child.py <parent pid> <signal> <uid:gid or -> <program> <arguments...>``

It steps down to another account if told to, asks Linux for ``signal`` when the parent dies, gives signals
their default meaning back and becomes the program, under the same process id. A program of its own
because running Python in a forked child of a process with threads (``preexec_fn``) may deadlock.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1
_CANNOT_START = 126


def main(arguments: list[str]) -> int:
    """Become the program; return 126 (with a sentence on stderr) only when that is impossible."""
    parent, death_signal, identity, *command = arguments
    try:
        _step_down(identity)
        _die_with_parent(int(parent), int(death_signal))
        _reset_signals()
        os.execvp(command[0], command)  # noqa: S606 - replaces this process, through no shell
    except OSError as problem:
        sys.stderr.write(f"{command[0]} could not be started as {identity}: {problem}\n")
    return _CANNOT_START


def _step_down(identity: str) -> None:
    if identity == "-":
        return
    uid, gid = (int(part) for part in identity.split(":"))
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)


def _die_with_parent(parent: int, death_signal: int) -> None:
    # After stepping down: a change of account clears the request.
    if sys.platform != "linux":
        return
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, death_signal, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "the parent-death signal was refused")
    if os.getppid() != parent:
        # The parent died before we asked.
        sys.exit(_CANNOT_START)


def _reset_signals() -> None:
    # Ignored and blocked signals survive exec; a shell's `&` ignores SIGINT, Python ignores SIGPIPE.
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGQUIT, signal.SIGHUP, signal.SIGPIPE):
        signal.signal(number, signal.SIG_DFL)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
