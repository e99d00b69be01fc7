"""Reads the provider's activity log for hints, each hour, a day of overlap each time. Talks HTTP."""

from datetime import date, datetime, timedelta

from tenantry.connections.hints import note_activity_read
from tenantry.connections.models import Connection, Provider
from tenantry.connections.sources import open_partner_center
from tenantry.providers.errors import ProviderError
from tenantry.providers.microsoft.activity import ActivityRecord
from tenantry.providers.microsoft.clouds import Cloud
from tenantry.sync.hints.services import Given, take_hints
from tenantry.sync.models import HintSource

# The log has days, not hours, and records come late; it goes 90 days back, and 30 at once.
_OVERLAP, _OLDEST, _AT_ONCE = timedelta(days=1), timedelta(days=89), timedelta(days=29)


def has_activity(connection: Connection) -> bool:
    """Whether there is an activity log to read: Microsoft's, outside of China."""
    usable = connection.enabled and connection.ready_for_companies
    return usable and connection.provider == Provider.MICROSOFT and connection.cloud != Cloud.CHINA


def read_new_activity(connection: Connection, *, now: datetime) -> int:
    """Keep what the log hints at since it was read last; return how many hints are new.

    What went wrong is noted on the connection; the lists are read each hour anyway.
    """
    known = connection.hints.get("activity_until", "")
    since = max(date.fromisoformat(known) if known else now.date(), now.date() - _OLDEST) - _OVERLAP
    count = 0
    try:
        with open_partner_center(connection) as source:
            while since <= now.date():
                until = min(since + _AT_ONCE, now.date())
                count += take_hints(connection.pk, map(_given, source.activity(since=since, until=until)), now=now)
                since = until + timedelta(days=1)
    except ProviderError as error:
        note_activity_read(connection.pk, until=None, problem=error.message, now=now)
        return count
    note_activity_read(connection.pk, until=now.date(), problem="", now=now)
    return count


def _given(record: ActivityRecord) -> Given:
    same = record.id or f"{record.tenant_id} {record.operation} {record.at.isoformat()}"
    return Given(HintSource.ACTIVITY, record.operation, record.tenant_id, record.at, b"activity:" + same.encode())
