"""What monitoring asks of the whole installation: the queue, runs, holds, connections. Numbers only, no names."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection as database
from django.db.models import Count

from tenantry.connections.models import Connection, ConsentWarning
from tenantry.sync.models import Hint
from tenantry.sync.observe.states import states_of_all

_QUEUE = """
select j.task_name, case when j.status = 'todo' and j.scheduled_at > now() then 'later' else j.status::text end,
       count(*),
       extract(epoch from now() - min(greatest(e.at, j.scheduled_at)) filter (where j.status = 'todo'))::float
from procrastinate_jobs j
left join lateral (
  select min(at) as at from procrastinate_events where job_id = j.id and type in ('deferred', 'deferred_for_retry')
) e on j.status = 'todo'
where j.status in ('todo', 'doing', 'failed') group by 1, 2 order by 1, 2
"""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Jobs of one kind in one state (``todo``, ``later``, ``doing``, ``failed``); ``oldest`` in seconds since due."""

    task: str
    state: str
    count: int
    oldest: float


@dataclass(frozen=True, slots=True)
class Listed:
    """One connection by its number: how it is doing, and how many seconds ago its list was read (``None``: never)."""

    connection_id: int
    health: str
    age: float | None


def queue_standing() -> list[Waiting]:
    """Return the jobs of the queue, by task and state. One query."""
    return [Waiting(task, state, count, max(0.0, oldest or 0.0)) for task, state, count, oldest in _rows(_QUEUE)]


def workers_alive() -> int:
    """Return how many workers gave a sign of life within half a minute."""
    query = "select count(*) from procrastinate_workers where last_heartbeat > now() - interval '30 s'"
    return int(_rows(query)[0][0])


def runs_of_last_day() -> list[tuple[str, str, int]]:
    """Return how many runs of all marketplaces were begun in the last day or are alive, by kind and state."""
    return [(kind, state, count) for kind, state, count in _rows("select * from runs_of_last_day()")]


def holds_open() -> list[tuple[str, int]]:
    """Return how many holds wait for a person in all marketplaces, by brake."""
    return [(brake, count) for brake, count in _rows("select * from holds_open()")]


def connections_standing(*, now: datetime) -> list[Listed]:
    """Return each connection's standing."""
    return [
        Listed(
            state.connection.pk,
            state.health.name.lower(),
            None if state.last_listing is None else (now - state.last_listing).total_seconds(),
        )
        for state in states_of_all()
    ]


def consent_standing() -> list[tuple[str, int]]:
    """Return how much of what connections were given ends soon or is missing, by what it is."""
    rows = ConsentWarning.objects.filter(connection__in=Connection.objects.filter(enabled=True))
    return list(rows.values_list("matter").annotate(count=Count("id")).order_by("matter"))


def hints_waiting() -> int:
    """Return how many hints were not followed yet."""
    return Hint.objects.filter(followed_at=None).count()


def _rows(query: str) -> list[tuple[Any, ...]]:
    with database.cursor() as cursor:
        cursor.execute(query)
        return list(cursor.fetchall())
