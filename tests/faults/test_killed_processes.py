"""A whole installation, as `tenantry serve` runs it, with its parts killed in the middle of a run.

After each kill the run must finish by itself, with no tenant missing and none twice.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import psycopg
import pytest
from psycopg.rows import dict_row
from tests.conftest import fast_folder
from tests.faults.crashing.served import token_in
from tests.faults.setting_up import commands_to_set_up

from tenantry.emulator.server import Emulator
from tenantry.runtime.embedded import EmbeddedPostgres
from tenantry.runtime.home import Home

CUSTOMERS = 600
PASSWORD = "correct horse battery"
EMAIL = "manager@northwind.example"

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240), pytest.mark.xdist_group("whole-installation")]


class Served:
    """A running `tenantry serve` with one marketplace that waits for its first sync."""

    def __init__(self, folder: Path, emulator: Emulator) -> None:
        self.home = Home(folder / "home")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith(("DATABASE_", "TENANTRY_"))},
            "TENANTRY_PASSWORD": PASSWORD,
            "TENANTRY_SECRET": emulator.web_application.secret,
            "TENANTRY_STALLED_AFTER": "4",
            "TENANTRY_LOG_LEVEL": "WARNING",
        }
        self.process: subprocess.Popen[bytes] | None = None

    def command(self, *arguments: str) -> None:
        """Run a command of the installation to its end; it must succeed."""
        command = [sys.executable, "-m", "tenantry", *arguments, "--home", str(self.home.path)]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stderr + done.stdout

    def start(self) -> None:
        """Start `tenantry serve` and wait for its pages."""
        command = [sys.executable, "-m", "tenantry", "serve", "--home", str(self.home.path), "--port", str(self.port)]
        log = (self.home.path.parent / "serve.log").open("ab")
        self.process = subprocess.Popen(command, env=self.environment, stdout=log, stderr=log)
        log.close()
        wait_for(self._answers, 60)

    def stop(self) -> None:
        """Stop it as Ctrl-C does."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            assert self.process.wait(60) == 0

    def _answers(self) -> bool:
        try:
            return httpx2.get(f"http://127.0.0.1:{self.port}/livez", timeout=1).status_code == 200
        except httpx2.TransportError:
            return False

    def press_sync_now(self) -> None:
        """Sign in as the manager, turn Company Sync on and press Sync now, as a browser would."""
        base = f"http://127.0.0.1:{self.port}"
        with httpx2.Client(base_url=base, follow_redirects=True) as browser:
            page = browser.get("/account/sign-in/").text
            form = {"csrfmiddlewaretoken": token_in(page), "login": EMAIL, "password": PASSWORD}
            page = browser.post("/account/sign-in/", data=form).text
            form = {"csrfmiddlewaretoken": token_in(page)}
            answer = browser.post("/sync/now/", data=form)
            assert answer.status_code == 200, answer.text[:500]

    def rows(self, query: str) -> list[dict[str, Any]]:
        """Ask the database as its owner."""
        with psycopg.connect(EmbeddedPostgres(self.home).owner_dsn(), row_factory=dict_row) as owner:
            return owner.execute(query.encode()).fetchall()

    def one(self, query: str) -> Any:
        """Return the only value of a query; None while the database is away."""
        try:
            return next(iter(self.rows(query)[0].values()))
        except psycopg.OperationalError:
            return None

    def worker_pid(self) -> int:
        """Return the process id of the running worker; one that was just killed is back in a moment."""
        found: list[int] = []

        def runs() -> bool:
            found[:] = self._workers()
            return bool(found)

        wait_for(runs, 30)
        return found[0]

    def _workers(self) -> list[int]:
        assert self.process is not None
        listing = subprocess.run(["ps", "-eo", "pid=,ppid=,args="], capture_output=True, text=True, check=True).stdout
        rows = [line.split(None, 2) for line in listing.splitlines()]
        return [
            int(pid)
            for pid, parent, args in rows
            if int(parent) == self.process.pid and args.endswith("tenantry worker")
        ]


