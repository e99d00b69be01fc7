"""Web processes and workers apart, on a PostgreSQL server as an operator has one. `make machines` is the full size."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import psycopg
import pytest
from tests.commands import tenantry
from tests.faults.crashing.served import reachable_folder, wait_for
from tests.faults.machines.fleet import free_port
from tests.faults.machines.measuring import Found, Sizes, measure
from tests.faults.machines.own_server import OwnServer, own_server
from tests.faults.machines.report import report

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240), pytest.mark.xdist_group("whole-installation")]


@pytest.mark.skipif(not os.environ.get("TENANTRY_ALL_SIZES"), reason="takes a minute: `make thorough`, `make machines`")
def test_a_small_fleet_restarts_one_by_one_and_loses_nothing_and_doubles_nothing(migrated: Path) -> None:
    sizes = Sizes(markets=1, customers=60, webs=2, workers=2, rate=400, only=("restart",))
    with reachable_folder() as folder:
        [found] = measure(sizes, folder, like=migrated / "data" / "pg")
    assert found.problems == []
    assert found.rolled is not None
    assert found.rolled.live >= 1, "a sync was under way when the first worker was stopped"
    assert found.rolled.requests["answered"] > 20
    assert found.rolled.counted.amounts["companies"] > 20
    assert found.rolled.counted.amounts["letters"] > 20
    assert "**0 failed**" in report(found, where="Here")


def test_what_went_wrong_stands_in_the_report() -> None:
    found = Found(Sizes())
    assert "No problem was found." in report(found, where="Here")


@pytest.fixture
def server(migrated: Path) -> Iterator[OwnServer]:
    with reachable_folder() as folder, own_server(folder, like=migrated / "data" / "pg") as running:
        yield running


@contextmanager
def pooler(server: OwnServer, mode: str) -> Iterator[str]:
    """PgBouncer before the server; the address of the database through it."""
    program = shutil.which("pgbouncer")
    if program is None:
        pytest.skip("PgBouncer is not installed, so nothing can stand before the server.")
    with reachable_folder() as folder:
        folder.chmod(0o755)
        port = free_port()
        users, settings = folder / "users", folder / "pgbouncer.ini"
        users.write_text(f'"tenantry_app" "{server.password}"\n')
        settings.write_text(
            f"[databases]\n* = host=127.0.0.1 port={server.port}\n[pgbouncer]\nlisten_addr = 127.0.0.1\n"
            f"listen_port = {port}\nauth_type = plain\nauth_file = {users}\npool_mode = {mode}\nunix_socket_dir =\n"
        )
        as_user = ["-u", server.user.name] if os.geteuid() == 0 else []
        running = subprocess.Popen([program, "-q", *as_user, str(settings)])
        try:
            address = server.application().replace(f":{server.port}/", f":{port}/")
            wait_for(lambda: _answers(address), 20, "the pooler")
            yield address
        finally:
            running.terminate()
            running.wait(20)


def _answers(address: str) -> bool:
    with suppress(psycopg.OperationalError), psycopg.connect(address, connect_timeout=2):
        return True
    return False


def test_the_doctor_warns_of_a_pooler_that_hands_on_sessions_and_of_no_other(server: OwnServer) -> None:
    found = {}
    for mode in ("transaction", "session"):
        with pooler(server, mode) as address:
            looks = json.loads(tenantry("doctor", "--json", DATABASE_URL=address).out)
            found[mode] = [look for look in looks if look["name"] == "connections to the database"]
    shared, _ = found["transaction"]
    assert (shared["ok"], "pool_mode = session" in shared["next_step"]) == (False, True)
    assert [look["ok"] for look in found["session"]] == [True]


def test_the_doctor_warns_when_few_connections_are_left(server: OwnServer) -> None:
    with ExitStack() as others:
        for _ in range(190):
            others.enter_context(psycopg.connect(server.application()))
        looks = json.loads(tenantry("doctor", "--json", DATABASE_URL=server.application()).out)
    [left] = [look for look in looks if look["name"] == "connections to the database"]
    assert (left["ok"], "max_connections" in left["next_step"]) == (False, True)
