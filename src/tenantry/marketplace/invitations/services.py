"""Makes invitations, repeats and revokes them, notes that one bounced. All run in the marketplace's scope."""

import uuid
from datetime import datetime
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction

from tenantry.audit.events import SYSTEM, Actor, ActorKind, Happening
from tenantry.audit.services import key_ring, record_event, record_events
from tenantry.core.invitations import LIFETIME, looks_like_user_name
from tenantry.isolation.scope import current_marketplace_id
from tenantry.mail import best_language, new_message_id
from tenantry.mail.letters import one_line
from tenantry.marketplace.companies.services import settle_status
from tenantry.marketplace.invitations.sending import enqueue_sending
from tenantry.marketplace.invitations.telling import invitation_happening
from tenantry.marketplace.invitations.tokens import digest_of, new_token
from tenantry.marketplace.models import (
    LIVE_INVITATION,
    CompanyStatus,
    Invitation,
    InvitationState,
    Membership,
    MembershipState,
)

_PEOPLE = {ActorKind.ACCOUNT, ActorKind.OPERATOR}
_LONGEST_NOTE = 2_000
_LONGEST_NAME = 200
_SWEPT_AT_ONCE = 500


class InvitationRefused(Exception):
    """The invitation can't be made or changed. The message is a sentence for the person who tried."""


class AddressNotConfirmed(InvitationRefused):
    """The address looks like a user name that has no mailbox; a person must confirm that it takes mail."""


@transaction.atomic
def invite(
    *, membership_id: int, actor: Actor, now: datetime, run_id: int | None = None, request_id: str = "",
    subject: str = "", greeting: str = "", address_confirmed: bool = False,
) -> Invitation:  # fmt: skip
    """Invite a person to a company; the e-mail leaves from the queue once this is committed.

    A live invitation is returned as it is: asking twice sends one e-mail. ``subject`` and ``greeting`` are words of
    the inviter's own. Raises ``Membership.DoesNotExist``, :class:`InvitationRefused`, :class:`AddressNotConfirmed`.
    """
    membership = _locked(membership_id)
    live = membership.invitations.filter(state__in=LIVE_INVITATION).first()
    if live is not None:
        return live
    _refuse_impossible(membership, address_confirmed=address_confirmed)
    invitation = _written(membership, subject=subject, greeting=greeting, actor=actor, now=now)
    happening = invitation_happening("created", invitation, after={"language": invitation.language})
    _record(happening, actor, now=now, request_id=request_id, run_id=run_id)
    settle_status(company_id=membership.company_id, now=now, actor=actor)
    enqueue_sending(current_marketplace_id())
    return invitation


@transaction.atomic
def resend(*, invitation_id: int, actor: Actor, now: datetime, request_id: str = "") -> Invitation:
    """Send a new link in place of an earlier one, which is dead from now on.

    Raises ``Invitation.DoesNotExist``, :class:`InvitationRefused`.
    """
    old, membership = _locked_invitation(invitation_id)
    if old.state == InvitationState.WAITING and old.attempts == 0:
        return old  # it has not left yet: it will
    _refuse_impossible(membership, address_confirmed=True)  # a person asks for it, knowing the address
    membership.invitations.filter(state__in=LIVE_INVITATION).update(state=InvitationState.REVOKED, ended_at=now)
    fresh = _written(membership, subject=old.subject, greeting=old.greeting, actor=actor, now=now)
    happening = invitation_happening("resent", fresh, after={"replaces": old.pk})
    _record(happening, actor, now=now, request_id=request_id)
    settle_status(company_id=membership.company_id, now=now, actor=actor)
    enqueue_sending(current_marketplace_id())
    return fresh


@transaction.atomic
def revoke(*, invitation_id: int, actor: Actor, now: datetime, request_id: str = "", reason: str = "") -> None:
    """Take an invitation back: its link is dead. Doing it again changes nothing.

    Raises ``Invitation.DoesNotExist``, :class:`InvitationRefused` for one that was accepted.
    """
    invitation, membership = _locked_invitation(invitation_id)
    if invitation.state == InvitationState.ACCEPTED:
        raise InvitationRefused("The invitation was accepted already. Deactivate the person's membership instead.")
    if invitation.state not in LIVE_INVITATION:
        return
    invitation.state, invitation.ended_at = InvitationState.REVOKED, now
    invitation.save(update_fields=["state", "ended_at"])
    _record(invitation_happening("revoked", invitation, reason=reason), actor, now=now, request_id=request_id)
    settle_status(company_id=membership.company_id, now=now, actor=actor)