def wait_for(condition: Callable[[], bool], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


@pytest.fixture(scope="module")
def shared(emulator_home: Path) -> Iterator[Emulator]:
    with Emulator(customers=CUSTOMERS, limit=0, home=emulator_home) as running:
        yield running


@pytest.fixture
def emulator(shared: Emulator) -> Iterator[Emulator]:
    usual = shared.switches.as_dict()
    yield shared
    shared.switches.set(usual)
    shared.faults.clear()


@pytest.fixture(scope="module")
def installed(shared: Emulator, migrated: Path) -> Iterator[Path]:
    """An installation that was set up by its commands and never served: each test gets a copy of it."""
    with reachable_folder() as folder:
        subprocess.run(["cp", "-a", migrated, folder / "home"], check=True)
        whole = Served(folder, shared)
        for command in commands_to_set_up(shared, EMAIL):
            whole.command(*command)
        with EmbeddedPostgres(whole.home) as server, psycopg.connect(server.owner_dsn()) as owner:
            owner.execute(
                "insert into sync_companysyncsettings (marketplace_id, company_sync, changed_by_name, version) "
                "select id, true, 'Test', 1 from marketplace_marketplace"
            )
            owner.execute(
                """update connections_connection
                set settings = settings || '{"detail_calls_per_minute": 6000}'::jsonb"""
            )
        yield whole.home.path
        EmbeddedPostgres(whole.home).erase()


@pytest.fixture
def served(installed: Path, emulator: Emulator) -> Iterator[Served]:
    with reachable_folder() as folder:
        subprocess.run(["cp", "-a", installed, folder / "home"], check=True)
        whole = Served(folder, emulator)
        whole.start()
        try:
            yield whole
        finally:
            whole.stop()
            EmbeddedPostgres(whole.home).erase()


@contextmanager
def reachable_folder() -> Iterator[Path]:
    """A folder that the database's user reaches, removed afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="tenantry-whole-", dir=fast_folder()))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


def finished(served: Served) -> bool:
    """Whether every run has ended. The worker's schedule may add one to that of the button when it comes up."""
    return served.one("select bool_and(ended_at is not null) from sync_run") is True


def check_nothing_missing_nothing_twice(served: Served, emulator: Emulator) -> None:
    pending = [row["external_id"] for row in served.rows(
        "select t.external_id from sync_pendingcompany p join sync_tenant t on t.id = p.tenant_id "
        "where p.state = 'pending'"
    )]  # fmt: skip
    assert sorted(pending) == sorted(emulator.world.tenant_ids())
    runs = served.rows("select state, suspect from sync_run")
    assert [(run["state"], run["suspect"]) for run in runs] == [("done", "")] * len(runs)
    assert (
        served.one("select count(*) from sync_sighting where relationship = 'reseller' and details_due_at < now()") == 0
    )
    [events] = served.rows(
        "select count(*) as all, count(distinct target_id) as tenants from audit_event "
        "where action = 'sync.pending_add.applied'"
    )
    assert events == {"all": CUSTOMERS, "tenants": CUSTOMERS}, "each tenant was added once, and recorded once"


def slow_listing(emulator: Emulator) -> None:
    emulator.switches.set({"page_cap": 150})
    emulator.faults.add("slow", "/v1/customers", seconds=0.7)


_HOW = [signal.SIGKILL, signal.SIGTERM] if os.environ.get("TENANTRY_ALL_SIZES") else [signal.SIGKILL]


@pytest.mark.parametrize("how", _HOW)
def test_a_worker_that_is_ended_in_the_listing_and_in_the_details_loses_nothing(
    served: Served, emulator: Emulator, how: signal.Signals
) -> None:
    slow_listing(emulator)
    served.press_sync_now()
    wait_for(lambda: (served.one("select max(pages) from sync_observation") or 0) >= 1, 30)
    os.kill(served.worker_pid(), how)
    wait_for(lambda: (served.one("select max(details_read) from sync_observation") or 0) >= 80, 120)
    assert not finished(served), "the second kill must hit the middle of the run"
    os.kill(served.worker_pid(), how)
    wait_for(lambda: finished(served), 120)
    check_nothing_missing_nothing_twice(served, emulator)


def test_a_database_that_is_killed_under_a_run_comes_back_and_the_run_finishes(
    served: Served, emulator: Emulator
) -> None:
    slow_listing(emulator)
    served.press_sync_now()
    wait_for(lambda: (served.one("select max(pages) from sync_observation") or 0) >= 1, 30)
    os.kill(EmbeddedPostgres(served.home).server_pid or 0, signal.SIGKILL)
    wait_for(lambda: (served.one("select max(details_read) from sync_observation") or 0) >= 80, 120)
    assert not finished(served), "the second kill must hit the middle of the run"
    os.kill(EmbeddedPostgres(served.home).server_pid or 0, signal.SIGKILL)
    wait_for(lambda: finished(served), 120)
    check_nothing_missing_nothing_twice(served, emulator)


def test_a_second_serve_on_the_same_folder_is_refused_in_words(served: Served) -> None:
    command = [sys.executable, "-m", "tenantry", "serve", "--home", str(served.home.path)]
    done = subprocess.run(command, env=served.environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert "in use by process" in " ".join(done.stderr.split())
