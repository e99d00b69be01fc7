"""What a decision asks of companies, people and invitations: the one place where deciding reaches into them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tenantry.core.drafts import CompanyDraft, PersonDraft
from tenantry.marketplace.companies.removing import reasons_to_keep
from tenantry.marketplace.companies.services import create_company as write_company
from tenantry.marketplace.companies.services import fill_blanks as write_blanks
from tenantry.marketplace.companies.services import remove_company as write_removal
from tenantry.marketplace.companies.services import take_back_filled as write_blanks_back
from tenantry.marketplace.invitations.services import InvitationRefused, revoke
from tenantry.marketplace.invitations.services import invite as write_invitation
from tenantry.marketplace.models import (
    LIVE_INVITATION,
    Company,
    CompanyOrigin,
    Invitation,
    InvitationState,
    Membership,
    MembershipRole,
)
from tenantry.marketplace.people.services import bring_person
from tenantry.sync.deciding.answering import Circumstances
from tenantry.sync.deciding.refusals import DecisionRefused


def create_company(draft: CompanyDraft, by: Circumstances) -> Company:
    """Create the company of a draft. Raises ``CompanyRefused``."""
    return write_company(draft=draft, origin=CompanyOrigin.SYNC, **by.keywords)


def bring_administrator(company_id: int, person: PersonDraft, by: Circumstances) -> tuple[int, bool]:
    """Make the person a Company Administrator; return the membership, and whether it is new.

    Raises ``PersonRefused``.
    """
    had = set(Membership.objects.filter(company_id=company_id).values_list("pk", flat=True))
    brought = bring_person(
        company_id=company_id, email=person.email, first_name=person.first_name, last_name=person.last_name,
        phone=person.phone, language=person.language, role=MembershipRole.ADMINISTRATOR, origin=CompanyOrigin.SYNC,
        **by.keywords,
    )  # fmt: skip
    return brought.membership_id, brought.membership_id not in had


def invite(membership_id: int, by: Circumstances) -> int:
    """Invite the person; return the invitation. Its e-mail leaves after the decision is committed.

    Raises :class:`DecisionRefused` for somebody who can't be invited: without that, the decision may stand.
    """
    try:
        return write_invitation(membership_id=membership_id, **by.keywords).pk
    except InvitationRefused as refused:
        raise DecisionRefused(f"{refused} Or decide without inviting.") from refused


def live_invitations(membership_ids: Iterable[int]) -> dict[int, Invitation]:
    """Return, by membership, the invitations that can be accepted still. One query at most."""
    ids = list(membership_ids)
    rows = Invitation.objects.filter(membership_id__in=ids, state__in=LIVE_INVITATION) if ids else ()
    return {row.membership_id: row for row in rows}


def has_left(invitation: Invitation) -> bool:
    """Whether the invitation's e-mail left."""
    return invitation.state != InvitationState.WAITING


def fill_blanks(company_id: int, draft: CompanyDraft, by: Circumstances) -> dict[str, Any]:
    """Give the company what it lacks; return what it got, for :func:`take_back_filled`."""
    return write_blanks(company_id=company_id, draft=draft, **by.keywords)


def take_back_filled(company_id: int, filled: Mapping[str, Any], by: Circumstances) -> None:
    """Blank again what was filled in and nobody changed since."""
    write_blanks_back(company_id=company_id, filled=filled, **by.keywords)


def why_in_use(companies: Sequence[Company]) -> dict[int, list[str]]:
    """Return why companies can't be un-created: what they have beyond what the sync made, in clauses."""
    return reasons_to_keep(companies)


def remove_company(company_id: int, reason: str, by: Circumstances) -> None:
    """Un-create a company, its live invitations revoked first. Raises ``CompanyInUse``."""
    live = Invitation.objects.filter(membership__company_id=company_id, state__in=LIVE_INVITATION).order_by("pk")
    for invitation_id in list(live.values_list("pk", flat=True)):
        _revoke(invitation_id, reason, by)
    write_removal(company_id=company_id, reason=reason, **by.keywords)


def _revoke(invitation_id: int, reason: str, by: Circumstances) -> None:
    revoke(invitation_id=invitation_id, actor=by.actor, now=by.now, request_id=by.request_id, reason=reason)
