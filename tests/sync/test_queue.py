import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import psycopg
import pytest
from django.db import connections, transaction
from procrastinate import JobContext
from procrastinate.contrib.django import app
from procrastinate.worker import Worker
from psycopg.rows import dict_row
from tests.sync.stage import execute, rows

from tenantry.connections.models import Connection
from tenantry.jobs import gathered, return_jobs_of_dead_workers, worker_connector
from tenantry.sync.queue import enqueue_matching, enqueue_runs
from tenantry.sync.tasks import sweep


def as_a_worker(*steps: Callable[[], Awaitable[Any]]) -> list[Any]:
    """Do the steps with a worker's connector; what they returned."""

    async def together() -> list[Any]:
        with app.replace_connector(worker_connector()):
            async with app.open_async():
                return [await step() for step in steps]

    return asyncio.run(together())


def leave_no_connection(go_on: Callable[[], Any], _context: JobContext, _worker: Worker) -> Any:
    """Close what a job's thread has opened, for the thread's test is over with it."""
    try:
        return go_on()
    finally:
        connections.close_all()


async def work_until_idle() -> None:
    await app.run_worker_async(
        wait=False,
        listen_notify=False,
        install_signal_handlers=False,
        delete_jobs="successful",
        task_middleware=[leave_no_connection],
    )


def kill_a_worker(owner_url: str) -> None:
    """Leave every waiting job as a worker leaves it that took it and was killed an hour ago."""
    execute(
        owner_url,
        "with dead as (insert into procrastinate_workers (last_heartbeat) values (now() - interval '1 hour')"
        " returning id) "
        "update procrastinate_jobs set status = 'doing', worker_id = dead.id from dead where status = 'todo'",
    )


def states(owner_url: str) -> list[tuple[str, str]]:
    listed = rows(owner_url, "select task_name, status::text from procrastinate_jobs order by id")
    return [(name.rsplit(".", 1)[1], status) for name, status in listed]


def test_the_same_job_waits_once_and_again_while_the_first_runs(connection: Connection, owner_url: str) -> None:
    enqueue_runs(connection.pk)
    enqueue_runs(connection.pk)
    assert states(owner_url) == [("first_passes", "todo"), ("details", "todo")]
    kill_a_worker(owner_url)
    enqueue_runs(connection.pk)
    assert [status for _, status in states(owner_url)] == ["doing", "doing", "todo", "todo"]


def test_a_dead_workers_jobs_are_returned_even_when_their_successors_wait(
    connection: Connection, owner_url: str
) -> None:
    enqueue_runs(connection.pk)
    kill_a_worker(owner_url)
    enqueue_runs(connection.pk)
    assert as_a_worker(lambda: return_jobs_of_dead_workers(5), work_until_idle) == [2, None]
    assert states(owner_url) == [], "everything ran; nothing waits for something that died"


def test_a_dead_periodic_job_makes_way_for_the_next_and_for_the_others(connection: Connection, owner_url: str) -> None:
    sweep.configure().defer(timestamp=1)
    enqueue_runs(connection.pk)
    kill_a_worker(owner_url)
    sweep.configure().defer(timestamp=2)
    assert as_a_worker(lambda: return_jobs_of_dead_workers(5)) == [3]
    assert states(owner_url) == [("first_passes", "todo"), ("details", "todo"), ("sweep", "todo")]


def test_a_waiting_job_starts_only_after_who_counts_on_it_has_committed(connection: Connection, owner_url: str) -> None:
    enqueue_runs(connection.pk)
    with psycopg.connect(owner_url, autocommit=True, row_factory=dict_row) as worker:
        worker_id = worker.execute("select worker_id from procrastinate_register_worker_v1()").fetchone()
        assert worker_id
        fetch = "select task_name from procrastinate_fetch_job_v2(null, %(worker_id)s)"
        with transaction.atomic():
            enqueue_runs(connection.pk)
            assert worker.execute(fetch, worker_id).fetchall() == [{"task_name": None}]
        [taken] = worker.execute(fetch, worker_id).fetchall()
        assert taken["task_name"] == "tenantry.sync.tasks.first_passes"


def test_many_transactions_in_a_row_ask_for_the_same_work_once_and_only_what_is_looked_for_waits(
    connection: Connection, northwind: int, owner_url: str
) -> None:
    with gathered():
        for _ in range(3):
            enqueue_matching(northwind)
        enqueue_runs(connection.pk)
        assert states(owner_url) == [("first_passes", "todo"), ("details", "todo")]
    assert states(owner_url)[2:] == [("match", "todo")]


def test_what_was_gathered_is_asked_for_even_when_the_work_fails(northwind: int, owner_url: str) -> None:
    def fail_after_asking() -> None:
        with gathered():
            enqueue_matching(northwind)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_after_asking()
    enqueue_matching(northwind)
    assert states(owner_url) == [("match", "todo")]
