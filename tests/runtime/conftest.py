"""Real folders, real servers and real processes for the runtime's tests, as root and as anybody else."""

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.conftest import fast_folder
from tests.runtime.stage import Make, RunPython, Until

from tenantry.runtime.embedded import EmbeddedPostgres
from tenantry.runtime.home import Home
from tenantry.runtime.options import FAST_AND_UNSAFE, PostgresOptions


@pytest.fixture
def folder() -> Iterator[Path]:
    """A fresh folder that every user may pass through, unlike pytest's own temporary folders."""
    path = Path(tempfile.mkdtemp(prefix="tenantry-test-", dir=fast_folder()))
    path.chmod(0o711)
    yield path
    shutil.rmtree(path)


@pytest.fixture
def home(folder: Path) -> Home:
    return Home.resolve(folder / "home")


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture(scope="session")
def seed() -> Iterator[Path]:
    """A ready-made data folder to copy: half a second quicker than making one."""
    path = Path(tempfile.mkdtemp(prefix="tenantry-seed-", dir=fast_folder()))
    path.chmod(0o711)
    with EmbeddedPostgres(Home(path / "home"), FAST_AND_UNSAFE) as server:
        data = server.place.data
    yield data
    shutil.rmtree(path)


@pytest.fixture(scope="module")
def running(seed: Path) -> Iterator[EmbeddedPostgres]:
    """One running server for all the tests of a module that leave it as it is."""
    path = Path(tempfile.mkdtemp(prefix="tenantry-running-", dir=fast_folder()))
    path.chmod(0o711)
    home = Home(path / "home").prepare()
    subprocess.run(["cp", "-a", seed, home.data], check=True)
    with EmbeddedPostgres(home, FAST_AND_UNSAFE) as server:
        yield server
    shutil.rmtree(path)


@pytest.fixture
def make(said: list[str], seed: Path) -> Iterator[Make]:
    """Make servers that are stopped and erased at the end, wherever their data went."""
    made: list[EmbeddedPostgres] = []

    def maker(home: Home, options: PostgresOptions = FAST_AND_UNSAFE, *, fresh: bool = False) -> EmbeddedPostgres:
        if not fresh and not home.data.exists():
            subprocess.run(["cp", "-a", seed, home.prepare().data], check=True)
        server = EmbeddedPostgres(home, options, say=said.append)
        made.append(server)
        return server

    yield maker
    for server in made:
        server.stop()
    for server in made:
        server.erase()


@pytest.fixture
def until() -> Until:
    """Wait until something is true; fail when it is not within so many seconds."""

    def wait(condition: Callable[[], bool], seconds: float = 10.0) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, f"not true within {seconds} s"
            time.sleep(0.01)

    return wait


@pytest.fixture
def run_python() -> Iterator[RunPython]:
    """Run Python code in a process of its own; whatever still runs at the end is killed."""
    started: list[subprocess.Popen[str]] = []

    def run(code: str, *arguments: object) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [sys.executable, "-c", code, *map(str, arguments)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        started.append(process)
        return process

    yield run
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()
