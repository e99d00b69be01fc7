"""Puts companies and their people on a marketplace's stage, through the real services."""

from django.test import Client
from django.utils import timezone
from tests.web.cast import PASSWORD, Cast

from tenantry.accounts.services import create_account
from tenantry.audit.events import Actor, ActorKind
from tenantry.isolation.scope import marketplace_scope
from tenantry.marketplace.companies.services import CompanyDraft, DomainDraft, create_companies, settle_status
from tenantry.marketplace.models import (
    Company,
    CompanyOrigin,
    Marketplace,
    Membership,
    MembershipRole,
    MembershipState,
    User,
)
from tenantry.marketplace.people.services import Arrival, Brought, PersonDraft, bring_people

ACTOR = Actor(ActorKind.ACCOUNT, "Max Owner")


def add_companies(marketplace: Marketplace, drafts: list[CompanyDraft], *, origin: str = "by_hand") -> list[Company]:
    with marketplace_scope(marketplace.pk):
        ids = create_companies(drafts=drafts, origin=CompanyOrigin(origin), actor=ACTOR, now=timezone.now())
        found = Company.objects.in_bulk(ids)
    return [found[pk] for pk in ids]


def add_company(marketplace: Marketplace, name: str, *domains: str, country: str = "AT", phone: str = "") -> Company:
    draft = CompanyDraft(name, country=country, phone=phone, domains=tuple(map(DomainDraft, domains)))
    return add_companies(marketplace, [draft])[0]


def add_people(company: Company, *emails: str, role: str = "user", name: str = "") -> list[Brought]:
    first, _, last = name.partition(" ")
    people = [Arrival(company.pk, PersonDraft(email, first, last), MembershipRole(role)) for email in emails]
    with marketplace_scope(company.marketplace_id):
        return bring_people(arrivals=people, origin=CompanyOrigin.BY_HAND, actor=ACTOR, now=timezone.now())


def let_in(cast: Cast, company: Company, email: str, *, role: str = "administrator", name: str = "Ada Admin") -> Client:
    """Let somebody of a company accept an invitation and sign in; the same address again joins another company."""
    [brought] = add_people(company, email, role=role, name=name)
    with marketplace_scope(company.marketplace_id):
        user = User.objects.select_related("account").get(pk=brought.user_id)
        account = user.account or create_account(
            email=email, name=name, password=PASSWORD, is_operator=False, now=timezone.now()
        )
        User.objects.filter(pk=user.pk).update(account=account)
        Membership.objects.filter(pk=brought.membership_id).update(
            accepted_at=timezone.now(), state=MembershipState.ACTIVE
        )
        settle_status(company_id=company.pk, now=timezone.now())
    cast.accounts[email] = account
    return cast.client(email)
