"""Pages and workers as an operator runs them: `tenantry web` and `tenantry worker`, each a process, on one server."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, LiteralString

import httpx2
import psycopg
from psycopg.rows import dict_row
from tests.faults.crashing.served import wait_for
from tests.faults.machines.cpu import seconds_of
from tests.faults.machines.own_server import OwnServer

from tenantry.runtime.home import Home
from tenantry.sealing import create_key_ring

_READY_SECONDS = 300.0
_STOP_SECONDS = 60.0


@dataclass
class Part:
    """One process: pages on a port, or a worker (port 0). ``cpu`` is what its ended processes used, in seconds."""

    kind: str
    number: int
    port: int
    process: "subprocess.Popen[bytes] | None" = None
    cpu: float = 0.0

    @property
    def name(self) -> str:
        """What it is called, such as *worker 2*."""
        return f"{self.kind} {self.number}"

    @property
    def address(self) -> str:
        """Where its pages are."""
        return f"http://127.0.0.1:{self.port}"


class Fleet:
    """The processes of one installation over the database ``name`` of the server. They share a folder with the keys."""

    def __init__(self, folder: Path, server: OwnServer, name: str, environment: Mapping[str, str]) -> None:
        home = Home(folder / f"home-{name}").prepare()
        create_key_ring(home.keys)
        self.server, self.database = server, name
        self.log = folder / f"{name}.log"
        outside = {key: value for key, value in os.environ.items() if not key.startswith(("DATABASE_", "TENANTRY_"))}
        self.environment = {
            **outside, "DATABASE_URL": server.application(name), "TENANTRY_HOME": str(home.path),
            "TENANTRY_LOG_LEVEL": "WARNING", "DJANGO_SETTINGS_MODULE": "tenantry.config.settings",
            "TENANTRY_API_CALLS": "100000", **environment,
        }  # fmt: skip
        self.parts: list[Part] = []
        self._administrator: psycopg.Connection[dict[str, Any]] | None = None

    def add(self, kind: str, count: int) -> list[Part]:
        """Start so many more of a kind, `web` or `worker`, and wait until they work."""
        have = len(self.of(kind))
        new = [Part(kind, have + number + 1, free_port() if kind == "web" else 0) for number in range(count)]
        self.parts += new
        for part in new:
            self._spawn(part)
        for part in new:
            self.wait_until_ready(part)
        return new

    def of(self, kind: str) -> list[Part]:
        """Return the processes of a kind."""
        return [part for part in self.parts if part.kind == kind]

    def start_again(self, part: Part) -> None:
        """Start a process that was stopped, and wait until it works."""
        self._spawn(part)
        self.wait_until_ready(part)

    def _spawn(self, part: Part) -> None:
        options = ["web", "--port", str(part.port)] if part.kind == "web" else ["worker"]
        with self.log.open("ab") as log:
            command = [sys.executable, "-m", "tenantry", *options]
            part.process = subprocess.Popen(command, env=self.environment, stdout=log, stderr=log)

    def wait_until_ready(self, part: Part) -> None:
        """Wait until pages answer, or as many workers have signed on as there are."""
        assert part.process is not None
        until = time.monotonic() + _READY_SECONDS
        while not (answers(part) if part.kind == "web" else self._workers_at_work() >= self._workers_started()):
            assert part.process.poll() is None, f"{part.name} ended: {self.said()}"
            assert time.monotonic() < until, f"{part.name} did not start: {self.said()}"
            time.sleep(0.05)

    def _workers_started(self) -> int:
        return sum(part.process is not None for part in self.of("worker"))

    def _workers_at_work(self) -> int:
        query: LiteralString = (
            "select count(*) from procrastinate_workers where last_heartbeat > now() - interval '10 seconds'"
        )
        return int(self.one(query))

    def stop(self, part: Part) -> float:
        """Stop a process as a service manager does; return how many seconds that took."""
        assert part.process is not None
        began = time.monotonic()
        part.cpu += seconds_of(part.process.pid)
        part.process.send_signal(signal.SIGTERM)
        code = part.process.wait(_STOP_SECONDS)
        assert code in {0, -signal.SIGTERM}, f"{part.name} ended with {code}: {self.said()}"
        part.process = None
        return time.monotonic() - began

    def stop_all(self) -> None:
        """Stop everything and give back the connection."""
        running = [part for part in self.parts if part.process is not None]
        for part in running:
            if part.process is not None:
                part.process.send_signal(signal.SIGTERM)
        for part in running:
            if part.process is not None:
                part.process.wait(_STOP_SECONDS)
            part.process = None
        if self._administrator is not None:
            self._administrator.close()

    def cpu(self, kind: str) -> float:
        """Return the CPU seconds that the processes of a kind have used until now."""
        return sum(part.cpu + (seconds_of(part.process.pid) if part.process else 0.0) for part in self.of(kind))

    def command(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run a command of the installation to its end, and return how it ended."""
        command = [sys.executable, "-m", "tenantry", *arguments]
        return subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=300, check=False)

    def run_module(self, module: str, given: str) -> str:
        """Run a module of the tests over the database, with ``given`` as its input; return its last line."""
        done = subprocess.run(
            [sys.executable, "-m", module], input=given, env=self.environment, capture_output=True, text=True,
            timeout=300, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stdout.splitlines()[-1]

    def rows(self, query: LiteralString, *parameters: object) -> list[dict[str, Any]]:
        """Ask the database as the server's administrator, who sees across marketplaces."""
        if self._administrator is None or self._administrator.closed:
            address = self.server.superuser(self.database)
            self._administrator = psycopg.connect(address, autocommit=True, row_factory=dict_row)
        done = self._administrator.execute(query, parameters or None)
        return done.fetchall() if done.description else []

    def one(self, query: LiteralString, *parameters: object) -> Any:
        """Return the only value of a query; ``None`` for none."""
        return next((value for row in self.rows(query, *parameters) for value in row.values()), None)

    def wait(self, query: LiteralString, *parameters: object, seconds: float, what: str) -> None:
        """Wait until a query's only value is true."""
        wait_for(lambda: bool(self.one(query, *parameters)), seconds, what)

    def sessions(self) -> int:
        """Return how many sessions the installation has on the server now."""
        query: LiteralString = (
            "select count(*) from pg_stat_activity where datname = current_database() and usename = 'tenantry_app'"
        )
        return int(self.one(query))

    @contextmanager
    def watching_sessions(self) -> Iterator[list[int]]:
        """Look every half second how many sessions there are, while the block runs; gives what was seen."""
        seen, stop = [self.sessions()], threading.Event()

        def watch() -> None:
            while not stop.wait(0.5):
                seen.append(self.sessions())

        watching = threading.Thread(target=watch, name="sessions", daemon=True)
        watching.start()
        try:
            yield seen
        finally:
            stop.set()
            watching.join()

    def said(self) -> str:
        """Return the end of what the processes wrote."""
        return self.log.read_text(errors="replace")[-3000:] if self.log.is_file() else ""


def answers(part: Part) -> bool:
    """Whether the pages of a web process answer."""
    with suppress(httpx2.TransportError):
        return httpx2.get(f"{part.address}/livez", timeout=2).status_code == 200
    return False


def free_port() -> int:
    """Return a port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def addresses(parts: Sequence[Part]) -> list[str]:
    """Return where the pages of web processes are."""
    return [part.address for part in parts if part.kind == "web"]
