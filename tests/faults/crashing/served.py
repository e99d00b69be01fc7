"""A whole installation in a throw-away folder: `tenantry serve` as a process, and its parts found to be killed."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, LiteralString, Protocol

import httpx2
import psycopg
from psycopg.rows import dict_row
from tests.conftest import fast_folder

from tenantry.runtime.embedded import EmbeddedPostgres
from tenantry.runtime.home import Home

_READY_SECONDS = 300.0


def wait_for(condition: Callable[[], bool], seconds: float, what: str = "it") -> None:
    """Wait until ``condition`` holds. Raises ``AssertionError`` when it does not within ``seconds``."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"{what} did not happen within {seconds:.0f} s"
        time.sleep(0.03)


def token_in(page: str) -> str:
    """Return the token that a form of this page is sent back with."""
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert found, page[:2000]
    return found.group(1)


@contextmanager
def reachable_folder(parent: str | None = None) -> Iterator[Path]:
    """Give a folder that the database's user reaches, removed afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="tenantry-crash-", dir=parent or fast_folder()))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class Installation(Protocol):
    """An installation, as whoever judges it asks it."""

    def rows(self, query: LiteralString, *parameters: object) -> list[dict[str, Any]]:
        """Ask the database as its owner, who sees across marketplaces."""

    def command(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run a command of the installation to its end, and return how it ended."""


class Served:
    """`tenantry serve` on a folder of its own. ``environment`` is added to that of its processes."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self.home = Home(folder / "home")
        self.log = folder / "serve.log"
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        outside = {name: value for name, value in os.environ.items() if not name.startswith(("DATABASE_", "TENANTRY_"))}
        self.environment = {**outside, "TENANTRY_STALLED_AFTER": "3", "TENANTRY_LOG_LEVEL": "WARNING", **environment}
        self.process: subprocess.Popen[bytes] | None = None
        self.second: subprocess.Popen[bytes] | None = None
        self.postgres = EmbeddedPostgres(self.home)
        self._owner: psycopg.Connection[dict[str, Any]] | None = None

    def _spawn(self, *arguments: str) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", "tenantry", *arguments, "--home", str(self.home.path)]
        with self.log.open("ab") as log:
            return subprocess.Popen(command, env=self.environment, stdout=log, stderr=log)

    def command(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run a command of the installation to its end, and return how it ended."""
        command = [sys.executable, "-m", "tenantry", *arguments, "--home", str(self.home.path)]
        return subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=120, check=False)

    def start(self) -> None:
        """Start it and wait for its pages."""
        self.process = self._spawn("serve", "--port", str(self.port))
        try:
            wait_for(self.answers, _READY_SECONDS, "the first page of tenantry serve")
        except AssertionError as late:
            raise AssertionError(f"{late}. It said: {self.log.read_text(errors='replace')[-2000:]}") from late

    def start_second_worker(self) -> None:
        """Start a worker beside the one of `serve`, on the same embedded database."""
        self.second = self._spawn("worker")

    def keep_up(self) -> bool:
        """Start again what no supervisor does: `serve` itself, and the second worker. Return whether any had ended."""
        ended = self.process is not None and self.process.poll() is not None
        if ended:
            self.process = self._spawn("serve", "--port", str(self.port))
        if self.second is not None and self.second.poll() is not None and self.postgres.is_running():
            self.start_second_worker()
        return ended

    def stop(self) -> None:
        """Stop everything as Ctrl-C does, and delete the database."""
        self.close()
        for process in (self.second, self.process):
            if process is not None and process.poll() is None:
                process.send_signal(signal.SIGTERM)
                process.wait(60)
        with suppress(Exception):  # a database on a full disk leaves nothing that stays
            self.postgres.erase()

    def answers(self) -> bool:
        """Whether the pages answer."""
        with suppress(httpx2.TransportError):
            return httpx2.get(f"http://127.0.0.1:{self.port}/livez", timeout=1).status_code == 200
        return False

    def rows(self, query: LiteralString, *parameters: object) -> list[dict[str, Any]]:
        """Ask the database as its owner, who sees across marketplaces. Raises ``OperationalError`` while it is away."""
        try:
            if self._owner is None or self._owner.closed:
                self._owner = psycopg.connect(self.postgres.owner_dsn(), autocommit=True, row_factory=dict_row)
            done = self._owner.execute(query, parameters or None)
            return done.fetchall() if done.description else []
        except psycopg.OperationalError:
            self.close()
            raise

    def one(self, query: LiteralString, *parameters: object) -> Any:
        """Return the only value of a query; ``None`` for none, and while the database is away."""
        with suppress(psycopg.OperationalError):
            return next((value for row in self.rows(query, *parameters) for value in row.values()), None)
        return None

    def close(self) -> None:
        """Give back the connection."""
        if self._owner is not None:
            self._owner.close()
        self._owner = None

    def worker(self) -> int | None:
        """Return the process id of the worker that `serve` started."""
        return self._child("tenantry worker")

    def web(self) -> int | None:
        """Return the process id of the server of pages."""
        return self._child("granian")

    def web_inside(self) -> int | None:
        """Return the process that answers for the server of pages."""
        outer = self.web()
        return next((pid for pid, _ in _children(outer)), None) if outer else None

    def _child(self, words: str) -> int | None:
        if self.process is None:
            return None
        return next((pid for pid, command in _children(self.process.pid) if words in command), None)


def _children(parent: int) -> Iterator[tuple[int, str]]:
    """Yield the living children of a process with their commands."""
    for place in Path("/proc").iterdir():
        if not place.name.isdigit():
            continue
        with suppress(OSError):
            state, above = place.joinpath("stat").read_text().rpartition(")")[2].split()[:2]
            if int(above) == parent and state != "Z":
                yield int(place.name), place.joinpath("cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
