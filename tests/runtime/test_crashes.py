"""The embedded server in bad weather: killed, half made, stale, and started again."""

import os
import signal
import subprocess
import time
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from tests.runtime.stage import Make, RunPython, Until

from tenantry.runtime.cluster import clean_environment
from tenantry.runtime.embedded import EmbeddedPostgres
from tenantry.runtime.errors import PostgresFailed, PostgresGaveUp, PostgresRefused
from tenantry.runtime.home import Home
from tenantry.runtime.options import FAST_AND_UNSAFE
from tenantry.runtime.processes import command_line, server_processes, start_process

COMMITS_COUNT = FAST_AND_UNSAFE.with_settings(synchronous_commit="on")
SERVE = """
import sys, time
from pathlib import Path
from tenantry.runtime.embedded import EmbeddedPostgres
from tenantry.runtime.home import Home
from tenantry.runtime.options import FAST_AND_UNSAFE
server = EmbeddedPostgres(Home(Path(sys.argv[1])), FAST_AND_UNSAFE)
print("starting", flush=True)
server.start()
print(server.server_pid, flush=True)
time.sleep(60)
"""


def answers(server: EmbeddedPostgres) -> bool:
    try:
        with psycopg.connect(server.dsn()) as connection:
            return connection.execute("select 1").fetchone() == (1,)
    except psycopg.OperationalError:
        return False


def running_pid(server: EmbeddedPostgres) -> int:
    assert server.server_pid is not None
    return server.server_pid


def test_a_killed_server_is_back_with_its_data_at_once(home: Home, make: Make, until: Until, said: list[str]) -> None:
    server = make(home, COMMITS_COUNT)
    server.start()
    with psycopg.connect(server.owner_dsn()) as connection:
        connection.execute("create table kept as select 7 as n")
    killed = running_pid(server)
    os.kill(killed, signal.SIGKILL)
    until(lambda: server.server_pid not in (None, killed) and answers(server), 8)
    with psycopg.connect(server.owner_dsn()) as connection:
        assert connection.execute("select n from kept").fetchone() == (7,)
    assert any("ended unexpectedly (exit code -9); starting it again at once" in line for line in said)


def test_a_server_that_somebody_stopped_politely_is_started_again(home: Home, make: Make, until: Until) -> None:
    server = make(home)
    server.start()
    stopped = running_pid(server)
    os.kill(stopped, signal.SIGTERM)
    until(lambda: server.server_pid not in (None, stopped) and answers(server), 8)


def test_a_killed_backend_costs_its_connections_only(home: Home, make: Make, until: Until) -> None:
    server = make(home)
    server.start()
    pid = server.server_pid
    with psycopg.connect(server.dsn()) as victim:
        os.kill(victim.info.backend_pid, signal.SIGKILL)
        with pytest.raises(psycopg.OperationalError):
            victim.execute("select 1")
    until(lambda: answers(server), 8)
    assert server.server_pid == pid


def test_a_busy_child_of_a_killed_server_does_not_keep_it_down(home: Home, make: Make, until: Until) -> None:
    server = make(home)
    server.start()
    killed = running_pid(server)
    with psycopg.connect(server.dsn()) as busy:
        backend = busy.info.backend_pid
        os.kill(backend, signal.SIGSTOP)  # deaf, as in a long computation
        os.kill(killed, signal.SIGKILL)
        until(lambda: server.server_pid not in (None, killed) and answers(server), 15)
    assert backend not in server_processes(server.place.cluster)


def test_the_server_ends_with_the_process_that_started_it(
    home: Home, make: Make, run_python: RunPython, until: Until
) -> None:
    server = make(home)
    parent = run_python(SERVE, home.path)
    assert parent.stdout is not None
    parent.stdout.readline()
    pid = int(parent.stdout.readline())
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    server.start()
    assert answers(server)
    assert server.server_pid != pid
    assert not command_line(pid)
    log = server.log.path.read_text()
    assert "database system is shut down" in log
    assert "not properly shut down" not in log


def test_a_data_folder_that_was_half_made_is_made_anew(
    home: Home, make: Make, run_python: RunPython, until: Until
) -> None:
    server = make(home, fresh=True)
    unfinished = home.data / "pg.new"
    parent = run_python(SERVE, home.path)
    until(lambda: unfinished.joinpath("PG_VERSION").exists(), 10)
    parent.kill()
    parent.wait()
    assert not server.place.cluster.exists()
    server.start()
    assert answers(server)
    assert not unfinished.exists()


