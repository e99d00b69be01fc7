"""Pins a person's place in a company, so that no sync touches it, and takes the pin away."""

from datetime import datetime

from django.db import transaction

from tenantry.audit.events import Actor
from tenantry.audit.services import record_event
from tenantry.isolation.scope import current_marketplace_id
from tenantry.marketplace.models import Membership, Pin
from tenantry.marketplace.people.telling import membership_happening

_LONGEST_REASON = 500


@transaction.atomic
def pin_membership(
    *, membership_id: int, reason: str, actor: Actor, now: datetime, request_id: str = ""
) -> bool:  # fmt: skip
    """Pin the place; tell whether it was not. Raises ``Membership.DoesNotExist``."""
    membership = _locked(membership_id)
    if Pin.objects.filter(membership=membership).exists():
        return False
    why = " ".join(reason.split())[:_LONGEST_REASON]
    Pin.objects.create(
        marketplace_id=current_marketplace_id(), membership=membership, reason=why, pinned_by_name=actor.name[:200],
        created_at=now,
    )  # fmt: skip
    happening = membership_happening("pinned", membership, after={"reason": why})
    record_event(happening, actor=actor, marketplace_id=current_marketplace_id(), now=now, request_id=request_id)
    return True


@transaction.atomic
def unpin_membership(*, membership_id: int, actor: Actor, now: datetime, request_id: str = "") -> bool:
    """Take the pin away; tell whether there was one. The next sync follows the directory again."""
    membership = _locked(membership_id)
    removed, _ = Pin.objects.filter(membership=membership).delete()
    if not removed:
        return False
    happening = membership_happening("unpinned", membership)
    record_event(happening, actor=actor, marketplace_id=current_marketplace_id(), now=now, request_id=request_id)
    return True


def _locked(membership_id: int) -> Membership:
    rows = Membership.objects.select_for_update(of=("self",)).select_related("company", "user")
    return rows.get(pk=membership_id)