@transaction.atomic
def note_bounce(*, invitation_id: int, reason: str, actor: Actor, now: datetime, request_id: str = "") -> None:
    """Note that an invitation's e-mail came back. Its link stays good, should it have arrived after all.

    Raises ``Invitation.DoesNotExist``, :class:`InvitationRefused` for one that was not sent.
    """
    invitation, _ = _locked_invitation(invitation_id)
    if invitation.state == InvitationState.BOUNCED:
        return
    if invitation.state != InvitationState.SENT:
        raise InvitationRefused(f"Only a sent invitation can bounce; this one is {invitation.get_state_display()}.")
    invitation.state, invitation.problem = InvitationState.BOUNCED, one_line(reason) or "The e-mail came back."
    invitation.save(update_fields=["state", "problem"])
    _record(invitation_happening("bounced", invitation, reason=reason), actor, now=now, request_id=request_id)


@transaction.atomic
def expire_invitations(*, now: datetime) -> int:
    """End the invitations whose time is over, some hundred at once; return how many that were."""
    due = Invitation.objects.filter(
        state__in=[InvitationState.SENT, InvitationState.BOUNCED], expires_at__lte=now
    ).select_related("membership__company")
    ended = list(due.select_for_update(of=("self",), skip_locked=True).order_by("pk")[:_SWEPT_AT_ONCE])
    Invitation.objects.filter(pk__in=[row.pk for row in ended]).update(state=InvitationState.EXPIRED, ended_at=now)
    told = [invitation_happening("expired", row) for row in ended]
    record_events(told, actor=SYSTEM, marketplace_id=current_marketplace_id(), now=now)
    return len(ended)


def _locked(membership_id: int) -> Membership:
    rows = Membership.objects.select_related("user", "company", "marketplace")
    return rows.select_for_update(of=("self",)).get(pk=membership_id)


def _locked_invitation(invitation_id: int) -> tuple[Invitation, Membership]:
    """Lock the membership first, then its invitation: the order that everybody keeps."""
    membership = _locked(Invitation.objects.values_list("membership_id", flat=True).get(pk=invitation_id))
    invitation = Invitation.objects.select_for_update().get(pk=invitation_id)
    invitation.membership = membership
    return invitation, membership


def _refuse_impossible(membership: Membership, *, address_confirmed: bool) -> None:
    if not membership.user.email:
        raise InvitationRefused("This person has no e-mail address. Enter one, then invite them.")
    if membership.state == MembershipState.INACTIVE:
        raise InvitationRefused("This person's membership is deactivated. Activate it, then invite them.")
    if membership.accepted_at is not None:
        raise InvitationRefused("This person accepted an invitation to the company already.")
    if membership.company.status == CompanyStatus.DISABLED:
        raise InvitationRefused("The company is disabled. Enable it, then invite its people.")
    if looks_like_user_name(membership.user.email) and not address_confirmed:
        raise AddressNotConfirmed(
            f"{membership.user.email} looks like a user name at Microsoft, which often has no mailbox."
        )


def _written(membership: Membership, *, subject: str, greeting: str, actor: Actor, now: datetime) -> Invitation:
    nonce = uuid.uuid4()
    domain = urlsplit(settings.MAIL.url).hostname or "tenantry.invalid"
    return Invitation.objects.create(
        marketplace_id=current_marketplace_id(),
        membership=membership,
        email=membership.user.email.lower(),
        language=best_language(membership.user.language, membership.marketplace.language),
        nonce=nonce,
        token_hash=digest_of(new_token(nonce, key_ring())),
        message_id=new_message_id(domain),
        subject=one_line(subject),
        greeting=greeting.strip()[:_LONGEST_NOTE],
        invited_by_name=one_line(actor.name)[:_LONGEST_NAME] if actor.kind in _PEOPLE else "",
        created_at=now,
        expires_at=now + LIFETIME,
    )


def _record(
    happening: Happening, actor: Actor, *, now: datetime, request_id: str = "", run_id: int | None = None
) -> None:
    record_event(
        happening, actor=actor, marketplace_id=current_marketplace_id(), now=now, request_id=request_id, run_id=run_id
    )
