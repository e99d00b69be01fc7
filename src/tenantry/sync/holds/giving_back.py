"""Lets held creations wait for a person again, and ends holds that have nothing left. In a marketplace's scope."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import connection as database
from django.db.models import QuerySet

from tenantry.audit.events import Actor, Happening, Target
from tenantry.audit.services import record_event
from tenantry.core.planning.companies import ChangeKind
from tenantry.isolation.scope import current_marketplace_id
from tenantry.sync.holds.releasing import follow_releases
from tenantry.sync.models import Change, ChangeState, Hold, HoldState, PendingCompany
from tenantry.sync.runs.accounting import recount_changes

_OPEN = [ChangeState.HELD, ChangeState.APPROVED, ChangeState.FAILED]
_MADE = {ChangeState.APPROVED, ChangeState.APPLIED, ChangeState.FAILED, ChangeState.UNDONE}

# Rows are locked in order of tenant, as the sync's batches do.
_GIVE_BACK = """
update sync_pendingcompany set state = 'pending', by_hand = by_hand or %(by_hand)s where id in (
    select p.id from sync_pendingcompany p
    where p.marketplace_id = %(marketplace)s and p.state = 'held' and p.tenant_id = any(%(tenants)s)
    order by p.tenant_id for update
)
"""
_DROP_DECIDED = """
update sync_change c set state = 'stale', problem = %(problem)s, settled_at = %(now)s, next_attempt_at = null
where c.marketplace_id = %(marketplace)s and c.kind = 'company.create' and c.state in ('held', 'approved', 'failed')
and c.hold_id is not null and not exists (
    select from sync_pendingcompany p
    where p.marketplace_id = %(marketplace)s and p.tenant_id = c.tenant_id and p.state = 'held'
)
returning c.hold_id, c.run_id
"""
_DECIDED = "It was decided, or the tenant left, before it was released."


def give_back_creations(*, reason: str, actor: Actor, now: datetime) -> int:
    """Let every creation that is held, released or failed wait for a person again; return how many.

    For when companies are no longer created automatically. Nobody said no to these: a rule may take them up again.
    What a rule said of rows is forgotten with it.
    """
    PendingCompany.objects.exclude(automatic_problems=[]).update(automatic_problems=[])
    ids = list(Change.objects.filter(state__in=_OPEN, kind=ChangeKind.CREATE).values_list("pk", flat=True))
    if not ids:
        return 0
    give_back(Change.objects.filter(pk__in=ids), ChangeState.CANCELLED, reason, by_hand=False, now=now)
    settle_around(Change.objects.filter(pk__in=ids).values_list("hold_id", "run_id").distinct(), now=now)
    happening = Happening(
        "sync.hold.given_back",
        Target("marketplace", str(current_marketplace_id())),
        after={"changes": len(ids)},
        reason=reason,
    )
    record_event(happening, actor=actor, marketplace_id=current_marketplace_id(), now=now)
    return len(ids)


def give_back(changes: QuerySet[Change], state: ChangeState, problem: str, *, by_hand: bool, now: datetime) -> None:
    """End these changes in ``state``, and let their rows wait for a person; ``by_hand`` keeps every rule off them."""
    parameters: dict[str, Any] = {
        "marketplace": current_marketplace_id(),
        "tenants": list(changes.values_list("tenant_id", flat=True)),
        "by_hand": by_hand,
    }
    with database.cursor() as cursor:
        cursor.execute(_GIVE_BACK, parameters)
    changes.update(state=state, problem=problem, settled_at=now, next_attempt_at=None)


def drop_decided(*, now: datetime) -> int:
    """Take out of the holds what is not held any more because it was decided or left; return how many."""
    with database.cursor() as cursor:
        cursor.execute(_DROP_DECIDED, {"marketplace": current_marketplace_id(), "now": now, "problem": _DECIDED})
        dropped = cursor.fetchall()
    settle_around(set(dropped), now=now)
    return len(dropped)


def settle_around(places: Iterable[tuple[int | None, int]], *, now: datetime) -> None:
    """Settle these holds, their releases, and count these runs anew.

    ``places`` are (hold, run) of changes that were settled.
    """
    places = list(places)
    for hold in Hold.objects.filter(pk__in={hold_id for hold_id, _ in places if hold_id}).order_by("pk"):
        settle_hold(hold, now=now)
    for run_id in sorted({run_id for _, run_id in places}):
        recount_changes(run_id)
    follow_releases(now=now)


def settle_hold(hold: Hold, *, now: datetime) -> None:
    """Make the hold's state what its changes say: it is over when none of them is held any more."""
    states = set(Change.objects.filter(hold=hold).values_list("state", flat=True).distinct())
    if ChangeState.HELD in states:
        state = HoldState.OPEN
    elif states & _MADE:
        state = HoldState.RELEASED
    else:
        state = HoldState.REJECTED if ChangeState.REJECTED in states else HoldState.OVER
    if state != hold.state:
        hold.state, hold.ended_at = state, None if state == HoldState.OPEN else now
        hold.save(update_fields=["state", "ended_at"])
