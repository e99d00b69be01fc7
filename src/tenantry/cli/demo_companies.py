"""The companies that the demo's first marketplace has already: some resemble tenants that wait, most do not."""

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from itertools import islice

from tenantry.accounts.models import Account
from tenantry.audit.events import Actor
from tenantry.core.addresses import clean_domain, mail_domain
from tenantry.core.names import parse_name
from tenantry.core.records import TenantDetails, TenantListing
from tenantry.core.search import fold
from tenantry.isolation.scope import current_marketplace_id
from tenantry.marketplace.companies.services import (
    CompanyDraft,
    DomainDraft,
    clean_draft,
    create_companies,
    settle_statuses,
)
from tenantry.marketplace.models import CompanyOrigin, Membership, MembershipRole, MembershipState, User
from tenantry.marketplace.people.services import Arrival, Brought, PersonDraft, bring_people
from tenantry.providers.base import TenantSource
from tenantry.providers.errors import ConsentMissing, NotFound

ADMINISTRATOR = "ada@harbour-bakery.example"
_OTHER_FORMS = {
    "GmbH": "AG", "AG": "GmbH", "Ltd": "plc", "Limited": "plc", "SARL": "SAS", "SAS": "SARL", "S.r.l.": "S.p.A.",
    "B.V.": "N.V.", "S.L.": "S.A.", "AB": "HB", "AS": "ASA", "ApS": "A/S", "Oy": "Oyj", "Inc.": "LLC", "LLC": "Inc.",
}  # fmt: skip
_OF_EACH_KIND = 6
_PARTS = re.compile(r"\w+")
_READ = 50
_PLACES = (
    ("Harbour", "GB"), ("Linden", "DE"), ("Alpenglow", "AT"), ("Belvédère", "FR"), ("Costa Azul", "ES"),
    ("Nordlys", "NO"), ("Matterhorn", "CH"), ("Polder", "NL"), ("Laguna", "IT"), ("Saimaa", "FI"),
    ("Tramontana", "ES"), ("Kattegat", "SE"),
)  # fmt: skip
_TRADES = (
    "Bakery", "Logistics", "Architects", "Dental Care", "Timber", "Breweries", "Printworks", "Robotics", "Travel",
    "Garden Centre", "Veterinary Clinic", "Engineering",
)  # fmt: skip
_FIRST = ("Ada", "Boris", "Chiara", "Dmitri", "Élise", "Farid", "Greta", "Hana", "Ivo", "Jana", "Kofi", "Lucía")
_LAST = ("Moreau", "Nowak", "Okafor", "Petrov", "Quist", "Rossi", "Svensson", "Tanaka", "Ulrich", "Vogel", "Weber")


