"""Reads about connections that are set aside. Shared: in any scope or none, as connections are read."""

from collections.abc import Iterable
from datetime import datetime

from django.db import connection as database

from tenantry.sync.models import ObservedKind, Quarantine


def quarantine_of(connection_id: int) -> Quarantine | None:
    """Return the connection's live quarantine, if it is in one."""
    return Quarantine.objects.filter(connection_id=connection_id, ended_at=None).first()


def quarantines_of(connection_ids: Iterable[int]) -> dict[int, Quarantine]:
    """Return the live quarantines of these connections, by connection. One query."""
    live = Quarantine.objects.filter(connection_id__in=list(connection_ids), ended_at=None)
    return {each.connection_id: each for each in live}


def stopped_by(connection_id: int, kind: ObservedKind) -> Quarantine | None:
    """Return the connection's live quarantine if this kind of reading stops for it."""
    live = quarantine_of(connection_id)
    return live if live is not None and live.stops(kind) else None


def may_be_tried(connection_id: int, kind: ObservedKind, *, now: datetime) -> bool:
    """Whether this may be read without a person asking for it: it is not set aside, or its daily try is due."""
    live = stopped_by(connection_id, kind)
    return live is None or (live.next_try_at is not None and live.next_try_at <= now)


def marketplaces_fed_by(connection_id: int) -> list[int]:
    """Return the marketplaces that the connection feeds, by the named look-up."""
    with database.cursor() as cursor:
        cursor.execute("select marketplace_id from marketplaces_fed_by(%s) order by 1", [connection_id])
        return [row[0] for row in cursor.fetchall()]
