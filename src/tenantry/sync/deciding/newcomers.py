"""What a decision asks of companies, people and invitations: the one place where deciding reaches into them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tenantry.isolation.scope import current_marketplace_id
from tenantry.marketplace.models import (
    LIVE_INVITATION,
    Company,
    CompanyDomain,
    CompanyOrigin,
    CompanyTenantId,
    Invitation,
    InvitationState,
    Membership,
    MembershipRole,
    User,
)
from tenantry.marketplace.services import create_company as create_plain_company
from tenantry.sync.deciding.answering import Circumstances
from tenantry.sync.matching.refreshing import companies_were_changed


@dataclass(frozen=True, slots=True)
class DomainDraft:
    """A domain that a company is to have. ``verified``: a provider vouches for it."""

    domain: str
    verified: bool = False


@dataclass(frozen=True, slots=True)
class CompanyDraft:
    """A company as somebody wants it."""

    name: str
    country: str = ""
    address: Mapping[str, str] | None = None
    phone: str = ""
    website: str = ""
    registration_number: str = ""
    contact_name: str = ""
    contact_email: str = ""
    contact_phone: str = ""
    external_id: str = ""
    domains: tuple[DomainDraft, ...] = ()
    tenant_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Newcomer:
    """The first person of a company."""

    email: str
    first_name: str = ""
    last_name: str = ""
    phone: str = ""
    language: str = ""


class CompanyRefused(Exception):
    """The draft can't become a company. ``errors`` has a sentence by field."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__(" ".join(errors.values()))
        self.errors = dict(errors)


class CompanyInUse(Exception):
    """The company has more than what the sync made. ``reasons`` are sentences."""

    def __init__(self, reasons: list[str]) -> None:
        super().__init__(" ".join(reasons))
        self.reasons = reasons


@dataclass(frozen=True, slots=True)
class Brought:
    """A person in a company."""

    membership_id: int
    user_id: int
    new: bool = field(default=True)


def create_company(draft: CompanyDraft, by: Circumstances) -> Company:
    """Create the company of a draft. Raises :class:`CompanyRefused`."""
    if not draft.name.strip():
        raise CompanyRefused({"name": "A company needs a name."})
    company = create_plain_company(
        name=draft.name, country=draft.country, origin=CompanyOrigin.SYNC, actor=by.actor, now=by.now
    )
    fill_blanks(company.pk, draft, by)
    return company


def fill_blanks(company_id: int, draft: CompanyDraft, by: Circumstances) -> dict[str, Any]:
    """Fill what the company lacks; return what was filled."""
    company = Company.objects.select_for_update().get(pk=company_id)
    filled: dict[str, Any] = {}
    for name in ("country", "phone", "website", "registration_number", "contact_name", "contact_email"):
        if getattr(draft, name) and not getattr(company, name):
            filled[name] = getattr(draft, name)
            setattr(company, name, filled[name])
    company.save()
    marketplace_id = current_marketplace_id()
    common = {"marketplace_id": marketplace_id, "company": company}
    fresh = {"origin": CompanyOrigin.SYNC, "created_at": by.now}
    for domain in draft.domains:
        CompanyDomain.objects.get_or_create(**common, domain=domain.domain, defaults=fresh)
    for tenant_id in draft.tenant_ids:
        CompanyTenantId.objects.get_or_create(**common, provider="microsoft", external_id=tenant_id, defaults=fresh)
    companies_were_changed([company_id])
    return filled


def bring_administrator(company_id: int, newcomer: Newcomer, by: Circumstances) -> Brought:
    """Make the person a Company Administrator of the company."""
    marketplace_id = current_marketplace_id()
    user = User.objects.filter(email__iexact=newcomer.email).first() or User.objects.create(
        marketplace_id=marketplace_id, email=newcomer.email, first_name=newcomer.first_name,
        last_name=newcomer.last_name, origin=CompanyOrigin.SYNC, created_at=by.now,
    )  # fmt: skip
    membership, new = Membership.objects.get_or_create(
        marketplace_id=marketplace_id, user=user, company_id=company_id,
        defaults={
            "role": MembershipRole.ADMINISTRATOR, "origin": CompanyOrigin.SYNC, "created_at": by.now
        },
    )  # fmt: skip
    return Brought(membership.pk, user.pk, new)


def invite(membership_id: int, by: Circumstances) -> int:
    """Invite the person; return the invitation."""
    raise NotImplementedError


def live_invitation(membership_id: int) -> Invitation | None:
    """Return the membership's live invitation."""
    return Invitation.objects.filter(membership_id=membership_id, state__in=LIVE_INVITATION).first()


def remove_company(company_id: int, by: Circumstances) -> None:
    """Un-create a company. Raises :class:`CompanyInUse`."""
    reasons = why_in_use(company_id)
    if reasons:
        raise CompanyInUse(reasons)
    Membership.objects.filter(company_id=company_id).delete()
    Company.objects.filter(pk=company_id).delete()


def why_in_use(company_id: int) -> list[str]:
    """Return why a company can't be un-created."""
    accepted = Membership.objects.filter(company_id=company_id, accepted_at__isnull=False).exists()
    return ["somebody accepted an invitation to it"] if accepted else []


def revoke(invitation_id: int, by: Circumstances) -> None:
    """Revoke an invitation."""
    Invitation.objects.filter(pk=invitation_id).update(state=InvitationState.REVOKED, ended_at=by.now)


def take_back_filled(company_id: int, filled: Mapping[str, Any], by: Circumstances) -> dict[str, Any]:
    """Blank again what was filled in and nobody changed since; return what was."""
    company = Company.objects.select_for_update().get(pk=company_id)
    taken = {name: value for name, value in filled.items() if getattr(company, name, None) == value}
    Company.objects.filter(pk=company_id).update(**dict.fromkeys(taken, ""))
    return taken
