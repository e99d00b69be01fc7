"""When lists of tenants are read without anybody asking: every hour, each connection at a minute of its own."""

import hashlib
from datetime import datetime, timedelta

from django.db import connection as database

from tenantry.audit.events import Actor, ActorKind
from tenantry.connections.models import Connection, Provider
from tenantry.sync.models import Observation, ObservedKind, Trigger
from tenantry.sync.quarantine import may_be_tried
from tenantry.sync.quarantine.services import begin_try
from tenantry.sync.requests import Asked, SyncRefused, request_sync
from tenantry.sync.schedules import schedule_of

_SCHEDULE = Actor(ActorKind.SCHEDULE, "Schedule")


def start_due_syncs(*, now: datetime) -> int:
    """Start a sync of each connection whose last listing is old enough; return how many.

    One that was set aside is tried once a day.
    """
    started = 0
    for connection in Connection.objects.filter(enabled=True, provider=Provider.MICROSOFT):
        marketplace_id = any_syncing(connection.pk)
        due = marketplace_id is not None and is_due(connection, now=now)
        if marketplace_id is not None and due and may_be_tried(connection.pk, ObservedKind.COMPANIES, now=now):
            try:
                asked = Asked(_SCHEDULE, Trigger.SCHEDULE)
                request_sync(marketplace_id=marketplace_id, asked=asked, now=now, connection_id=connection.pk)
                begin_try(connection.pk, ObservedKind.COMPANIES, now=now)
            except SyncRefused:  # switched off a moment ago
                continue
            started += 1
    return started


def is_due(connection: Connection, *, now: datetime) -> bool:
    """Whether the connection's time is over. A stable offset of its own spreads connections."""
    last = Observation.of_tenants(connection.pk).filter(preview_only=False).order_by("-id").first()
    if last is None:
        return True
    offset = int.from_bytes(hashlib.blake2b(connection.uid.bytes, digest_size=2).digest()) % 5
    every = timedelta(minutes=schedule_of(connection, ObservedKind.COMPANIES).every_minutes)
    return last.created_at <= now - every + timedelta(minutes=offset)


def any_syncing(connection_id: int) -> int | None:
    """Return one of the marketplaces that the connection feeds and that sync companies, or ``None``."""
    with database.cursor() as cursor:
        cursor.execute("select marketplace_id from marketplaces_fed_by(%s) where syncing limit 1", [connection_id])
        row = cursor.fetchone()
    return int(row[0]) if row else None
