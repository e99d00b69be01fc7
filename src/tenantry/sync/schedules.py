"""How often connections are read without anybody asking. A connection that nobody changed has the defaults."""

from datetime import datetime

from tenantry.audit.events import Actor, Happening, Target
from tenantry.audit.services import record_event
from tenantry.connections.models import Connection
from tenantry.sync.models import ObservedKind, Schedule

DEFAULT_MINUTES = {ObservedKind.COMPANIES: 60, ObservedKind.PEOPLE: 24 * 60}
BOUNDS = {ObservedKind.COMPANIES: (15, 7 * 24 * 60), ObservedKind.PEOPLE: (60, 7 * 24 * 60)}
"""The least and the most minutes that each can be set to."""


class ScheduleRefused(Exception):
    """The schedule can't be kept. The message says why."""


def schedule_of(connection: Connection, kind: ObservedKind) -> Schedule:
    """Return the connection's schedule, made with the defaults if there is none."""
    row, _ = Schedule.objects.get_or_create(
        connection=connection, kind=kind, defaults={"every_minutes": DEFAULT_MINUTES[kind]}
    )
    return row


def change_schedule(
    *, connection: Connection, kind: ObservedKind, every_minutes: int, actor: Actor, now: datetime, request_id: str = ""
) -> bool:
    """Change how often a connection is read; tell whether that is new. Raises :class:`ScheduleRefused`.

    The next reading is at the latest one new interval from now. Call it in a transaction, outside any scope.
    """
    least, most = BOUNDS[kind]
    if not least <= every_minutes <= most:
        raise ScheduleRefused(f"Give a number of minutes from {least:,} to {most:,}.")
    schedule_of(connection, kind)
    row = Schedule.objects.select_for_update().get(connection=connection, kind=kind)
    if row.every_minutes == every_minutes:
        return False
    before, row.every_minutes, row.next_at = row.every_minutes, every_minutes, None
    row.changed_at, row.changed_by_name = now, actor.name[:200]
    row.save()
    happening = Happening(
        "connections.schedule.changed", Target("connection", str(connection.pk), connection.name),
        before={"kind": kind.value, "every_minutes": before},
        after={"kind": kind.value, "every_minutes": every_minutes},
    )  # fmt: skip
    record_event(happening, actor=actor, now=now, request_id=request_id)
    return True
