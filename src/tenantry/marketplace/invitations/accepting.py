"""What the invited person does: follows the link, which changes nothing, and presses a button, which accepts.

The link alone proves that somebody reads the mailbox. So whoever has an account must sign in with it, and never gets
a password set here; only an address that nobody signs in with may get an account.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from tenantry.accounts.identities import ProvenIdentity, UnableToBind, attach
from tenantry.accounts.models import Account
from tenantry.accounts.services import PasswordTooWeak, UnableToCreateAccount, create_account
from tenantry.audit.events import Actor, ActorKind
from tenantry.audit.services import record_event
from tenantry.core.invitations import InvitationFacts, Standing, judge
from tenantry.isolation.scope import marketplace_scope
from tenantry.marketplace.companies.services import settle_status
from tenantry.marketplace.invitations.telling import invitation_happening
from tenantry.marketplace.invitations.tokens import LENGTH, digest_of
from tenantry.marketplace.models import (
    CompanyStatus,
    Invitation,
    InvitationState,
    Membership,
    MembershipRole,
    MembershipState,
    User,
)

_LONGEST_PART = 150


class NotAcceptable(Exception):
    """The invitation can't be accepted this way; ``standing`` says why, or what must come first."""

    def __init__(self, standing: Standing) -> None:
        super().__init__(standing.value)
        self.standing = standing


class IdentityTaken(Exception):
    """The identity that was to sign in signs in to another account already. The message is a sentence."""


@dataclass(frozen=True, slots=True)
class SeenInvitation:
    """What an invitation's page shows. ``email`` and ``name`` are empty unless the link is the newest one."""

    standing: Standing
    marketplace_id: int
    marketplace: str
    company: str
    administrator: bool
    inviter: str
    email: str
    name: str
    language: str
    expires_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Accepted:
    """An invitation that was accepted: whose account, and where it works now."""

    account: Account
    marketplace_id: int
    company: str


def see_invitation(*, token: str, visitor: int | None, now: datetime) -> SeenInvitation | None:
    """Return what the link is worth to ``visitor``; ``None`` for a link that never was. Changes nothing."""
    place = _place_of(token)
    if place is None:
        return None
    marketplace_id, invitation_id = place
    with marketplace_scope(marketplace_id):
        row = _read(invitation_id)
        if row is None:
            return None
        return _seen(row, judge(_facts(row), visitor=visitor, now=now))


def accept_signed_in(*, token: str, account: Account, now: datetime, request_id: str = "") -> Accepted:
    """Accept as the account that is signed in. Raises :class:`NotAcceptable`."""
    return _accept(token, account.pk, lambda _: account, "an account", now=now, request_id=request_id)


def accept_with_password(*, token: str, name: str, password: str, now: datetime, request_id: str = "") -> Accepted:
    """Accept and make the account, with this password. Raises :class:`NotAcceptable`, ``PasswordTooWeak``."""

    def login(row: Invitation) -> Account:
        return _new_account(row, name, password, now)

    return _accept(token, None, login, "a new password", now=now, request_id=request_id)


def accept_with_identity(
    *, token: str, name: str, proven: ProvenIdentity, now: datetime, request_id: str = ""
) -> Accepted:
    """Accept and make the account, which signs in with this identity.

    Raises :class:`NotAcceptable`, :class:`IdentityTaken`.
    """

    def login(row: Invitation) -> Account:
        account = _new_account(row, name, None, now)
        try:
            attach(account, proven, now=now)
        except UnableToBind as problem:
            raise IdentityTaken(str(problem)) from problem
        return account

    return _accept(token, None, login, proven.provider, now=now, request_id=request_id)


