"""What all tests share: one real PostgreSQL, a database of their own for those that ask, and the cast.

A test that takes ``database`` gets a fresh clone of the migrated template: its commits are real, so other
threads, processes and connections see them. Nothing is rolled back behind its back.
"""

import copy
import os
import shutil
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from hypothesis import HealthCheck
from hypothesis import settings as examples

from tenantry.emulator.certificates import prepare
from tenantry.runtime.embedded import EmbeddedPostgres
from tenantry.runtime.home import Home
from tenantry.runtime.options import FAST_AND_UNSAFE
from tenantry.runtime.processes import process_exists
from tenantry.sealing import create_key_ring

# A busy machine is no fault of what is tested: how long an example takes is no matter.
examples.register_profile("tenantry", deadline=None, suppress_health_check=[HealthCheck.too_slow])
examples.load_profile("tenantry")

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
_TEMPLATE = "tenantry_template"
_PREFIX = "tenantry-tests-of-"
_ROOM_IN_MEMORY = 3 * 2**30
_server: EmbeddedPostgres | None = None
_folder: Path | None = None


def fast_folder() -> str:
    """Return where throw-away databases go: memory when there is plenty of it, else the disk.

    Both are reachable for the database's user, and its programs may be run from there.
    """
    try:
        memory = os.statvfs("/dev/shm")  # noqa: S108  # the name it has on every Linux
    except OSError:
        return "/tmp"  # noqa: S108  # same
    roomy = memory.f_bavail * memory.f_frsize > _ROOM_IN_MEMORY
    runs_programs = not memory.f_flag & os.ST_NOEXEC
    return "/dev/shm" if roomy and runs_programs and os.access("/dev/shm", os.W_OK) else "/tmp"  # noqa: S108  # same


def _remove_what_killed_runs_left(parent: Path) -> None:
    """Give back the memory of test sessions whose process is gone: its id stands in the folder's name."""
    for folder in parent.glob(f"{_PREFIX}*-*"):
        pid = folder.name.removeprefix(_PREFIX).split("-")[0]
        if pid.isdigit() and not process_exists(int(pid)):
            shutil.rmtree(folder, ignore_errors=True)  # somebody else's stays


def pytest_configure(config: pytest.Config) -> None:
    """Prepare the environment that Django's settings read; the server itself starts when a test asks."""
    if "TENANTRY_TEST_HOME" in os.environ:  # an xdist worker: the controller made everything
        return
    global _folder  # noqa: PLW0603  # one per process, released in pytest_unconfigure
    _remove_what_killed_runs_left(Path(fast_folder()))
    _folder = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-", dir=fast_folder()))
    _folder.chmod(0o711)
    home = Home(_folder / "home").prepare()
    create_key_ring(home.keys)
    os.environ["TENANTRY_TEST_HOME"] = str(home.path)
    os.environ["TENANTRY_HOME"] = str(home.path)
    os.environ["DATABASE_URL"] = EmbeddedPostgres(home, FAST_AND_UNSAFE).url()
    settings.KEYS_FOLDER, settings.HOME = home.keys, home.path  # pytest-django read the settings before this


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the server and remove its folder, in the process that made them."""
    if _server is not None:
        _server.erase()
    if _folder is not None:
        shutil.rmtree(_folder, ignore_errors=True)


def pytest_sessionstart(session: pytest.Session) -> None:
    """Start the server before xdist's workers do: they find it by the folder."""
    if session.config.option.collectonly or _folder is None:
        return
    global _server  # noqa: PLW0603  # one per process, stopped in pytest_unconfigure
    _server = EmbeddedPostgres(Home(_folder / "home"), FAST_AND_UNSAFE)
    _server.start()
    _make_template(_server)


def _make_template(server: EmbeddedPostgres) -> None:
    with psycopg.connect(server.owner_dsn("postgres"), autocommit=True) as owner:
        owner.execute(f"create database {_TEMPLATE}")
    url = server.url("postgres", _TEMPLATE)
    environment = {**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "tenantry.config.settings"}
    subprocess.run([sys.executable, "-m", "django", "migrate", "-v", "0"], env=environment, check=True)


