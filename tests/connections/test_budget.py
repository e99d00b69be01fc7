# ruff: noqa: SLF001  # the rate and the connection of a budget show nowhere else
import os
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import psycopg
import pytest
from django.db import connection as this_connection

from tenantry.connections.budget import SharedBudget
from tenantry.connections.models import CallLine, Connection
from tenantry.connections.pacing import people_budgets, tenants_budget
from tenantry.emulator.clock import Clock
from tenantry.emulator.limits import Limit
from tenantry.providers.errors import Throttled, Unavailable

KEY = "microsoft:global:partner"


@contextmanager
def budget(per_minute: float, start: float | None = None) -> Iterator[SharedBudget]:
    shared = SharedBudget(key=KEY, per_minute=per_minute, start=start)
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


def test_one_budget_keeps_the_rate_that_is_asked_for(database: str) -> None:
    with budget(per_minute=60 * 40) as shared:
        took = spread(calls(shared, 61))
    assert 1.4 <= took < 3


def test_two_budgets_of_a_partner_keep_the_rate_together(database: str) -> None:
    with (
        budget(per_minute=60 * 40) as first,
        budget(per_minute=60 * 40) as second,
        ThreadPoolExecutor(6) as pool,
    ):
        times = [at for done in pool.map(lambda one: calls(one, 11), [first, second] * 3) for at in done]
    assert 1.4 <= spread(times) < 3.5


def test_no_thread_waits_for_a_slot_that_is_far_away(database: str) -> None:
    with budget(per_minute=6_000) as shared, budget(per_minute=6_000) as other:
        calls(shared, 2)
        other.throttled(after=3_600)  # Google's limit of a day, or a Retry-After of an hour
        shared.throttled(after=0)
        with pytest.raises(Throttled, match="asked for quiet") as raised:
            shared.acquire()
    assert 3_500 < raised.value.after < 3_700


CALLING = f"""
import time, django
django.setup()
from tenantry.connections.budget import SharedBudget
shared = SharedBudget(key={KEY!r}, per_minute=60 * 40)
for _ in range(35):
    shared.acquire()
    print(time.monotonic())
shared.close()
"""


def test_two_processes_keep_the_rate_together(database: str) -> None:
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "tenantry.config.settings"}
    command = [sys.executable, "-c", CALLING]
    processes = [subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    times = sorted(float(line) for process in processes for line in process.communicate(timeout=60)[0].splitlines())
    assert len(times) == 70
    # However late one of them starts: in no second are there much more than 40 calls.
    assert max(sum(begin <= at < begin + 1 for at in times) for begin in times) <= 60


def test_budgets_of_different_partners_do_not_wait_for_each_other(database: str) -> None:
    with budget(per_minute=60) as slow:
        calls(slow, 1)
        free = SharedBudget(key="microsoft:global:other", per_minute=6_000)
        began = time.monotonic()
        calls(free, 5)
        free.close()
        assert time.monotonic() - began < 0.8


def test_a_refusal_makes_everybody_wait_and_slows_down(database: str) -> None:
    with (
        budget(per_minute=6_000) as first,
        budget(per_minute=6_000) as second,
    ):
        calls(first, 1)
        began = time.monotonic()
        first.throttled(after=1.0)
        with ThreadPoolExecutor(2) as pool:
            first_time, second_time = (done[0] - began for done in pool.map(lambda one: calls(one, 1), (first, second)))
        assert first_time >= 0.95
        assert second_time >= 0.95
        assert max(first_time, second_time) < 4


def test_refusals_at_one_time_are_one_event_and_many_never_stop_the_line(database: str) -> None:
    with budget(per_minute=6_000) as shared:
        for _ in range(5):
            shared.throttled(after=0)
        assert shared._rate == pytest.approx(85)
        for _ in range(20):
            CallLine.objects.update(refused_at=None)
            shared.throttled(after=0)
        assert shared._rate == pytest.approx(10), "never below a tenth"
        calls(shared, 25)
        assert 10 < shared._rate <= 100, "it recovers"


def test_what_a_line_learned_is_known_to_the_next_that_opens_it(database: str) -> None:
    with budget(per_minute=6_000, start=1_200) as shared:
        calls(shared, 21)
        assert 20 < shared._rate < 25, "it grows by some hundredths a second"
        shared.throttled(after=0)
        slower = shared._rate
    with budget(per_minute=6_000, start=1_200) as another:
        calls(another, 1)
        assert slower <= another._rate < slower * 1.1
    with budget(per_minute=600) as lower:
        calls(lower, 1)
        assert lower._rate <= 10, "a lower setting holds at once"


def test_a_limit_that_nobody_published_is_found_and_kept_to(database: str) -> None:
    """At a service that bears some 20 calls a second: most of it used, hardly a call refused, after a short search."""
    limit, refused, made = Limit(Clock(), 40, 2.0), [0, 0], [0, 0]
    with budget(per_minute=6_000, start=900) as shared:
        began = time.monotonic()
        while (passed := time.monotonic() - began) < 7:
            late = passed > 3
            shared.acquire()
            made[late] += 1
            if wait := limit.refuse_for():
                refused[late] += 1
                shared.throttled(after=min(wait, 0.2))
    assert made[1] >= 0.7 * 20 * 4
    assert refused[1] <= 0.03 * made[1]


def test_closing_wakes_those_who_wait_and_refuses_those_who_come_later(database: str) -> None:
    shared = SharedBudget(key=KEY, per_minute=600)
    shared.throttled(after=20)
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


def test_a_lost_database_connection_is_made_anew(database: str, owner_url: str) -> None:
    with budget(per_minute=600) as shared:
        calls(shared, 1)
        cut_connections(owner_url)
        assert len(calls(shared, 15)) == 15
        cut_connections(owner_url)
        shared.throttled(after=0)
        this_connection.close()  # it was cut, too


def test_a_database_that_stays_away_is_an_error_of_ours_in_words(database: str, owner_url: str) -> None:
    with budget(per_minute=600) as shared:
        shared._database.settings_dict["HOST"] = "/nowhere"
        with pytest.raises(Unavailable, match="call budget can't be reached") as raised:
            shared.acquire()
        assert (raised.value.fault.value, raised.value.retryable) == ("ours", True)


def test_connections_of_one_partner_share_a_line_and_those_of_one_google_subject(database: str) -> None:
    partner = {"provider": "microsoft", "partner_tenant_id": "p"}
    rows = [Connection(uid=uuid.uuid4(), **each) for each in (partner, partner, {**partner, "partner_tenant_id": "q"})]
    google = {"provider": "google", "service_account_id": "1", "subject": "a@b.example"}
    rows += [Connection(uid=uuid.uuid4(), **each) for each in (google, {**google, "discovery": "own"})]
    for row in rows:
        with tenants_budget(row) as tenants, people_budgets(row) as people:
            tenants.acquire()
            people.people.acquire()
            people.graph.acquire()
    assert sorted(CallLine.objects.values_list("key", flat=True)) == [
        "google:1:a@b.example", "microsoft:global:p", "microsoft:global:p:graph", "microsoft:global:p:people",
        "microsoft:global:q", "microsoft:global:q:graph", "microsoft:global:q:people",
    ]  # fmt: skip
    with tenants_budget(Connection(uid=uuid.uuid4(), **{**google, "subject": "x" * 200 + "@b.example"})) as long:
        long.acquire()
    assert CallLine.objects.count() == 8
