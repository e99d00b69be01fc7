"""Writes about the staff of a marketplace. In its scope; operators only, the callers check that."""

from datetime import datetime

from tenantry.accounts.models import Account
from tenantry.audit.events import Actor, Happening, Target
from tenantry.audit.services import record_event
from tenantry.core.permissions import STAFF_ROLES, Role
from tenantry.isolation.scope import current_marketplace_id
from tenantry.marketplace.models import StaffRole
from tenantry.marketplace.services import give_role


class StaffRefused(Exception):
    """The change can't be made. The message is a sentence for the operator."""


def add_staff(*, account: Account, role: str, actor: Actor, now: datetime) -> None:
    """Give an account a role that it did not have here. Raises :class:`StaffRefused` when it has one."""
    there = StaffRole.objects.filter(account=account).first()
    if there is not None:
        raise StaffRefused(f"{account.email} works here already, as {there.role}. Change the role in the list.")
    _give(account, role, actor=actor, now=now)


def change_staff_role(*, staff_id: int, role: str, actor: Actor, now: datetime) -> None:
    """Change what somebody is here. The same role again changes nothing. Raises ``StaffRole.DoesNotExist``."""
    row = StaffRole.objects.select_for_update(of=("self",)).select_related("account").get(pk=staff_id)
    if row.role != role:
        _give(row.account, role, actor=actor, now=now)


def remove_staff(*, staff_id: int, actor: Actor, now: datetime) -> str:
    """Take the role away; return whose. The account stays. Raises ``StaffRole.DoesNotExist``."""
    marketplace_id = current_marketplace_id()
    row = StaffRole.objects.select_for_update(of=("self",)).select_related("account").get(pk=staff_id)
    name = row.account.name or row.account.email
    row.delete()
    target = Target("account", str(row.account_id), name)
    happening = Happening("marketplace.staff.role_removed", target, before={"role": row.role})
    record_event(happening, actor=actor, marketplace_id=marketplace_id, now=now)
    return name


def _give(account: Account, role: str, *, actor: Actor, now: datetime) -> None:
    if role not in {known.value for known in STAFF_ROLES}:
        raise StaffRefused(f"{role[:40]!r} is no role of staff. There are: {', '.join(STAFF_ROLES)}.")
    name = account.name or account.email
    give_role(account_id=account.pk, account_name=name, role=Role(role), actor=actor, now=now)
