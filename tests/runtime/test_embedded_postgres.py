"""The embedded server in good weather: starts, roles, settings, who may connect."""

import os
import subprocess
import time
from pathlib import Path

import psycopg
import pytest
from tests.runtime.stage import Make, RunPython

from tenantry.runtime.cluster import clean_environment
from tenantry.runtime.embedded import EmbeddedPostgres
from tenantry.runtime.errors import HomeInUse, PostgresFailed, PostgresRefused
from tenantry.runtime.home import Home
from tenantry.runtime.options import FAST_AND_UNSAFE
from tenantry.runtime.programs import Programs

AS_ROOT = os.geteuid() == 0
START = """
import sys
from pathlib import Path
from tenantry.runtime.embedded import EmbeddedPostgres
from tenantry.runtime.home import Home
try:
    EmbeddedPostgres(Home(Path(sys.argv[1]))).start()
except Exception as problem:
    print(type(problem).__name__, problem)
"""


def ask(dsn: str, question: str) -> object:
    with psycopg.connect(dsn) as connection:
        row = connection.execute(question.encode()).fetchone()
    return row[0] if row and len(row) == 1 else row


def test_it_starts_stops_and_starts_again_with_its_data(home: Home, make: Make, said: list[str]) -> None:
    server = make(home, fresh=True)
    assert not server.is_running()
    server.start()
    assert server.is_running()
    with psycopg.connect(server.owner_dsn()) as connection:
        connection.execute("create table kept as select 7 as n")
    server.stop()
    assert not server.is_running()
    began = time.monotonic()
    server.start()
    assert time.monotonic() - began < 2
    assert ask(server.owner_dsn(), "select n from kept") == 7
    assert [line.split(" (")[0] for line in said if line.startswith("The database is ready")] == [
        "The database is ready",
        "The database is ready",
    ]
    assert sum("Made a new database" in line for line in said) == 1


