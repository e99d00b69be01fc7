"""The thread that keeps the database server running: starts it, waits on it, starts it again."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

from tenantry.runtime.backoff import Backoff
from tenantry.runtime.errors import PostgresGaveUp, RuntimeProblem
from tenantry.runtime.logfile import LogFile
from tenantry.runtime.options import PostgresOptions
from tenantry.runtime.server import Server

_TRIM_SECONDS = 600.0


@dataclass(slots=True)
class _State:
    server: Server | None = None
    failure: Exception | None = None
    ready_once: bool = False


class Keeper:
    """Runs ``launch`` in a thread of its own, and again after each unexpected end, until ``stop``.

    Its own thread, because the server is told to stop when the *thread* that started it ends. ``failure``
    is None until the server could not be started, or ended too often in a row.
    """

    def __init__(
        self, launch: Callable[[], Server], options: PostgresOptions, log: LogFile, say: Callable[[str], None]
    ) -> None:
        self._launch = launch
        self._options = options
        self._log = log
        self._say = say
        self._state = _State()
        self._guard = threading.Lock()
        self._settled = threading.Event()
        self._stopping = threading.Event()
        self._backoff = Backoff(options.restart_delays, options.calm_after, gives_up=True)
        self._thread = threading.Thread(target=self._run, name="postgres-keeper", daemon=True)
        self._trimmer = threading.Thread(target=self._trim, name="postgres-log", daemon=True)

    @property
    def failure(self) -> Exception | None:
        """Why the server is not kept running any more; None while it is."""
        return self._state.failure

    @property
    def server(self) -> Server | None:
        """The latest run of the server."""
        return self._state.server

    def start(self) -> None:
        """Start the thread and wait until the server is ready. Raises what kept it from that."""
        self._thread.start()
        self._trimmer.start()
        self._settled.wait()
        if self._state.failure is not None:
            raise self._state.failure

    def stop(self, *, at_once: bool = False) -> None:
        """Stop the server and the thread. Safe to call twice; ``at_once`` may overtake a patient stop."""
        self._stopping.set()
        with self._guard:
            server = self._state.server
        if server is not None:
            server.stop(self._options.stop_timeout, at_once=at_once)
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        try:
            while not self._stopping.is_set():
                self._run_once()
        except Exception as problem:  # noqa: BLE001 - whatever it is, it must reach whoever asked for the server
            self._state.failure = problem
            if self._state.ready_once:
                self._say(str(problem))
        finally:
            self._stopping.set()
            self._settled.set()

    def _run_once(self) -> None:
        server: Server | None = None
        try:
            with self._guard:
                if self._stopping.is_set():
                    return
                self._state.server = server = self._launch()
            if not server.wait_until_ready(self._options.start_timeout, self._stopping.is_set):
                return
            self._note_ready(server)
            code = server.process.wait()
            how = f"ended unexpectedly (exit code {code})"
        except (RuntimeProblem, OSError) as problem:
            if not self._state.ready_once:
                raise
            how = f"could not be started again: {problem}"
        if not self._stopping.is_set():
            self._wait_before_restart(how, server.lived if server else 0.0)

    def _note_ready(self, server: Server) -> None:
        again = " again" if self._state.ready_once else ""
        self._state.ready_once = True
        self._say(f"The database is ready{again} (process {server.pid}, {server.lived:.1f} s).")
        self._settled.set()

    def _wait_before_restart(self, how: str, lived: float) -> None:
        delay = self._backoff.after(lived)
        if delay is None:
            raise PostgresGaveUp(
                f"The database {how}, {self._backoff.in_a_row} times in a row, and is not started again. "
                f"Its log is {self._log.path}. Mend the cause (often a full disk) and start anew.",
                self._log.tail(),
            )
        self._say(f"The database {how}; starting it again {f'in {delay:g} s' if delay else 'at once'}.")
        self._stopping.wait(delay)

    def _trim(self) -> None:
        while not self._stopping.wait(_TRIM_SECONDS):
            try:
                self._log.trim()
            except OSError as problem:
                self._say(f"The database's log could not be shortened: {problem}. It grows until that works.")
