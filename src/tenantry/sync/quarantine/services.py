"""Sets connections aside and lets them back. Outside any scope: each marketplace is told in its own."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from tenantry.audit.events import SYSTEM, Actor, Happening, Target
from tenantry.audit.services import record_event
from tenantry.connections.editing import set_enabled
from tenantry.connections.models import Connection
from tenantry.core.brakes import Trip
from tenantry.core.brakes.quarantine import day_to_tell, is_given_up, next_try
from tenantry.sync.models import ObservedKind, Quarantine
from tenantry.sync.quarantine.telling import tell_given_up, tell_goes_on, tell_over, tell_set_aside


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a connection is set aside: the brake that tripped, by what kind of reading, and what the provider said.

    ``failure`` is as a run's failure has it.
    """

    trip: Trip
    kind: ObservedKind
    failure: dict[str, Any] = field(default_factory=dict)


def set_aside(connection_id: int, cause: Cause, *, now: datetime) -> Quarantine:
    """Set the connection aside, or note that it failed once more; its next try by itself is a day from now."""
    with transaction.atomic():
        row = Connection.objects.select_for_update().get(pk=connection_id)
        live = Quarantine.objects.filter(connection=row, ended_at=None).first()
        new = live is None or (live.brake, live.kind) != (cause.trip.brake.value, cause.kind)
        quarantine = live or Quarantine(connection=row, begun_at=now)
        quarantine.brake, quarantine.kind, quarantine.reason = cause.trip.brake.value, cause.kind, cause.trip.reason
        quarantine.failure, quarantine.last_try_at = cause.failure, now
        quarantine.next_try_at = next_try(now=now)
        quarantine.save()
        if new:
            after = {
                "brake": quarantine.brake,
                "kind": cause.kind.value,
                "next_try_at": quarantine.next_try_at.isoformat(),
            }
            _record(row, "set_aside", after, SYSTEM, now, reason=quarantine.reason)
    if new:
        tell_set_aside(quarantine, cause.trip, now=now)
    return quarantine


@transaction.atomic
def begin_try(connection_id: int, kind: ObservedKind, *, now: datetime) -> None:
    """Note that what is set aside of a connection is being tried: it is not tried by itself again for a day."""
    live = Quarantine.objects.select_for_update().filter(connection_id=connection_id, ended_at=None).first()
    if live is not None and live.stops(kind):
        live.tries, live.last_try_at, live.next_try_at = live.tries + 1, now, next_try(now=now)
        live.save(update_fields=["tries", "last_try_at", "next_try_at"])


def let_back(connection_id: int, *, by: Actor, now: datetime) -> bool:
    """End the connection's quarantine, if it is in one: a try succeeded, or an operator mended it."""
    with transaction.atomic():
        row = Connection.objects.select_for_update().get(pk=connection_id)
        live = Quarantine.objects.filter(connection=row, ended_at=None).first()
        if live is None:
            return False
        live.ended_at, live.ended_by, live.next_try_at = now, by.name[:200], None
        live.save(update_fields=["ended_at", "ended_by", "next_try_at"])
        _record(row, "let_back", {"brake": live.brake}, by, now, reason=live.reason)
    tell_over(row, now=now)
    return True


def switch_connection(*, connection_id: int, enabled: bool, actor: Actor, now: datetime) -> Connection:
    """Let the connection be read, or not. Enabling one that is set aside lets it back: an operator mended it."""
    row = set_enabled(connection_id=connection_id, enabled=enabled, actor=actor, now=now)
    if enabled:
        let_back(connection_id, by=actor, now=now)
    return row


def look_after(quarantine_id: int, *, now: datetime) -> None:
    """Tell what is due of a live quarantine; switch its connection off when it failed for too long. Safe to repeat."""
    with transaction.atomic():
        live = Quarantine.objects.select_for_update().filter(pk=quarantine_id, ended_at=None).first()
        if live is None or live.switched_off_at is not None:
            return
        given_up = is_given_up(live.begun_at, now=now)
        day = None if given_up else day_to_tell(live.begun_at, live.told_days, now=now)
        if given_up:
            live.switched_off_at, live.next_try_at = now, None
            set_enabled(connection_id=live.connection_id, enabled=False, actor=SYSTEM, now=now)
        elif day is not None:
            live.told_days = [*live.told_days, day]
        live.save(update_fields=["switched_off_at", "next_try_at", "told_days"])
    if given_up:
        tell_given_up(live, now=now)
    elif day is not None:
        tell_goes_on(live, day, now=now)


def _record(row: Connection, verb: str, after: dict[str, Any], actor: Actor, now: datetime, *, reason: str) -> None:
    happening = Happening(
        f"connections.connection.{verb}", Target("connection", str(row.pk), row.name), after=after, reason=reason
    )
    record_event(happening, actor=actor, now=now)
