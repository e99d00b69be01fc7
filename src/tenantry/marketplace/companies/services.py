"""Writes about companies. Everything runs in a marketplace's scope, and all or nothing of each call is done.

Callers may bring many at once: ``create_companies``, ``change_companies`` and ``settle_statuses`` cost a handful of
statements however many companies there are. This is the door; what each does stands in the modules beside it.
"""

from tenantry.core.drafts import CompanyDraft, DomainDraft, clean_draft
from tenantry.marketplace.companies.changing import (
    CompanyEdit,
    add_domain,
    change_companies,
    drafts_of,
    edit_company,
    remove_domain,
)
from tenantry.marketplace.companies.creating import create_companies, create_company
from tenantry.marketplace.companies.filling import fill_blanks, take_back_filled
from tenantry.marketplace.companies.refusals import CompanyInUse, CompanyRefused, StaleCompany
from tenantry.marketplace.companies.removing import reasons_to_keep, remove_company
from tenantry.marketplace.companies.standing import disable_company, enable_company, settle_status, settle_statuses
from tenantry.marketplace.companies.writing import companies_changed, companies_leaving

__all__ = [
    "CompanyDraft",
    "CompanyEdit",
    "CompanyInUse",
    "CompanyRefused",
    "DomainDraft",
    "StaleCompany",
    "add_domain",
    "change_companies",
    "clean_draft",
    "companies_changed",
    "companies_leaving",
    "create_companies",
    "create_company",
    "disable_company",
    "drafts_of",
    "edit_company",
    "enable_company",
    "fill_blanks",
    "reasons_to_keep",
    "remove_company",
    "remove_domain",
    "settle_status",
    "settle_statuses",
    "take_back_filled",
]
