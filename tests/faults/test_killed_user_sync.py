"""User Sync by real worker processes: one is killed in the middle, another finishes, and nobody is lost or doubled."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import connections
from django.utils import timezone
from tests.connections.directory_stage import close_kept
from tests.sync.people.stage import BUTTON, PeopleStage, make_stage
from tests.sync.stage import rows

from tenantry.emulator.server import Emulator
from tenantry.sync.people.requests import request_people_sync

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240), pytest.mark.xdist_group("whole-installation")]
COMPANIES = range(1, 61)
PEOPLE = 3
SOME = 50
"""So many tenants are read quickly, which is more than are stored at once; the others take their time."""


@pytest.fixture
def stage(database: str, emulator_home: Path) -> Iterator[PeopleStage]:
    with Emulator(customers=70, google_customers=1, limit=0, people=PEOPLE, seed=5, home=emulator_home) as emulator:
        made = make_stage(emulator, timezone.now())
        for index in COMPANIES:
            made.add(index)
        yield made
        close_kept()


@contextmanager
def worker(log: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a worker on the test's database."""
    environment = {**os.environ, "TENANTRY_STALLED_AFTER": "3", "TENANTRY_LOG_LEVEL": "WARNING"}
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "tenantry", "worker"], env=environment, stdout=output, stderr=output
        )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(30)


def wait_for(condition: Callable[[], bool], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


def test_a_worker_that_is_killed_in_a_user_sync_is_followed_by_one_that_finishes_it_rightly(
    stage: PeopleStage, owner_url: str, tmp_path: Path
) -> None:
    stage.emulator.faults.add("slow", "/graph/v1.0/users/delta", after=SOME, seconds=5.0)
    request_people_sync(marketplace_id=stage.marketplace_id, wish=BUTTON, now=timezone.now())
    connections.close_all()

    def one(query: str) -> int:
        return int(rows(owner_url, query)[0][0] or 0)

    with worker(tmp_path / "first.log") as first:
        wait_for(lambda: one("select count(*) from sync_userlink") > 0, 90)
        first.send_signal(signal.SIGKILL)
        first.wait(10)
    brought = one("select count(*) from sync_userlink")
    assert brought < len(COMPANIES) * PEOPLE, "the kill must hit the middle of the run"
    stage.emulator.faults.clear()
    with worker(tmp_path / "second.log"):
        wait_for(lambda: one("select count(*) from sync_run where kind = 'people' and ended_at is not null") == 1, 90)
    assert rows(owner_url, "select state, suspect, complete from sync_run where kind = 'people'") == [
        ("done", "", True)
    ]
    known = one("select count(*) from sync_directoryuser where presence = 'present'")
    assert one("select count(*) from sync_userlink where ended_at is null") == known
    assert one("select count(distinct person_id) from sync_userlink") == known, "nobody came in twice"
    assert one("select count(*) from audit_event where action = 'sync.user_link.made'") == known, "and it is told once"
    assert one("select count(*) from sync_change where kind = 'user.create' and state = 'applied'") == known
    assert one("select count(*) from sync_change where person_id is not null and state = 'planned'") == 0
    assert known >= len(COMPANIES) * (PEOPLE - 1)
