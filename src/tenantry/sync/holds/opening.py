"""Opens holds: gives the changes that brakes stopped to holds, one for each trip, and tells people once."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from tenantry.audit.events import SYSTEM, Happening, Target
from tenantry.audit.services import record_event
from tenantry.core.brakes import Trip
from tenantry.sync.holds.kinds import HeldKind
from tenantry.sync.holds.telling import tell_held
from tenantry.sync.models import Change, ChangeState, Hold, HoldState, Run


def hold_trips(run: Run, trips: Iterable[Trip], kind: HeldKind, *, now: datetime) -> list[Hold]:
    """Hold the run's planned changes that the trips name by their keys. In the marketplace's scope and transaction.

    Safe to repeat: later changes of the same class join the hold that the run has. What is not planned any more is
    left alone.
    """
    holds = [_hold(run, trip, kind, now=now) for trip in trips]
    if holds:
        tell_held(run, kind.name, now=now)
    return holds


def _hold(run: Run, trip: Trip, kind: HeldKind, *, now: datetime) -> Hold:
    place: dict[str, Any] = {"run": run, "kind": kind.name, "brake": trip.brake.value, "company_id": trip.company}
    hold, _ = Hold.objects.get_or_create(
        marketplace_id=run.marketplace_id, **place, defaults={"reason": trip.reason, "count": 0, "created_at": now}
    )
    stopped = _stop(trip.held, hold)
    kind.began_to_wait(Change.objects.filter(pk__in=stopped))
    hold.reason, hold.limit, hold.of = trip.reason, trip.limit, trip.of
    hold.count = Change.objects.filter(hold=hold).count()
    hold.state, hold.ended_at = HoldState.OPEN, None
    hold.save()
    happening = Happening(
        "sync.hold.opened",
        Target("hold", str(hold.pk)),
        after={"brake": hold.brake, "changes": len(stopped), "limit": trip.limit},
        reason=trip.reason,
    )
    record_event(happening, actor=SYSTEM, marketplace_id=run.marketplace_id, now=now, run_id=run.pk)
    return hold


def _stop(change_ids: Sequence[int], hold: Hold) -> list[int]:
    """Give these changes to the hold, those that are still planned; return which."""
    planned = Change.objects.select_for_update().filter(pk__in=change_ids, state=ChangeState.PLANNED)
    ids = list(planned.order_by("pk").values_list("pk", flat=True))
    Change.objects.filter(pk__in=ids).update(state=ChangeState.HELD, hold=hold)
    return ids
