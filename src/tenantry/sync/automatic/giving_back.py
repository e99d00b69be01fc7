"""Lets creations that are held, released or failed wait for a person again. In a marketplace's scope."""

from datetime import datetime

from tenantry.audit.events import Actor, Happening, Target
from tenantry.audit.services import record_event
from tenantry.core.planning.companies import ChangeKind
from tenantry.isolation.scope import current_marketplace_id
from tenantry.sync.automatic.held import HELD_CREATIONS
from tenantry.sync.holds.settling import OPEN_STATES, end_held, settle_around
from tenantry.sync.models import Change, ChangeState, PendingCompany


def give_back_creations(*, reason: str, actor: Actor, now: datetime) -> int:
    """Let every creation that is held, released or failed wait for a person again; return how many.

    For when companies are no longer created automatically. Nobody said no to these: a rule may take them up again.
    What a rule said of rows is forgotten with it.
    """
    PendingCompany.objects.exclude(automatic_problems=[]).update(automatic_problems=[])
    ids = list(Change.objects.filter(state__in=OPEN_STATES, kind=ChangeKind.CREATE).values_list("pk", flat=True))
    if not ids:
        return 0
    back = Change.objects.filter(pk__in=ids)
    end_held(back, HELD_CREATIONS, ChangeState.CANCELLED, reason, by_hand=False, actor=actor, now=now)
    settle_around(Change.objects.filter(pk__in=ids).values_list("hold_id", "run_id").distinct(), now=now)
    happening = Happening(
        "sync.hold.given_back",
        Target("marketplace", str(current_marketplace_id())),
        after={"changes": len(ids)},
        reason=reason,
    )
    record_event(happening, actor=actor, marketplace_id=current_marketplace_id(), now=now)
    return len(ids)