def read_alike(source: TenantSource, waiting: Sequence[TenantListing]) -> list[TenantDetails]:
    """Read some of the tenants that wait, spread over the list, for companies to resemble. Not in a transaction.

    Those that the provider does not let anybody read are left out.
    """
    found = []
    for record in waiting[:: max(1, len(waiting) // _READ)][:_READ]:
        with suppress(ConsentMissing, NotFound):
            found.append(source.read_tenant(record.external_id))
    return found


def seed_companies(tenants: Sequence[TenantDetails], *, most: int, actor: Actor, now: datetime) -> None:
    """Create companies with their people, ``most`` at the utmost; in the marketplace's scope.

    The first ones resemble ``tenants``, each kind by another trait. Every seventh has no administrator yet.
    """
    drafts = [*_resembling(tenants), *_unlike_any()][:most]
    ids = create_companies(drafts=drafts, origin=CompanyOrigin.BY_HAND, actor=actor, now=now)
    numbered = enumerate(zip(ids, drafts, strict=True))
    arrivals = [arrival for number, (pk, draft) in numbered for arrival in _people(pk, draft, number)]
    brought = bring_people(arrivals=arrivals, origin=CompanyOrigin.BY_HAND, actor=actor, now=now)
    places = [each for each, arrival in zip(brought, arrivals, strict=True) if _administers(arrival)]
    _accept(places[::2], now=now)
    settle_statuses(company_ids=ids, now=now, actor=actor)


def _accept(places: Sequence[Brought], *, now: datetime) -> None:
    """Let people have accepted long ago: each has a login, with a password that nobody knows."""
    users = {user.pk: user for user in User.objects.filter(pk__in=[place.user_id for place in places])}
    accounts = [Account(email=user.email, name=user.name, created_at=now) for user in users.values()]
    for account in accounts:
        account.set_unusable_password()
    by_email = {account.email: account for account in Account.objects.bulk_create(accounts)}
    for user in users.values():
        user.account = by_email[user.email]
    User.objects.bulk_update(users.values(), ["account"])
    Membership.objects.filter(pk__in=[place.membership_id for place in places]).update(accepted_at=now)


def _administers(arrival: Arrival) -> bool:
    return arrival.role == MembershipRole.ADMINISTRATOR


def let_administrator_in(account: Account, *, actor: Actor, now: datetime) -> None:
    """Let the account be the administrator of a company of its own, as if it had accepted an invitation."""
    domain = mail_domain(ADMINISTRATOR)
    draft = CompanyDraft("Harbour Bakery & Sons Ltd", "GB", domains=(DomainDraft(domain, verified=True),))
    ids = create_companies(drafts=[draft], origin=CompanyOrigin.BY_HAND, actor=actor, now=now)
    names = [(ADMINISTRATOR, "Ada", "Harbour")]
    names += [(f"bert@{domain}", "Bert", "Miller"), (f"cleo@{domain}", "Cleo", "Baker")]
    people = [
        Arrival(ids[0], PersonDraft(*name), MembershipRole.USER if number else MembershipRole.ADMINISTRATOR)
        for number, name in enumerate(names)
    ]
    own = bring_people(arrivals=people, origin=CompanyOrigin.BY_HAND, actor=actor, now=now)[0]
    User.objects.filter(pk=own.user_id, marketplace_id=current_marketplace_id()).update(account=account)
    Membership.objects.filter(pk=own.membership_id).update(accepted_at=now, state=MembershipState.ACTIVE)
    settle_statuses(company_ids=ids, now=now, actor=actor)


def _resembling(tenants: Sequence[TenantDetails]) -> Iterator[CompanyDraft]:
    """Return companies that look like these tenants: up to six of each kind, each kind from tenants of its own."""
    for number, kind in enumerate(_KINDS):
        drafts = filter(None, map(kind, tenants[number :: len(_KINDS)]))
        yield from (draft for draft in islice(drafts, _OF_EACH_KIND) if not clean_draft(draft)[1])


def _same(tenant: TenantDetails) -> CompanyDraft | None:
    """The same name and domain."""
    domain = _own_domain(tenant)
    return CompanyDraft(tenant.name, tenant.address.country, domains=(DomainDraft(domain),)) if domain else None


def _other_form(tenant: TenantDetails) -> CompanyDraft | None:
    """The same name with another legal form, in the same country."""
    name, _, form = tenant.name.rpartition(" ")
    return CompanyDraft(f"{name} {_OTHER_FORMS[form]}", tenant.address.country) if form in _OTHER_FORMS else None


def _same_registration(tenant: TenantDetails) -> CompanyDraft | None:
    """Another name, and the number that the register gave."""
    number = tenant.registration_number
    name = f"{_leading_word(tenant)} (formerly Northern Trading)"
    return CompanyDraft(name, tenant.address.country, registration_number=number) if number else None


def _known_id(tenant: TenantDetails) -> CompanyDraft | None:
    """A short name, and the tenant id that somebody noted."""
    return CompanyDraft(_leading_word(tenant), tenant.address.country, tenant_ids=(tenant.external_id,))


def _same_group(tenant: TenantDetails) -> CompanyDraft | None:
    """Another company of the group: the domain is shared, the name is not."""
    domain = _own_domain(tenant)
    name = f"{_leading_word(tenant)} Real Estate Holding"
    return CompanyDraft(name, tenant.address.country, domains=(DomainDraft(domain),)) if domain else None


def _leading_word(tenant: TenantDetails) -> str:
    """Return the first word of the name that is more than a legal form, as it is written; else the whole name."""
    variants = parse_name(tenant.name, tenant.address.country).variants
    telling = set(variants[0].words) if variants else set()
    words = (word.strip("(),.") for word in tenant.name.split())
    return next((word for word in words if set(_PARTS.findall(fold(word))) & telling), tenant.name)


def _own_domain(tenant: TenantDetails) -> str:
    candidates = [*(tenant.domains or ()), tenant.domain]
    cleaned = (clean_domain(each) for each in candidates if ".onmicrosoft." not in each)
    return next((domain for domain in cleaned if domain), "")


_KINDS = (_same, _other_form, _same_registration, _known_id, _same_group)


def _unlike_any() -> Iterator[CompanyDraft]:
    for number, trade in enumerate(_TRADES):
        for place, country in _PLACES[number % 3 :]:
            domain = clean_domain(fold(f"{place}-{trade}.example").replace(" ", "-")) or ""
            yield CompanyDraft(
                f"{place} {trade}", country, domains=(DomainDraft(domain),), phone="+00 1 555 01 00",
                website=f"https://{domain}",
            )  # fmt: skip


def _people(company_id: int, draft: CompanyDraft, number: int) -> Iterator[Arrival]:
    """Return up to three people of a company; the first administers it, except in every sixth."""
    domain = draft.domains[0].domain if draft.domains else "mail.example"
    administered = number % 7 != 0
    for place in range(1 + number % 5 % 3 if administered else number % 3):
        first, last = _FIRST[(number + place * 5) % len(_FIRST)], _LAST[(number * 3 + place) % len(_LAST)]
        email = f"{fold(first)}.{fold(last)}{number}@{domain}"
        role = MembershipRole.ADMINISTRATOR if administered and place == 0 else MembershipRole.USER
        yield Arrival(company_id, PersonDraft(email, first, last), role)