@pytest.fixture(scope="session")
def postgres() -> EmbeddedPostgres:
    """The server of this test session."""
    return EmbeddedPostgres(Home(Path(os.environ["TENANTRY_TEST_HOME"])), FAST_AND_UNSAFE)


class Clones:
    """Copies of the migrated template, or of a snapshot; one at a time.

    A copy is dropped when the next one is made: the server would wait for sessions that are just ending.
    """

    def __init__(self, owner: "psycopg.Connection[tuple[object, ...]]", *, in_memory: bool) -> None:
        self._owner = owner
        self._strategy = "file_copy" if in_memory else "wal_log"  # the faster one there
        self._name = ""

    def fresh(self, template: str) -> str:
        """Make a copy of a database that nobody is connected to; its name."""
        if self._name:
            self._owner.execute(f"drop database {self._name} with (force)")
        self._name = self.kept(template)
        return self._name

    def kept(self, template: str) -> str:
        """Make a copy that stays until the server ends; its name."""
        name = f"t_{uuid.uuid4().hex[:12]}"
        self._owner.execute(f"create database {name} template {template} strategy {self._strategy}")
        return name


@pytest.fixture(scope="session")
def _clones(postgres: EmbeddedPostgres) -> Iterator[Clones]:
    with psycopg.connect(postgres.owner_dsn("postgres"), autocommit=True) as owner:
        yield Clones(owner, in_memory=postgres.home.path.is_relative_to("/dev/shm"))  # noqa: S108  # see fast_folder


@contextmanager
def _connected(postgres: EmbeddedPostgres, name: str, blocker: Any) -> Iterator[None]:
    """Connect Django, and the processes that a test starts, to a database as the application."""
    from django.db import connections

    connection = connections["default"]
    connection.close()
    connection.settings_dict.update(NAME=name, USER="tenantry_app", HOST=str(postgres.socket_dir))
    before = os.environ["DATABASE_URL"]
    os.environ["DATABASE_URL"] = postgres.url("tenantry_app", name)
    with blocker.unblock():
        yield
        connections.close_all()
    os.environ["DATABASE_URL"] = before


Snapshot = Callable[[Callable[[], Any]], tuple[str, Any]]


@pytest.fixture(scope="session")
def snapshot(postgres: EmbeddedPostgres, _clones: Clones, django_db_blocker: object) -> Snapshot:
    """Build a database's content once, for tests that each want a copy of it.

    Called with a function that writes the content, it returns a name for the fixture ``template`` to give,
    and a copy of what the function returned.
    """
    made: dict[Callable[[], Any], tuple[str, Any]] = {}

    def snapshot_of(build: Callable[[], Any]) -> tuple[str, Any]:
        if build not in made:
            name = _clones.kept(_TEMPLATE)
            with _connected(postgres, name, django_db_blocker):
                made[build] = (name, build())
        name, content = made[build]
        return name, copy.deepcopy(content)

    return snapshot_of


@pytest.fixture
def template() -> str:
    """The database that the test's own is a copy of: empty, unless a folder's tests say otherwise."""
    return _TEMPLATE


@pytest.fixture
def database(postgres: EmbeddedPostgres, _clones: Clones, django_db_blocker: object, template: str) -> Iterator[str]:
    """Give the test a fresh database and connect Django to it as the application; its name."""
    name = _clones.fresh(template)
    with _connected(postgres, name, django_db_blocker):
        yield name


@pytest.fixture
def owner_url(database: str, postgres: EmbeddedPostgres) -> str:
    """The test's database, as its owner: sees across marketplaces."""
    return postgres.url("postgres", database)


@pytest.fixture(scope="session")
def emulator_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keys and certificates for every emulator of this session: they take longer to make than all the rest of it."""
    folder = tmp_path_factory.mktemp("emulator-home")
    prepare(folder)
    return folder


@pytest.fixture
def now() -> datetime:
    return NOW
