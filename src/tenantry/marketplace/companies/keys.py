"""The words by which companies are found (``core.search``). In a marketplace's scope."""

from collections import defaultdict
from collections.abc import Collection, Iterable

from django.db import connection

from tenantry.core.addresses import mail_domain, readable_domain
from tenantry.core.search import search_keys
from tenantry.isolation.bulk import insert_rows
from tenantry.isolation.scope import current_marketplace_id
from tenantry.marketplace.models import Company, CompanyDomain, CompanyKey, CompanyTenantId


def write_keys(company_ids: Collection[int]) -> None:
    """Write the keys of these companies anew, from what their rows say now. Five statements, however many."""
    if not company_ids:
        return
    domains = _texts_of(CompanyDomain.objects.filter(company_id__in=company_ids).values_list("company_id", "domain"))
    tenants = CompanyTenantId.objects.filter(company_id__in=company_ids).values_list("company_id", "external_id")
    tenant_ids = _texts_of(tenants)
    with connection.cursor() as cursor:
        cursor.execute("delete from marketplace_companykey where company_id = any(%s)", [list(company_ids)])
    marketplace_id = current_marketplace_id()
    rows = [
        (marketplace_id, company.pk, key)
        for company in Company.objects.filter(pk__in=company_ids)
        for key in _keys(company, domains[company.pk], tenant_ids[company.pk])
    ]
    insert_rows(CompanyKey, ["marketplace_id", "company_id", "key"], rows)


def _texts_of(rows: Iterable[tuple[int, str]]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = defaultdict(list)
    for company_id, text in rows:
        found[company_id].append(text)
    return found


def _keys(company: Company, domains: list[str], tenant_ids: list[str]) -> list[str]:
    mailbox = company.contact_email.partition("@")[0]
    own = {*domains, *map(readable_domain, domains), mail_domain(company.contact_email)} - {""}
    return search_keys(
        texts=[company.name, company.registration_number, company.external_id, company.contact_name, mailbox],
        domains=sorted(own),
        ids=[*tenant_ids, company.external_id, company.registration_number],
    )
