"""Tenants and companies as ``core.matching`` compares them. In a marketplace's scope."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db import connection as database

from tenantry.core.drafts import CompanyDraft
from tenantry.core.matching import Candidate, Subject
from tenantry.core.tenants import Snapshot
from tenantry.isolation.scope import current_marketplace_id
from tenantry.marketplace.companies.texts import domain_texts, tenant_id_texts
from tenantry.sync.models import PendingCompany, Tenant

_COMPANIES = """
select id, name, country, contact_email, coalesce(nullif(phone, ''), contact_phone), registration_number,
    coalesce(address->>'city', ''), coalesce(address->>'postal_code', ''), coalesce(address->>'line1', '')
from marketplace_company where marketplace_id = %(marketplace)s and id = any(%(ids)s::bigint[])
"""
_MOST = 200

CompanyTexts = tuple[tuple[Any, ...], tuple[str, ...], tuple[str, ...]]  # the row, domains, tenant ids


@dataclass(frozen=True, slots=True)
class Known:
    """What else is known of a tenant. ``domain`` is the one that the listing gave."""

    external_id: str
    domain: str
    domains: Sequence[str]
    registration_number: str
    contact_phone: str
    address: Mapping[str, Any] | None = None


class Shown(NamedTuple):
    """What a pending company shows, as far as it is compared."""

    name: str
    domain: str
    contact_email: str
    country: str


def known_of(tenant: Tenant) -> Known:
    """Return what is known of a tenant besides what its pending companies show."""
    return Known(
        tenant.external_id, tenant.domain, tenant.domains or (), tenant.registration_number, tenant.contact_phone,
        tenant.address,
    )  # fmt: skip


def subject_of(shown: Snapshot | PendingCompany | Shown, known: Known) -> Subject:
    """Return a tenant as it is compared: what a pending company shows, or will, with what else is known."""
    address = known.address or {}
    return Subject(
        name=shown.name,
        external_id=known.external_id,
        domains=tuple(sorted({shown.domain, *known.domains} - {"", known.domain})),
        default_domain=known.domain,
        contact_email=shown.contact_email,
        phone=_text(address, "phone") or known.contact_phone,
        country=shown.country,
        city=_text(address, "city"),
        postal_code=_text(address, "postal_code"),
        street=_text(address, "line1"),
        registration_number=known.registration_number,
    )


def subject_of_pending(pending: PendingCompany, tenant: Tenant) -> Subject:
    """Return a pending company as it is compared. ``tenant`` is its tenant, given apart to save a query."""
    return subject_of(pending, known_of(tenant))


def companies_as_compared(company_ids: Iterable[int]) -> dict[int, Candidate]:
    """Return these companies as they are compared; those that are not there are left out. Three queries."""
    return {pk: company_of(texts) for pk, texts in company_texts(company_ids).items()}


def company_texts(company_ids: Iterable[int]) -> dict[int, CompanyTexts]:
    """Return what these companies are compared by, as it is stored. Equal texts make equal companies. Three queries."""
    ids = list(company_ids)
    domains, tenant_ids = domain_texts(ids), tenant_id_texts(ids)
    with database.cursor() as cursor:
        cursor.execute(_COMPANIES, {"marketplace": current_marketplace_id(), "ids": ids})
        rows = cursor.fetchall()
    return {row[0]: (row, tuple(domains.get(row[0], ())), tuple(tenant_ids.get(row[0], ()))) for row in rows}


def company_of(texts: CompanyTexts) -> Candidate:
    """Return a company as it is compared."""
    (pk, name, country, email, phone, number, city, postal_code, street), domains, tenant_ids = texts
    return Candidate(
        id=str(pk), name=name, tenant_ids=frozenset(tenant_ids[:_MOST]), domains=domains[:_MOST],
        contact_email=email, phone=phone, country=country, city=city, postal_code=postal_code, street=street,
        registration_number=number,
    )  # fmt: skip


def company_of_draft(draft: CompanyDraft) -> Candidate:
    """Return a company that somebody is about to create, as it would be compared."""
    address = draft.address or {}
    return Candidate(
        id="0", name=draft.name, tenant_ids=frozenset(draft.tenant_ids),
        domains=tuple(domain.domain for domain in draft.domains), contact_email=draft.contact_email,
        phone=draft.phone or draft.contact_phone, country=draft.country, city=_text(address, "city"),
        postal_code=_text(address, "postal_code"), street=_text(address, "line1"),
        registration_number=draft.registration_number,
    )  # fmt: skip


def _text(values: Mapping[str, Any], name: str) -> str:
    return str(values.get(name) or "")
