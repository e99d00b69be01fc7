"""Fills what a company lacks from what a tenant says, and takes exactly that back."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from tenantry.audit.events import Actor
from tenantry.audit.services import record_event
from tenantry.core.drafts import CompanyDraft, clean_draft
from tenantry.isolation.scope import current_marketplace_id
from tenantry.marketplace.companies.changing import CompanyEdit, change_companies, drafts_of
from tenantry.marketplace.companies.guarding import follow_companies
from tenantry.marketplace.companies.telling import company_happening
from tenantry.marketplace.companies.writing import FIELDS, MICROSOFT, update_companies
from tenantry.marketplace.models import Company, CompanyDomain, CompanyOrigin, CompanyTenantId

_NEVER_FILLED = {"name", "external_id"}
_CONTACT = ("contact_name", "contact_email", "contact_phone")


@transaction.atomic
def fill_blanks(
    *, company_id: int, draft: CompanyDraft, actor: Actor, now: datetime, run_id: int | None = None,
    request_id: str = "",
) -> dict[str, Any]:  # fmt: skip
    """Fill the blank fields of a company from ``draft``, and add its domains and tenant ids; return what was filled.

    A field that has a value keeps it. The contact is filled as a whole or not at all, so that no name gets another
    person's address. What of the draft can't be stored is left out. Give the result to :func:`take_back_filled`.
    """
    company = Company.objects.select_for_update().get(pk=company_id)
    before = drafts_of([company])[company_id]
    cleaned, errors = clean_draft(draft)
    has_contact = any(getattr(before, field) for field in _CONTACT)
    changes: dict[str, Any] = {
        field: getattr(cleaned, field)
        for field in FIELDS
        if field not in errors
        and field not in _NEVER_FILLED
        and getattr(cleaned, field)
        and not getattr(before, field)
        and not (has_contact and field in _CONTACT)
    }
    changes |= {field: getattr(cleaned, field) for field in ("domains", "tenant_ids") if field not in errors}
    edit = CompanyEdit(company_id, changes)
    filled = change_companies(
        edits=[edit], origin=CompanyOrigin.SYNC, actor=actor, now=now, request_id=request_id, run_id=run_id,
        verb="blanks_filled",
    )  # fmt: skip
    return filled.get(company_id, {})


@transaction.atomic
def take_back_filled(
    *, company_id: int, filled: Mapping[str, Any], actor: Actor, now: datetime, run_id: int | None = None,
    request_id: str = "",
) -> dict[str, Any]:  # fmt: skip
    """Blank again what :func:`fill_blanks` filled; return what was. What somebody changed since then stays."""
    company = Company.objects.select_for_update().get(pk=company_id)
    draft = drafts_of([company])[company_id]
    taken: dict[str, Any] = {
        field: filled[field] for field in FIELDS if field in filled and getattr(draft, field) == filled[field]
    }
    if taken:
        blanks = {field: None if field == "address" else "" for field in taken}
        update_companies({company_id: _with(draft, blanks)}, by_person=False, now=now)
    taken |= _take_rows(company, filled)
    if taken:
        happening = company_happening("filling_taken_back", company_id, company.name, before=taken, after={})
        record_event(
            happening, actor=actor, marketplace_id=current_marketplace_id(), now=now, request_id=request_id,
            run_id=run_id,
        )  # fmt: skip
        follow_companies([company_id])
    return taken


def _with(draft: CompanyDraft, values: Mapping[str, Any]) -> CompanyDraft:
    members = {field: getattr(draft, field) for field in CompanyDraft.__dataclass_fields__}
    return CompanyDraft(**(members | dict(values)))


def _take_rows(company: Company, filled: Mapping[str, Any]) -> dict[str, list[str]]:
    """Remove the domains and tenant ids that were filled in and still come from the sync."""
    sync = CompanyOrigin.SYNC
    domains = CompanyDomain.objects.filter(company=company, origin=sync, domain__in=filled.get("domains", ()))
    tenant_ids = CompanyTenantId.objects.filter(
        company=company, origin=sync, provider=MICROSOFT, external_id__in=filled.get("tenant_ids", ())
    )
    gone = {
        "domains": list(domains.values_list("domain", flat=True)),
        "tenant_ids": list(tenant_ids.values_list("external_id", flat=True)),
    }
    domains.delete()
    tenant_ids.delete()
    return {name: values for name, values in gone.items() if values}