def test_a_process_id_that_now_belongs_to_another_program_ends_nobody(home: Home, make: Make, said: list[str]) -> None:
    server = make(home)
    server.start()
    server.stop()
    with subprocess.Popen(["sleep", "60"]) as bystander:
        stale = server.place.cluster / "postmaster.pid"
        stale.write_text(f"{bystander.pid}\n{server.place.cluster}\n1\n5432\n/nowhere\n\n     1    2\nready\n")
        server.socket_dir.joinpath(".s.PGSQL.5432.lock").write_text(f"{bystander.pid}\n")
        assert not server.is_running()
        server.start()
        assert answers(server)
        server.stop()
        assert bystander.poll() is None
        bystander.kill()
    assert any("process id is stale" in line for line in said)


@pytest.mark.parametrize("written", ["", "12", "no number\n", "-1\n"])
def test_a_half_written_process_id_is_no_obstacle(home: Home, make: Make, written: str) -> None:
    server = make(home)
    home.prepare()
    server.place.cluster.joinpath("postmaster.pid").write_text(written)
    server.start()
    assert answers(server)


def test_a_server_left_over_from_an_earlier_run_is_replaced(
    home: Home, make: Make, until: Until, said: list[str]
) -> None:
    server = make(home)
    server.start()
    left_over = running_pid(server)
    argv = Path(f"/proc/{left_over}/cmdline").read_text().rstrip("\0").split("\0")
    server.stop()
    # Not kept by anybody: as where there is no parent-death signal.
    stray = start_process(
        argv, death_signal=signal.SIGINT, os_user=server.place.os_user, env=clean_environment(), folder=Path("/")
    )
    until(server.is_running, 10)
    server.start()
    assert stray.wait(5) == 0
    assert answers(server)
    assert any("from an earlier run" in line for line in said)


def test_a_server_that_ends_again_and_again_is_given_up(home: Home, make: Make, until: Until, said: list[str]) -> None:
    server = make(home, replace(FAST_AND_UNSAFE, restart_delays=(0.0, 0.01)))
    server.start()
    server.place.cluster.joinpath("global", "pg_control").unlink()
    os.kill(running_pid(server), signal.SIGKILL)
    until(lambda: server.failure is not None, 15)
    assert isinstance(server.failure, PostgresGaveUp)
    assert "3 times in a row" in str(server.failure)
    assert "pg_control" in server.failure.log_tail
    assert str(server.failure) in said
    server.stop()
    assert home.in_use_by() is None


def test_stopping_at_once_is_repaired_at_the_next_start(home: Home, make: Make) -> None:
    server = make(home, COMMITS_COUNT)
    server.start()
    began = time.monotonic()
    with psycopg.connect(server.owner_dsn()) as connection:
        connection.execute("create table kept as select 7 as n")
        connection.commit()
        server.stop(at_once=True)
    assert time.monotonic() - began < 5
    server.start()
    with psycopg.connect(server.owner_dsn()) as connection:
        assert connection.execute("select n from kept").fetchone() == (7,)


def test_stopping_ends_open_transactions_instead_of_waiting_for_them(home: Home, make: Make) -> None:
    server = make(home)
    server.start()
    with psycopg.connect(server.dsn()) as connection:
        connection.execute("select pg_advisory_lock(1)")
        began = time.monotonic()
        server.stop()
        assert time.monotonic() - began < 5
        with pytest.raises(psycopg.OperationalError):
            connection.execute("select 1")


def test_a_start_without_room_or_permission_names_the_file(home: Home, make: Make) -> None:
    server = make(home)
    server.log.path.mkdir()
    with pytest.raises(PostgresFailed, match=r"could not be started: Is a directory \(.*postgres\.log\)"):
        server.start()
    server.log.path.rmdir()
    server.start()
    assert answers(server)


def test_a_database_that_vanished_is_not_silently_replaced_by_an_empty_one(home: Home, folder: Path) -> None:
    home.prepare()
    home.path.joinpath("database-folder").write_text(f"{folder}/unmounted\n")
    with pytest.raises(PostgresRefused, match=r"should be in .*unmounted, which is not there"):
        EmbeddedPostgres(home, FAST_AND_UNSAFE).start()
