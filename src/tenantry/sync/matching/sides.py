"""Tenants and companies as ``core.matching`` compares them. In a marketplace's scope."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection as database
from django.db.backends.utils import CursorWrapper

from tenantry.core.drafts import CompanyDraft
from tenantry.core.matching import Candidate, Subject
from tenantry.isolation.scope import current_marketplace_id
from tenantry.sync.models import PendingCompany, Tenant

# Three queries, each by primary or foreign key: asked for by company in one, domains are gone through for each company
# while PostgreSQL has not counted the tables, which is when an import fills them.
_COMPANIES = """
select id, name, country, contact_email, coalesce(nullif(phone, ''), contact_phone), registration_number,
    coalesce(address->>'city', ''), coalesce(address->>'postal_code', ''), coalesce(address->>'line1', '')
from marketplace_company where marketplace_id = %(marketplace)s and id = any(%(ids)s::bigint[])
"""
_DOMAINS = "select company_id, domain from marketplace_companydomain where company_id = any(%(ids)s::bigint[])"
_TENANT_IDS = (
    "select company_id, external_id from marketplace_companytenantid where company_id = any(%(ids)s::bigint[])"
)
_MOST = 200


@dataclass(frozen=True, slots=True)
class Shown:
    """What a pending company shows of its tenant, and is compared by."""

    name: str
    country: str
    domain: str
    contact_email: str


@dataclass(frozen=True, slots=True)
class Known:
    """What else is known of a tenant. ``domain`` is the one that the listing gave."""

    external_id: str
    domain: str
    domains: Sequence[str]
    registration_number: str
    contact_phone: str
    address: Mapping[str, Any] | None = None


def subject_of(shown: Shown, known: Known) -> Subject:
    """Return a tenant as it is compared."""
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
    shown = Shown(pending.name, pending.country, pending.domain, pending.contact_email)
    known = Known(
        tenant.external_id, tenant.domain, tenant.domains or (), tenant.registration_number, tenant.contact_phone,
        tenant.address,
    )  # fmt: skip
    return subject_of(shown, known)


def companies_as_compared(company_ids: Iterable[int]) -> dict[int, Candidate]:
    """Return these companies as they are compared; those that are not there are left out. Three queries."""
    parameters: dict[str, Any] = {"marketplace": current_marketplace_id(), "ids": list(company_ids)}
    with database.cursor() as cursor:
        domains, tenant_ids = _texts(cursor, _DOMAINS, parameters), _texts(cursor, _TENANT_IDS, parameters)
        cursor.execute(_COMPANIES, parameters)
        rows = cursor.fetchall()
    return {row[0]: _company(row, domains[row[0]], tenant_ids[row[0]]) for row in rows}


def _texts(cursor: CursorWrapper, query: str, parameters: Mapping[str, Any]) -> dict[int, list[str]]:
    cursor.execute(query, parameters)
    found: dict[int, list[str]] = defaultdict(list)
    for company_id, text in sorted(cursor.fetchall()):
        found[company_id].append(text)
    return found


def _company(row: tuple[Any, ...], domains: Sequence[str], tenant_ids: Sequence[str]) -> Candidate:
    pk, name, country, email, phone, number, city, postal_code, street = row
    return Candidate(
        id=str(pk), name=name, tenant_ids=frozenset(tenant_ids[:_MOST]), domains=tuple(domains[:_MOST]),
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
