"""Puts jobs into the queue, in the caller's transaction: a decision and its job are committed together.

A worker replaces the queue's connector by one of its own, outside Django's transactions; so jobs are
always deferred through an application over Django's connection.
"""

from datetime import datetime
from functools import cache

from django.db import transaction
from procrastinate import App
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.exceptions import AlreadyEnqueued


@cache
def _transactional() -> App:
    return app.with_connector(DjangoConnector())


def defer(task: str, *, lock: str, queueing_lock: str, at: datetime | None = None, **arguments: int) -> bool:
    """Put a job into the queue unless one with ``queueing_lock`` waits already; return whether it was.

    ``lock`` runs its jobs one after the other. ``task`` is a function of ``sync.tasks``, ``at`` the time
    before which the job does not start.
    """
    deferrer = _transactional().configure_task(
        f"tenantry.sync.tasks.{task}", allow_unknown=False, lock=lock, queueing_lock=queueing_lock, schedule_at=at
    )
    try:
        with transaction.atomic():  # a savepoint: AlreadyEnqueued breaks the transaction around it
            deferrer.defer(**arguments)
    except AlreadyEnqueued:
        return False
    return True


def enqueue_listing(observation_id: int, connection_id: int, *, at: datetime | None = None) -> None:
    """Have the listing of an observation read (on)."""
    defer(
        "observe",
        lock=f"listing-{connection_id}",
        queueing_lock=f"listing-{observation_id}",
        at=at,
        observation_id=observation_id,
    )


def enqueue_runs(connection_id: int, *, at: datetime | None = None) -> None:
    """Have a connection's runs taken on: planned and applied, and their details read."""
    for task in ("first_passes", "details"):
        name = f"{task}-{connection_id}"
        defer(task, lock=name, queueing_lock=name, at=at, connection_id=connection_id)
