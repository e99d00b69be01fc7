"""Roles and states of people in companies. A company that has had an administrator keeps one."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from tenantry.accounts.models import Account
from tenantry.audit.events import Actor, Happening
from tenantry.audit.services import record_event
from tenantry.isolation.arrays import is_one_of
from tenantry.isolation.scope import current_marketplace_id
from tenantry.marketplace.invitations.services import revoke
from tenantry.marketplace.models import LIVE_INVITATION, Company, Membership, MembershipRole, MembershipState
from tenantry.marketplace.people.refusals import LastAdministrator
from tenantry.marketplace.people.telling import membership_happening


@dataclass(frozen=True, slots=True)
class Deactivated:
    """What taking a place away did besides: ``revoked``, the address whose live invitation to it is dead now."""

    revoked: str = ""


@transaction.atomic
def change_role(
    *, membership_id: int, role: MembershipRole, actor: Actor, now: datetime, request_id: str = ""
) -> bool:  # fmt: skip
    """Give a person another role in a company; tell whether it is another. Raises :class:`LastAdministrator`."""
    membership = _locked(membership_id)
    if membership.role == role:
        return False
    _keep_an_administrator(membership)
    happening = _happening("role_changed", membership, {"role": membership.role}, {"role": role.value})
    Membership.objects.filter(pk=membership_id).update(role=role)
    record_event(happening, actor=actor, marketplace_id=current_marketplace_id(), now=now, request_id=request_id)
    return True


@transaction.atomic
def deactivate_membership(
    *, membership_id: int, actor: Actor, now: datetime, request_id: str = "", run_id: int | None = None
) -> Deactivated | None:
    """Take a person's place in a company away, to be given back; ``None`` when it was not there.

    A live invitation to it is revoked. Raises :class:`LastAdministrator`.
    """
    membership = _locked(membership_id)
    if membership.state == MembershipState.INACTIVE:
        return None
    _keep_an_administrator(membership)
    happening = _happening("deactivated", membership, {"state": membership.state}, {"state": "inactive"})
    Membership.objects.filter(pk=membership_id).update(state=MembershipState.INACTIVE)
    record_event(
        happening, actor=actor, marketplace_id=current_marketplace_id(), now=now, request_id=request_id, run_id=run_id
    )
    return Deactivated(_revoked(membership, actor=actor, now=now, request_id=request_id))


def _revoked(membership: Membership, *, actor: Actor, now: datetime, request_id: str) -> str:
    live = membership.invitations.filter(state__in=LIVE_INVITATION).order_by("pk").last()
    if live is None:
        return ""
    reason = "The person's place in the company was deactivated."
    revoke(invitation_id=live.pk, actor=actor, now=now, request_id=request_id, reason=reason)
    return live.email


@transaction.atomic
def reactivate_membership(
    *, membership_id: int, actor: Actor, now: datetime, request_id: str = "", run_id: int | None = None
) -> bool:
    """Give a deactivated place back; tell whether it was deactivated.

    Somebody who never accepted it, and whom others know as well, must still accept: it comes back *awaiting*.
    """
    membership = _locked(membership_id)
    if membership.state != MembershipState.INACTIVE:
        return False
    state = MembershipState.ACTIVE if _is_own(membership) else MembershipState.AWAITING
    happening = _happening("reactivated", membership, {"state": "inactive"}, {})
    Membership.objects.filter(pk=membership_id).update(state=state)
    record_event(
        happening, actor=actor, marketplace_id=current_marketplace_id(), now=now, request_id=request_id, run_id=run_id
    )
    return True


def _locked(membership_id: int) -> Membership:
    """Return the membership with its company locked, so that two can't both take the second last administrator.

    The membership is locked first: the order in which an invitation locks the two.
    """
    locked = Membership.objects.select_for_update().filter(pk=membership_id)
    company_id = locked.values_list("company_id", flat=True).get()
    Company.objects.select_for_update().get(pk=company_id)
    return Membership.objects.select_related("company", "user").get(pk=membership_id)


def _is_own(membership: Membership) -> bool:
    """Whether the person accepted the place, or is known by this company alone."""
    if membership.accepted_at is not None:
        return True
    elsewhere = Membership.objects.filter(user_id=membership.user_id).exclude(pk=membership.pk).exists()
    return membership.user.account_id is None and not elsewhere and not has_login(membership.user.email)


def has_login(email: str) -> bool:
    """Whether anybody in the installation signs in with this address."""
    return bool(email) and Account.objects.filter(email=email).exists()


def logins_among(emails: Iterable[str]) -> set[str]:
    """Return those of these addresses with which anybody in the installation signs in. One query, or none."""
    wanted = sorted({email for email in emails if email})
    return set(Account.objects.filter(is_one_of("email", wanted)).values_list("email", flat=True)) if wanted else set()


def _keep_an_administrator(membership: Membership) -> None:
    if membership.role != MembershipRole.ADMINISTRATOR or membership.state == MembershipState.INACTIVE:
        return
    others = Membership.objects.filter(company_id=membership.company_id, role=MembershipRole.ADMINISTRATOR)
    if not others.exclude(state=MembershipState.INACTIVE).exclude(pk=membership.pk).exists():
        raise LastAdministrator(
            "This is the last administrator of the company. Make somebody else Company Administrator first."
        )


def _happening(verb: str, membership: Membership, before: Mapping[str, Any], after: Mapping[str, Any]) -> Happening:
    return membership_happening(verb, membership, before=before, after=after)
