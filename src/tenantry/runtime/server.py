"""One run of the PostgreSQL server: from its start to its end. Restarts are the keeper's matter."""

import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tenantry.runtime.cluster import clean_environment
from tenantry.runtime.errors import PostgresFailed
from tenantry.runtime.leftovers import read_note
from tenantry.runtime.logfile import LogFile
from tenantry.runtime.place import Place
from tenantry.runtime.processes import end_processes, server_processes, start_process
from tenantry.runtime.programs import Programs
from tenantry.runtime.sockets import PORT

_PAUSE_SECONDS = 0.02
_LAST_RESORT_SECONDS = 10.0


@dataclass(slots=True)
class Server:
    """A running (or ended) server. Made by ``launch``; the launching thread must outlive it."""

    process: "subprocess.Popen[bytes]"
    cluster: Path
    log: LogFile
    log_start: int
    started: float

    @classmethod
    def launch(
        cls, place: Place, programs: Programs, sockets: Path, settings: Mapping[str, str], log: LogFile
    ) -> "Server":
        """Start the server's process on its socket only, without waiting until it is ready."""
        log.trim()
        log_start = log.size()
        argv = [str(programs.path("postgres")), "-D", str(place.cluster), "-h", "", "-p", str(PORT)]
        argv += ["-k", str(sockets), "-c", "unix_socket_permissions=0700"]
        for name, value in settings.items():
            argv += ["-c", f"{name}={value}"]
        with log.open() as output:
            process = start_process(
                argv,
                death_signal=signal.SIGINT,
                os_user=place.os_user,
                env=clean_environment(),
                output=output,
                folder=Path("/"),
            )
        return cls(process, place.cluster, log, log_start, time.monotonic())

    @property
    def pid(self) -> int:
        """The postmaster's process id."""
        return self.process.pid

    @property
    def lived(self) -> float:
        """Seconds since it was started."""
        return time.monotonic() - self.started

    def wait_until_ready(self, timeout: float, interrupted: Callable[[], bool]) -> bool:
        """Wait until it takes connections; False when ``interrupted`` said so first.

        Raises PostgresFailed, with the log's tail, when it ends instead or needs longer than ``timeout``
        (it is stopped then).
        """
        while not interrupted():
            code = self.process.poll()
            if code is not None:
                raise PostgresFailed(
                    f"PostgreSQL ended while starting (exit code {code}). Its log is {self.log.path}.",
                    self.log.tail(self.log_start),
                )
            note = read_note(self.cluster)
            if note and note.ready and note.pid == self.pid:
                return True
            if self.lived > timeout:
                self.stop(_LAST_RESORT_SECONDS)
                raise PostgresFailed(
                    f"PostgreSQL was not ready within {timeout:g} s and was stopped. Its log is {self.log.path}.",
                    self.log.tail(self.log_start),
                )
            time.sleep(_PAUSE_SECONDS)
        return False

    def stop(self, timeout: float, *, at_once: bool = False) -> None:
        """Stop it cleanly; after ``timeout`` seconds (or with ``at_once``) as after a crash, then by force.

        The next start repairs what an unclean stop leaves. Safe to call from any thread, and twice.
        Raises PostgresFailed when it survives even that.
        """
        steps = [(signal.SIGQUIT, _LAST_RESORT_SECONDS), (signal.SIGKILL, _LAST_RESORT_SECONDS)]
        for number, patience in steps if at_once else [(signal.SIGINT, timeout), *steps]:
            self.process.send_signal(number)
            try:
                self.process.wait(patience)
            except subprocess.TimeoutExpired:
                continue
            break
        else:
            raise PostgresFailed(
                f"PostgreSQL (process {self.pid}) cannot be stopped, not even by force. "
                "Its disk may not answer; the system may need a restart."
            )
        end_processes(server_processes(self.cluster), ((None, 3.0), (signal.SIGKILL, 5.0)))
