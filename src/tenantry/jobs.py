"""The queue: puts jobs into it, in the caller's transaction, and takes those of dead workers back.

A worker replaces the queue's connector by one of its own, outside Django's transactions; so jobs are
always deferred through an application over Django's connection.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from functools import cache

import structlog
from django.db import connection as database
from django.db import transaction
from procrastinate import App
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.contrib.django.utils import connector_params
from procrastinate.exceptions import ConnectorException, UniqueViolation
from procrastinate.jobs import Job, Status
from procrastinate.psycopg_connector import PsycopgConnector

_log = structlog.stdlib.get_logger(__name__)
_gathered: ContextVar[list[tuple[str, str, dict[str, int]]] | None] = ContextVar("gathered", default=None)

# Skipped: a job that a worker is just taking. Held until the caller commits: a job that starts sees what it waited for.
_WAITING = """
select id from procrastinate_jobs
where status = 'todo' and lock = %s and task_name = %s and args = %s::jsonb
limit 1 for share skip locked
"""


@cache
def _transactional() -> App:
    return app.with_connector(DjangoConnector())


def defer(
    task: str, *, lock: str, at: datetime | None = None, looked_for: bool = False, **arguments: int
) -> bool:  # fmt: skip
    """Put a job into the queue unless the same one waits already; return whether it was.

    ``lock`` runs its jobs one after the other. ``task`` is the full name of its function, such as
    ``tenantry.sync.tasks.observe``; ``at`` the time before which the job does not start.
    ``looked_for``: a periodic job finds the same work, too, so that the job may wait for the end of ``gathered``.

    The queue's own *queueing lock* is not used: with it, a job that is returned to the queue clashes with its
    waiting successor, and can neither run nor make way. So two callers at the same time may both succeed;
    the second job then finds nothing to do.
    """
    waiting = _gathered.get()
    if looked_for and waiting is not None and at is None:
        if (job := (task, lock, arguments)) in waiting:
            return False
        waiting.append(job)
        return True
    with transaction.atomic(), database.cursor() as cursor:
        cursor.execute(_WAITING, [lock, task, json.dumps(arguments)])
        if cursor.fetchone():
            return False
        _transactional().configure_task(task, allow_unknown=False, lock=lock, schedule_at=at).defer(**arguments)
    return True


@contextmanager
def gathered() -> Iterator[None]:
    """Put into the queue at the end, each once, what is deferred inside and *looked for*. Outside any transaction.

    For many transactions in a row that ask for the same work: idle workers take a job at once, so that each of the
    transactions would make a job of its own, for a single row. Who is killed in here leaves it to the periodic jobs.
    """
    waiting: list[tuple[str, str, dict[str, int]]] = []
    token = _gathered.set(waiting)
    try:
        yield
    finally:
        _gathered.reset(token)
        for task, lock, arguments in waiting:
            defer(task, lock=lock, at=None, looked_for=True, **arguments)


def worker_connector() -> PsycopgConnector:
    """Return what a worker reaches the queue with.

    Few connections: jobs hold none, and after a crash of the database the pool tries its dead ones one by one,
    a longer pause after each, before it makes a new one.
    """
    return PsycopgConnector(kwargs=connector_params(), min_size=1, max_size=2)


async def return_jobs_of_dead_workers(silent_for: float) -> int:
    """Put the jobs of workers without a heartbeat for ``silent_for`` seconds back; return how many there were.

    To be called with a worker's connector. No job keeps another from being returned.
    """
    stalled = list(await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=silent_for))
    for job in stalled:
        await _return(job)
    return len(stalled)


async def _return(job: Job) -> None:
    try:
        await app.job_manager.retry_job(job)
    except UniqueViolation:  # a periodic job whose next one waits already: that will do its work
        await app.job_manager.finish_job(job, status=Status.FAILED, delete_job=True)
    except ConnectorException as problem:  # it has ended meanwhile, or the database is away: the next sweep looks again
        _log.warning("job_not_returned", job=job.id, task=job.task_name, problem=str(problem.__cause__ or problem))