def test_the_applications_role_can_neither_bypass_policies_nor_make_anything(running: EmbeddedPostgres) -> None:
    facts = "rolcanlogin, rolsuper, rolbypassrls, rolcreatedb, rolcreaterole, rolreplication"
    mine = f"select {facts} from pg_roles where rolname = current_user"  # noqa: S608 - constants
    assert ask(running.dsn(), mine) == (True, False, False, False, False, False)
    assert ask(running.dsn(), "select current_user::text") == "tenantry_app"
    assert ask(running.owner_dsn(), "select current_user::text") == "postgres"
    assert ask(running.url("postgres"), "select current_database()::text") == "tenantry"
    with psycopg.connect(running.dsn(), autocommit=True) as connection:
        connection.execute("create temporary table allowed (n int)")
        for forbidden in ("create table public.t (n int)", "create role other", "set role postgres"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(forbidden.encode())


def test_a_role_that_was_given_too_much_is_cut_back_at_the_next_start(home: Home, make: Make) -> None:
    server = make(home)
    server.start()
    with psycopg.connect(server.owner_dsn()) as connection:
        connection.execute("alter role tenantry_app superuser bypassrls")
    server.stop()
    server.start()
    mine = "select rolsuper or rolbypassrls from pg_roles where rolname = current_user"
    assert ask(server.dsn(), mine) is False


def test_it_speaks_over_a_private_socket_only(running: EmbeddedPostgres) -> None:
    assert ask(running.dsn(), "select current_setting('listen_addresses')") == ""
    assert running.socket_dir.stat().st_mode & 0o777 == 0o700
    assert running.place.data.stat().st_mode & 0o777 == 0o700
    with pytest.raises(psycopg.OperationalError, match="Peer authentication failed"):
        psycopg.connect(running.dsn("somebody"))


@pytest.mark.skipif(not AS_ROOT, reason="only root can act as another user")
@pytest.mark.parametrize("role", ["postgres", "tenantry_app"])
@pytest.mark.parametrize("user", ["daemon", "nobody"])
def test_no_other_user_of_the_machine_gets_in(running: EmbeddedPostgres, folder: Path, user: str, role: str) -> None:
    psql = Programs.bundled().copied_to(folder).path("psql")
    done = subprocess.run(
        [psql, "-X", "-d", running.dsn(role), "-c", "select 1"],
        user=user,
        group="nogroup",
        extra_groups=[],
        cwd="/",
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    expected = "Peer authentication failed" if user == "nobody" else "Permission denied"
    assert done.returncode != 0
    assert expected in done.stderr


@pytest.mark.skipif(not AS_ROOT, reason="an ordinary user runs the server itself")
def test_root_runs_it_as_another_user(running: EmbeddedPostgres) -> None:
    assert running.server_pid is not None
    assert Path(f"/proc/{running.server_pid}").stat().st_uid == running.place.os_user.uid != 0


@pytest.mark.skipif(not AS_ROOT, reason="only root chooses the server's user")
def test_root_may_name_the_user_and_a_missing_one_is_said(home: Home, make: Make) -> None:
    options = FAST_AND_UNSAFE.__class__(settings=FAST_AND_UNSAFE.settings, server_user="no-such-user")
    with pytest.raises(PostgresRefused, match="no user named 'no-such-user'"):
        EmbeddedPostgres(home, options).start()


def test_a_second_start_on_one_folder_is_refused_and_harmless(running: EmbeddedPostgres, run_python: RunPython) -> None:
    pid = running.server_pid
    output, _ = run_python(START, running.home.path).communicate(timeout=20)
    assert output.startswith(f"HomeInUse This folder is in use by process {os.getpid()}")
    with pytest.raises(HomeInUse):
        EmbeddedPostgres(running.home).start()
    assert running.server_pid == pid


def test_another_process_finds_the_running_server(running: EmbeddedPostgres) -> None:
    onlooker = EmbeddedPostgres(running.home)
    assert onlooker.is_running()
    assert ask(onlooker.dsn(), "select 1") == 1
    onlooker.stop()
    assert onlooker.is_running()


def test_a_lock_held_by_the_caller_is_used_and_kept(home: Home, make: Make) -> None:
    make(home)
    with home.lock() as lock:
        with EmbeddedPostgres(home, FAST_AND_UNSAFE, lock=lock) as server:
            assert ask(server.dsn(), "select 1") == 1
        assert home.in_use_by() == os.getpid()


def test_settings_reach_the_server_and_a_wrong_one_is_explained(home: Home, make: Make) -> None:
    server = make(home, FAST_AND_UNSAFE.with_settings(work_mem="5MB"))
    server.start()
    assert ask(server.dsn(), "select current_setting('work_mem')") == "5MB"
    server.stop()
    broken = make(home, FAST_AND_UNSAFE.with_settings(work_mem="plenty"))
    with pytest.raises(PostgresFailed, match=r"(?s)ended while starting \(exit code 1\).*work_mem.*plenty"):
        broken.start()
    assert home.in_use_by() is None


def test_the_callers_pg_variables_do_not_reach_it(home: Home, make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"PGPORT": "1", "PGOPTIONS": "-c x.y=z", "PGUSER": "root", "PGDATA": "/nowhere"}.items():
        monkeypatch.setenv(name, value)
    server = make(home)
    server.start()
    monkeypatch.undo()
    assert ask(server.dsn(), "select current_setting('port')") == "5432"


def test_a_database_of_another_version_is_refused(home: Home, make: Make) -> None:
    server = make(home)
    server.start()
    server.stop()
    marker = server.place.cluster / "PG_VERSION"
    marker.write_text("17\n")
    with pytest.raises(PostgresRefused, match="made by PostgreSQL 17; this Tenantry carries 18"):
        server.start()


def test_erasing_removes_the_data_and_keeps_the_keys(home: Home, make: Make) -> None:
    server = make(home)
    server.start()
    key = home.keys / "key"
    key.write_text("kept")
    server.erase()
    assert not server.place.data.exists()
    assert key.read_text() == "kept"
    server.start()
    assert ask(server.dsn(), "select 1") == 1
