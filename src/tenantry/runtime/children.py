"""One supervised child process: what it is, and the keeping of it: started, watched, restarted, stopped."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tenantry.runtime.backoff import Backoff
from tenantry.runtime.errors import ChildGaveUp
from tenantry.runtime.processes import start_process

_PAUSE_SECONDS = 0.02
_KILL_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Child:
    """What to run and how to treat it.

    ``env``            the whole environment; None: the supervisor's
    ``stop_signal``    asks it to finish; also what it gets when the supervisor dies (Linux)
    ``stop_timeout``   seconds it may take for that, before its whole process group is killed
    ``restart``        start it again after *any* end: an exit code of 0 is no sign of success (a queue
                       worker ends with 0 when the database goes away)
    ``ready``          polled until it says True after each start; must answer within a second; an exception is a
                       no. A child that ends ``attempts`` times without ever being ready stops everything
    ``ready_timeout``  seconds after which it is said (once) that the child is still not ready
    ``restart_delays`` seconds before each restart in a row; the last one repeats
    ``calm_after``     seconds after which a run counts as healthy and the row starts anew
    """

    name: str
    argv: Sequence[str]
    env: Mapping[str, str] | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    stop_timeout: float = 10.0
    restart: bool = True
    ready: Callable[[], bool] | None = None
    ready_timeout: float = 30.0
    attempts: int = 5
    restart_delays: Sequence[float] = (0.0, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
    calm_after: float = 60.0
    folder: Path | None = None


@dataclass(frozen=True, slots=True)
class ChildExit:
    """One end of a child. ``code`` is negative for a signal; ``asked`` when we were stopping it."""

    name: str
    pid: int
    code: int
    asked: bool


class KeptChild:
    """A child under care. Every method is called from one thread: the one that starts the processes.

    ``say`` receives sentences, ``ended`` every end of the process. ``exit_code`` is the last one, None
    before the first end.
    """

    def __init__(self, child: Child, say: Callable[[str], None], ended: Callable[[ChildExit], None]) -> None:
        self.child = child
        self.exit_code: int | None = None
        self.ready = False
        self._say = say
        self._ended = ended
        self._process: subprocess.Popen[bytes] | None = None
        self._started = 0.0
        self._due: float | None = 0.0
        self._ever_ready = False
        self._said_late = False
        self._check_problem: Exception | None = None
        self._backoff = Backoff(child.restart_delays, child.calm_after, gives_up=False)

    @property
    def finished(self) -> bool:
        """Whether it has ended and will not be started again."""
        return self._process is None and self._due is None

    @property
    def settled(self) -> bool:
        """Whether nothing is expected of it soon: it runs and is ready, or it has finished."""
        return self.finished or (self.ready and self._process is not None)

    def attend(self) -> None:
        """Do what is due now: start it, notice its end, ask whether it is ready. Does not wait.

        Raises ChildGaveUp when it ended too often before it was ever ready.
        """
        now = time.monotonic()
        if self._process is None:
            if self._due is not None and now >= self._due:
                self._start()
        elif self._process.poll() is not None:
            self._note_end(self._process, now)
        elif not self.ready:
            self._ask_ready(now)

    def stop(self, at_once: Callable[[], bool]) -> None:
        """Ask it to finish, wait, and kill what is left of its process group. ``at_once`` cuts it short."""
        self._due = None
        process = self._process
        if process is None:
            return
        name, pid = self.child.name, process.pid
        began = time.monotonic()
        if process.poll() is None:
            self._say(f"Stopping {name} (process {pid}).")
            process.send_signal(self.child.stop_signal)
        deadline = began + self.child.stop_timeout
        while process.poll() is None and time.monotonic() < deadline and not at_once():
            time.sleep(_PAUSE_SECONDS)
        stopped = process.poll() is not None
        _kill_group(pid)
        code = _code_of_killed(process)
        took = time.monotonic() - began
        if code is None:
            # Stuck in the kernel, on a dead disk for instance; the others must still be stopped.
            self._say(f"{name} (process {pid}) cannot even be killed; the system may need a restart.")
        else:
            how = "stopped" if stopped else "was killed: it had not stopped"
            self._say(f"{name} {how} after {took:.1f} s ({_words(code)}).")
        self._forget(-signal.SIGKILL if code is None else code, asked=True, pid=pid)

    def _start(self) -> None:
        child = self.child
        self._process = start_process(child.argv, death_signal=child.stop_signal, env=child.env, folder=child.folder)
        self._started = time.monotonic()
        self._due, self._said_late = None, False
        self.ready = child.ready is None
        again = " again" if self.exit_code is not None else ""
        self._say(f"Started {child.name}{again} (process {self._process.pid}).")

    def _ask_ready(self, now: float) -> None:
        child, took = self.child, now - self._started
        if self._says_ready():
            self.ready = self._ever_ready = True
            self._say(f"{child.name} is ready ({took:.1f} s).")
        elif took > child.ready_timeout and not self._said_late:
            self._said_late = True
            why = f" (its check failed: {self._check_problem!r})" if self._check_problem else ""
            self._say(f"{child.name} is still not ready after {took:.0f} s{why}; waiting on.")

    def _says_ready(self) -> bool:
        self._check_problem = None
        try:
            return self.child.ready is not None and self.child.ready()
        except Exception as problem:  # noqa: BLE001 - a check that fails is a no; said when it takes too long
            self._check_problem = problem
            return False

    def _note_end(self, process: "subprocess.Popen[bytes]", now: float) -> None:
        _kill_group(process.pid)  # what it started must not keep its port or its jobs
        code = process.returncode
        delay = self._backoff.after(now - self._started)
        self._forget(code, asked=False, pid=process.pid)
        sentence = f"{self.child.name} (process {process.pid}) ended by itself ({_words(code)})"
        if not self.child.restart:
            self._say(f"{sentence}.")
            return
        if self._hopeless():
            raise ChildGaveUp(
                f"{sentence}, {self._backoff.in_a_row} times in a row and never ready. "
                "What it printed says why; mend that and start again."
            )
        self._due = now + (delay or 0.0)
        self._say(f"{sentence}; starting it again {f'in {delay:g} s' if delay else 'at once'}.")

    def _hopeless(self) -> bool:
        never = self.child.ready is not None and not self._ever_ready
        return never and self._backoff.in_a_row >= self.child.attempts

    def _forget(self, code: int, *, asked: bool, pid: int) -> None:
        self._process, self.ready, self.exit_code = None, False, code
        self._ended(ChildExit(self.child.name, pid, code, asked))


def _kill_group(pid: int) -> None:
    try:
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        # Nobody is left in it. macOS says so with "not permitted" while a member is unwaited for.
        return


def _code_of_killed(process: "subprocess.Popen[bytes]") -> int | None:
    try:
        return process.wait(_KILL_SECONDS)
    except subprocess.TimeoutExpired:
        return None


def _words(code: int) -> str:
    return f"exit code {code}" if code >= 0 else f"signal {signal.Signals(-code).name}"
