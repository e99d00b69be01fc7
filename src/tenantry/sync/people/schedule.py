"""When people are read without anybody asking: each connection once a day, at a time of its own."""

from datetime import datetime, timedelta

from django.db import connection as database

from tenantry.audit.events import Actor, ActorKind
from tenantry.connections.models import Connection
from tenantry.core.schedules import next_slot
from tenantry.sync.models import ObservedKind, Schedule, Trigger
from tenantry.sync.people.requests import request_people_sync
from tenantry.sync.people.runs import Wish
from tenantry.sync.quarantine import may_be_tried
from tenantry.sync.quarantine.services import begin_try
from tenantry.sync.requests import SyncRefused
from tenantry.sync.schedules import schedule_of

_SCHEDULE = Wish(Actor(ActorKind.SCHEDULE, "Schedule"), Trigger.SCHEDULE)


def start_due_people(*, now: datetime) -> int:
    """Start a run for each marketplace whose connection's time has come; return how many.

    A connection that was set aside is tried once a day.
    """
    started = 0
    for connection in Connection.objects.filter(enabled=True):
        marketplaces = marketplaces_syncing_people(connection.pk) if connection.ready_for_people else []
        if not marketplaces:
            continue
        row = schedule_of(connection, ObservedKind.PEOPLE)
        if row.next_at is not None and row.next_at > now:
            continue
        if not may_be_tried(connection.pk, ObservedKind.PEOPLE, now=now):
            continue
        begin_try(connection.pk, ObservedKind.PEOPLE, now=now)
        for marketplace_id in marketplaces:
            started += _start(marketplace_id, connection.pk, now=now)
        every = timedelta(minutes=row.every_minutes)
        Schedule.objects.filter(pk=row.pk).update(next_at=next_slot(connection.uid.bytes, every, after=now))
    return started


def _start(marketplace_id: int, connection_id: int, *, now: datetime) -> int:
    try:
        runs = request_people_sync(
            marketplace_id=marketplace_id, wish=_SCHEDULE, now=now, connection_id=connection_id
        )  # fmt: skip
    except SyncRefused:  # switched off a moment ago
        return 0
    return len(runs)


def marketplaces_syncing_people(connection_id: int) -> list[int]:
    """Return the marketplaces that the connection feeds with User Sync allowed and on. By the named look-up."""
    with database.cursor() as cursor:
        cursor.execute("select m from marketplaces_syncing_people(%s) m", [connection_id])
        return [row[0] for row in cursor.fetchall()]
