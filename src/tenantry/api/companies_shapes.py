"""Shapes of companies, their domains, links and people."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from ninja import Schema
from pydantic import Field

from tenantry.api.pending_shapes import Happened
from tenantry.api.shapes import Address, Count, Given, PageQuery, PageShape, choice, one_of, ordering
from tenantry.marketplace.companies.filters import CompanyFilter
from tenantry.marketplace.companies.queries import COLUMNS, TABS, Beside
from tenantry.marketplace.models import Company, CompanyDomain, MembershipRole
from tenantry.marketplace.people.queries import Place
from tenantry.sync.models import TenantLink

_PLAIN = (
    "name", "status", "origin", "country", "phone", "website", "registration_number", "contact_name", "contact_email",
    "contact_phone", "external_id", "version", "created_at", "changed_at", "relationship_ended_at",
)  # fmt: skip


class CompanyQuery(PageQuery):
    """Which companies a list shows."""

    q: str = choice(CompanyFilter, "q")
    country: str = choice(CompanyFilter, "country")
    origin: str = choice(CompanyFilter, "origin")
    tab: str = one_of(TABS, "all", "How they stand.")
    sort: str = ordering(COLUMNS)


class CompanyRow(Schema):
    """A company. ``version`` is what a change names in ``If-Match``."""

    id: int
    version: int
    name: str
    status: str
    origin: str
    country: str
    address: Address
    phone: str
    website: str
    registration_number: str
    contact_name: str
    contact_email: str
    contact_phone: str
    external_id: str
    domains: list[str]
    people: int = Field(description="How many people it has.")
    needs_administrator: bool
    relationship_ended_at: datetime | None
    created_at: datetime
    changed_at: datetime | None

    @staticmethod
    def facts(row: Company, beside: Beside) -> dict[str, Any]:
        """Return the members of this shape."""
        plain = {name: getattr(row, name) for name in _PLAIN}
        return plain | {
            "id": row.pk, "address": Address.of(row.address), "domains": list(beside.domains), "people": beside.people,
            "needs_administrator": not row.has_had_administrator,
        }  # fmt: skip


class CompanyPage(PageShape):
    """A page of companies, and how many fit the filters in every tab."""

    items: list[CompanyRow]
    counts: dict[str, Count | None]


class DomainTold(Schema):
    """A domain of a company."""

    id: int
    domain: str
    verified: bool
    origin: str

    @classmethod
    def all_of(cls, rows: Sequence[CompanyDomain]) -> "list[DomainTold]":
        """Return domains as an answer says them."""
        return [cls(id=row.pk, domain=row.domain, verified=row.verified, origin=row.origin) for row in rows]


class LinkTold(Schema):
    """A tenant that is linked to the company."""

    tenant_id: str
    name: str
    provider: str
    domain: str
    since: datetime

    @classmethod
    def of(cls, link: TenantLink) -> "LinkTold":
        """Return a link as an answer says it."""
        tenant = link.tenant
        return cls(
            tenant_id=tenant.external_id, name=tenant.name, provider=tenant.provider, domain=tenant.domain,
            since=link.created_at,
        )  # fmt: skip


class CompanyDetail(CompanyRow):
    """A company with its domains, links and history."""

    domain_rows: list[DomainTold]
    links: list[LinkTold]
    known_tenant_ids: list[str]
    history: list[Happened]


class PersonTold(Schema):
    """A person in a company: what they are there, and how they stand."""

    membership_id: int
    user_id: int
    company_id: int
    name: str
    email: str
    role: str
    state: str
    standing: str = Field(description="active, deactivated, not invited, or how the latest invitation stands.")
    origin: str
    invitation_id: int | None
    created_at: datetime
    accepted_at: datetime | None

    @classmethod
    def of(cls, place: Place) -> "PersonTold":
        """Return a place in a company as an answer says it."""
        row = place.membership
        return cls(
            membership_id=row.pk, user_id=row.user_id, company_id=row.company_id, name=place.shown_name,
            email=row.user.email, role=row.role, state=row.state, standing=place.standing, origin=row.origin,
            invitation_id=place.invitation.pk if place.invitation else None, created_at=row.created_at,
            accepted_at=row.accepted_at,
        )  # fmt: skip


class PeoplePage(PageShape):
    """A page of a company's people, in the order that they came."""

    items: list[PersonTold]


class CompanyFields(Given):
    """A company's own fields. What is left out stays as it is."""

    name: str | None = Field(None, max_length=300)
    country: str | None = Field(None, max_length=2)
    address: Address | None = None
    phone: str | None = Field(None, max_length=60)
    website: str | None = Field(None, max_length=300)
    registration_number: str | None = Field(None, max_length=60)
    external_id: str | None = Field(None, max_length=120)
    contact_name: str | None = Field(None, max_length=300)
    contact_email: str | None = Field(None, max_length=254)
    contact_phone: str | None = Field(None, max_length=60)

    @property
    def changes(self) -> dict[str, Any]:
        """The fields that were sent, as ``CompanyDraft`` has them."""
        return self.model_dump(exclude_none=True, include=set(CompanyFields.model_fields))


class NewCompany(CompanyFields):
    """A company to create by hand."""

    name: str = Field(min_length=1, max_length=300)
    domains: list[str] = Field(default_factory=list, max_length=500)
    accept_similar: bool = Field(default=False, description="Create it although something here looks the same.")


class Similar(Schema):
    """Something that looks like a company that is about to be created."""

    kind: str = Field(description="company, or pending company")
    id: int
    name: str


class SimilarTold(Schema):
    """What looks the same."""

    items: list[Similar]


class DisableGiven(Given):
    """Why a company is disabled."""

    reason: str = Field("", max_length=500)


class DomainGiven(Given):
    """A domain to give a company."""

    domain: str = Field(min_length=1, max_length=255)


class DomainsSynced(Schema):
    """What came of reading the domains of a company's tenants; ``problems`` says why some could not be read."""

    added: list[str] = Field(description="Domains that the company has new, or verified now.")
    read: int = Field(description="How many tenants were read.")
    problems: list[str]


class NewPerson(Given):
    """A person to add to a company."""

    email: str = Field(min_length=1, max_length=254)
    first_name: str = Field("", max_length=150)
    last_name: str = Field("", max_length=150)
    phone: str = Field("", max_length=60)
    language: str = Field("", max_length=10)
    role: str = one_of(MembershipRole.values, MembershipRole.USER.value, "What they are in the company.")


class Joined(Schema):
    """What adding a person did. It is the same whether the marketplace knew the address or not."""

    membership_id: int
    changed: bool
    sentence: str


class RoleGiven(Given):
    """What somebody becomes in a company."""

    role: str = one_of(MembershipRole.values, ..., "What they become in the company.")