def _accept(
    token: str, visitor: int | None, login: Callable[[Invitation], Account], how: str, *, now: datetime, request_id: str
) -> Accepted:
    place = _place_of(token)
    if place is None:
        raise NotAcceptable(Standing.REPLACED)
    marketplace_id, invitation_id = place
    with marketplace_scope(marketplace_id), transaction.atomic():
        row = _locked(invitation_id)
        if row is None or row.token_hash != digest_of(token):
            raise NotAcceptable(Standing.REPLACED)
        standing = judge(_facts(row), visitor=visitor, now=now)
        if standing is not (Standing.SET_UP if visitor is None else Standing.ACCEPT):
            raise NotAcceptable(standing)
        account = login(row)
        _write(row, account, now=now)
        actor = Actor(ActorKind.ACCOUNT, account.name or account.email, account.pk, private=True)
        happening = invitation_happening("accepted", row, after={"account": account.pk, "with": how})
        record_event(happening, actor=actor, marketplace_id=marketplace_id, now=now, request_id=request_id)
        settle_status(company_id=row.membership.company_id, now=now, actor=actor)
        return Accepted(account, marketplace_id, row.membership.company.name)


def _write(row: Invitation, account: Account, *, now: datetime) -> None:
    membership, user = row.membership, row.membership.user
    Invitation.objects.filter(pk=row.pk).update(state=InvitationState.ACCEPTED, ended_at=now)
    Membership.objects.filter(pk=membership.pk).update(state=MembershipState.ACTIVE, accepted_at=now)
    if user.account_id is None:
        User.objects.filter(pk=user.pk).update(account=account)
    if not user.name and account.name:
        first, _, last = account.name.rpartition(" ")
        User.objects.filter(pk=user.pk).update(first_name=first[:_LONGEST_PART], last_name=last[:_LONGEST_PART])


def _new_account(row: Invitation, name: str, password: str | None, now: datetime) -> Account:
    try:
        return create_account(
            email=row.email, name=name, password=password, is_operator=False, now=now, language=row.language
        )
    except PasswordTooWeak:
        raise
    except UnableToCreateAccount as problem:  # somebody made it a moment ago
        raise NotAcceptable(Standing.SIGN_IN) from problem


def _place_of(token: str) -> tuple[int, int] | None:
    if len(token) != LENGTH:
        return None
    with connection.cursor() as cursor:
        cursor.execute("select marketplace_id, invitation_id from invitation_by_token(%s)", [digest_of(token)])
        row = cursor.fetchone()
    return None if row is None else (row[0], row[1])


def _read(invitation_id: int) -> Invitation | None:
    rows = Invitation.objects.select_related("membership__user", "membership__company", "marketplace")
    return rows.filter(pk=invitation_id).first()


def _locked(invitation_id: int) -> Invitation | None:
    """Lock the membership, then the invitation: the order that everybody keeps."""
    membership_id = Invitation.objects.values_list("membership_id", flat=True).filter(pk=invitation_id).first()
    if membership_id is None:
        return None
    Membership.objects.select_for_update().get(pk=membership_id)
    Invitation.objects.select_for_update().get(pk=invitation_id)
    return _read(invitation_id)


def _facts(row: Invitation) -> InvitationFacts:
    membership, user = row.membership, row.membership.user
    account_id = user.account_id or Account.objects.filter(email=row.email).values_list("pk", flat=True).first()
    others = User.objects.filter(account_id=account_id).exclude(pk=user.pk) if account_id else User.objects.none()
    return InvitationFacts(
        state=row.state,
        expires_at=row.expires_at,
        replaced=Invitation.objects.filter(membership=membership, pk__gt=row.pk).exists(),
        address_changed=user.email.lower() != row.email,
        membership_active=membership.state != MembershipState.INACTIVE,
        company_disabled=membership.company.status == CompanyStatus.DISABLED,
        account_id=account_id,
        taken_by_other=others.exists(),
    )


def _seen(row: Invitation, standing: Standing) -> SeenInvitation:
    membership = row.membership
    known = standing is not Standing.REPLACED
    name = f"{membership.profile_first_name} {membership.profile_last_name}".strip()
    return SeenInvitation(
        standing=standing,
        marketplace_id=row.marketplace_id,
        marketplace=row.marketplace.name,
        company=membership.company.name,
        administrator=membership.role == MembershipRole.ADMINISTRATOR,
        inviter=row.invited_by_name,
        email=row.email if known else "",
        name=name if known else "",
        language=row.language,
        expires_at=row.expires_at,
        ended_at=row.ended_at,
    )
