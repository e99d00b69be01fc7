# ruff: noqa: SLF001  # the rate and the connection of a budget show nowhere else
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import psycopg
import pytest
from django.db import connection as database
from tests.sync.stage import Clock, execute, make_connection

from tenantry.connections.models import Connection
from tenantry.providers.errors import Unavailable
from tenantry.sync.models import Observation
from tenantry.sync.observe.budget import SharedBudget

KEY = "microsoft:global:partner"


def observe(connection: Connection, clock: Clock) -> int:
    return Observation.objects.create(connection=connection, state="done", budget_key=KEY, created_at=clock()).pk


@contextmanager
def budget(observation_id: int, per_minute: float) -> Iterator[SharedBudget]:
    shared = SharedBudget(key=KEY, observation_id=observation_id, per_minute=per_minute)
    try:
        yield shared
    finally:
        shared.close()


def calls(shared: SharedBudget, count: int) -> list[float]:
    """Make this many calls; when each was let through."""
    times = []
    for _ in range(count):
        shared.acquire()
        times.append(time.monotonic())
    return times


def spread(times: list[float]) -> float:
    return max(times) - min(times)


def test_one_budget_keeps_the_rate_that_is_asked_for(connection: Connection, clock: Clock) -> None:
    with budget(observe(connection, clock), per_minute=60 * 40) as shared:
        took = spread(calls(shared, 61))
    assert 1.4 <= took < 3


def test_two_budgets_of_a_partner_keep_the_rate_together(connection: Connection, clock: Clock) -> None:
    other = make_connection("Other", clock)
    with (
        budget(observe(connection, clock), per_minute=60 * 40) as first,
        budget(observe(other, clock), per_minute=60 * 40) as second,
        ThreadPoolExecutor(6) as pool,
    ):
        times = [at for done in pool.map(lambda one: calls(one, 11), [first, second] * 3) for at in done]
    assert 1.4 <= spread(times) < 3.5


CALLING = f"""
import sys, time, django
django.setup()
from tenantry.sync.observe.budget import SharedBudget
shared = SharedBudget(key={KEY!r}, observation_id=int(sys.argv[1]), per_minute=60 * 40)
for _ in range(35):
    shared.acquire()
    print(time.monotonic())
shared.close()
"""


def test_two_processes_keep_the_rate_together(connection: Connection, clock: Clock) -> None:
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "tenantry.config.settings"}
    command = [sys.executable, "-c", CALLING, str(observe(connection, clock))]
    processes = [subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    times = sorted(float(line) for process in processes for line in process.communicate(timeout=60)[0].splitlines())
    assert len(times) == 70
    # However late one of them starts: in no second are there much more than 40 calls.
    assert max(sum(begin <= at < begin + 1 for at in times) for begin in times) <= 60


def test_budgets_of_different_partners_do_not_wait_for_each_other(connection: Connection, clock: Clock) -> None:
    with budget(observe(connection, clock), per_minute=60) as slow:
        calls(slow, 1)
        other = Observation.objects.create(connection=make_connection("O", clock), state="done", created_at=clock())
        free = SharedBudget(key="microsoft:global:other", observation_id=other.pk, per_minute=6_000)
        began = time.monotonic()
        calls(free, 5)
        free.close()
        assert time.monotonic() - began < 0.8


def test_a_refusal_makes_everybody_wait_and_slows_down(connection: Connection, clock: Clock) -> None:
    other = make_connection("Other", clock)
    with (
        budget(observe(connection, clock), per_minute=6_000) as first,
        budget(observe(other, clock), per_minute=6_000) as second,
    ):
        calls(first, 1)
        began = time.monotonic()
        first.throttled(after=1.0)
        with ThreadPoolExecutor(2) as pool:
            first_time, second_time = (done[0] - began for done in pool.map(lambda one: calls(one, 1), (first, second)))
        assert first_time >= 0.95
        assert second_time >= 0.95
        assert max(first_time, second_time) < 4


def test_refusals_never_slow_down_below_a_tenth_and_the_rate_recovers(connection: Connection, clock: Clock) -> None:
    with budget(observe(connection, clock), per_minute=6_000) as shared:
        for _ in range(40):
            shared.throttled(after=0)
        slowest = shared._rate
        calls(shared, 25)
        assert slowest == pytest.approx(10)
        assert 10 < shared._rate <= 100


def test_closing_wakes_those_who_wait_and_refuses_those_who_come_later(connection: Connection, clock: Clock) -> None:
    shared = SharedBudget(key=KEY, observation_id=observe(connection, clock), per_minute=600)
    shared.throttled(after=60)
    began = time.monotonic()
    with ThreadPoolExecutor(3) as pool:
        waiting = [pool.submit(shared.acquire) for _ in range(3)]
        threading.Timer(0.3, shared.close).start()
        errors = [future.exception(timeout=10) for future in waiting]
    assert all(isinstance(error, Unavailable) and not error.retryable for error in errors)
    assert time.monotonic() - began < 5
    with pytest.raises(Unavailable, match="closed"):
        shared.acquire()
    shared.throttled(after=1)
    shared.close()


def cut_connections(url: str) -> None:
    with psycopg.connect(url) as owner:
        owner.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity "
            "where datname = current_database() and pid <> pg_backend_pid()"
        )


def test_a_lost_database_connection_is_made_anew(connection: Connection, clock: Clock, owner_url: str) -> None:
    with budget(observe(connection, clock), per_minute=600) as shared:
        calls(shared, 1)
        cut_connections(owner_url)
        assert len(calls(shared, 15)) == 15
        cut_connections(owner_url)
        shared.throttled(after=0)
        database.close()  # it was cut, too


def test_a_database_that_stays_away_is_an_error_of_ours_in_words(
    connection: Connection, clock: Clock, owner_url: str
) -> None:
    with budget(observe(connection, clock), per_minute=600) as shared:
        shared._database.settings_dict["HOST"] = "/nowhere"
        with pytest.raises(Unavailable, match="call budget can't be reached") as raised:
            shared.acquire()
        assert (raised.value.fault.value, raised.value.retryable) == ("ours", True)


def test_a_budget_whose_observation_is_gone_does_not_run_free(
    connection: Connection, clock: Clock, owner_url: str
) -> None:
    with budget(observe(connection, clock), per_minute=600) as shared:
        execute(owner_url, "delete from sync_observation")
        with pytest.raises(LookupError, match="is gone"):
            shared.acquire()
