"""The rows of companies, many at once. No rule lives here; ``services`` decides, this writes. In a scope."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import connection
from django.dispatch import Signal
from psycopg.types.json import Jsonb

from tenantry.core.drafts import CompanyDraft, DomainDraft
from tenantry.core.search import fold
from tenantry.isolation.bulk import insert_rows, stage_rows
from tenantry.isolation.scope import current_marketplace_id
from tenantry.marketplace.models import Company, CompanyDomain, CompanyOrigin, CompanyStatus, CompanyTenantId
from tenantry.marketplace.numbering import reserve_ids

# Sent inside the transaction with ``company_ids`` after name, country, registration number, contact, domains or
# tenant ids of these companies changed, or the companies were created.
companies_changed = Signal()
# Sent inside the transaction with ``company_ids``, before the rows of these companies and all that hangs on them go.
companies_leaving = Signal()

MICROSOFT = "microsoft"
LONGEST_SORT_NAME = 200
TEXT_FIELDS = (
    "name", "country", "phone", "website", "registration_number", "contact_name", "contact_email", "contact_phone",
    "external_id",
)  # fmt: skip
FIELDS = (*TEXT_FIELDS, "address")
_STAGE = (("id", "bigint"), *((field, "text") for field in TEXT_FIELDS), ("address", "jsonb"), ("sort_name", "text"))
_CHANGE = f"""
update marketplace_company c set {", ".join(f"{name} = s.{name}" for name in (*FIELDS, "sort_name"))},
    version = c.version + %(step)s, changed_at = %(now)s
from stage_company_change s where c.id = s.id
"""  # noqa: S608  # column names of ours


def insert_companies(drafts: Sequence[CompanyDraft], *, origin: CompanyOrigin, now: datetime) -> list[int]:
    """Insert one company per draft with its domains and tenant ids; return their primary keys, in order."""
    ids, marketplace_id = reserve_ids(Company, len(drafts)), current_marketplace_id()
    columns = [
        "id", "marketplace_id", "sort_name", "status", "origin", *TEXT_FIELDS, "address", "created_at"
    ]  # fmt: skip
    rows = [
        (
            company_id, marketplace_id, sort_name(draft.name), CompanyStatus.WITHOUT_LOGIN.value, origin.value,
            *(getattr(draft, field) for field in TEXT_FIELDS), _json(draft.address), now,
        )
        for company_id, draft in zip(ids, drafts, strict=True)
    ]  # fmt: skip
    insert_rows(Company, columns, rows)
    pairs = list(zip(ids, drafts, strict=True))
    insert_domains(((pk, domain) for pk, draft in pairs for domain in draft.domains), origin=origin, now=now)
    insert_tenant_ids(((pk, text) for pk, draft in pairs for text in draft.tenant_ids), origin=origin, now=now)
    return ids


def insert_domains(rows: Iterable[tuple[int, DomainDraft]], *, origin: CompanyOrigin, now: datetime) -> None:
    """Give companies domains. One that a company has already only becomes verified, if this one is."""
    marketplace_id = current_marketplace_id()
    insert_rows(
        CompanyDomain,
        ["marketplace_id", "company_id", "domain", "verified", "origin", "created_at"],
        [(marketplace_id, pk, draft.domain, draft.verified, origin.value, now) for pk, draft in rows],
        on_conflict="on conflict (company_id, domain) do update set verified = true "
        "where excluded.verified and not marketplace_companydomain.verified",
    )


def insert_tenant_ids(rows: Iterable[tuple[int, str]], *, origin: CompanyOrigin, now: datetime) -> None:
    """Note Microsoft tenant ids of companies; those that they have already stay as they are."""
    marketplace_id = current_marketplace_id()
    insert_rows(
        CompanyTenantId,
        ["marketplace_id", "company_id", "provider", "external_id", "origin", "created_at"],
        [(marketplace_id, pk, MICROSOFT, text, origin.value, now) for pk, text in rows],
        on_conflict="on conflict do nothing",
    )


def update_companies(changed: Mapping[int, CompanyDraft], *, by_person: bool, now: datetime) -> None:
    """Write the plain fields of these companies as their drafts have them. ``by_person`` counts the version up."""
    rows = [
        (pk, *(getattr(draft, field) for field in TEXT_FIELDS), _json(draft.address), sort_name(draft.name))
        for pk, draft in changed.items()
    ]
    stage_rows("stage_company_change", _STAGE, rows)
    with connection.cursor() as cursor:
        cursor.execute(_CHANGE, {"step": int(by_person), "now": now})


def sort_name(name: str) -> str:
    """Return what a company is sorted by."""
    return fold(name)[:LONGEST_SORT_NAME]


def _json(value: Mapping[str, Any] | None) -> Jsonb | None:
    return None if value is None else Jsonb(dict(value))
