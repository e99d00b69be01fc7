"""The words by which companies are found (``core.search``). In a marketplace's scope."""

from collections.abc import Collection

from django.db import connection

from tenantry.core.addresses import mail_domain, readable_domain
from tenantry.core.search import search_keys
from tenantry.isolation.bulk import insert_keys
from tenantry.marketplace.companies.texts import domain_texts, tenant_id_texts

_COMPANIES = """
select id, name, registration_number, external_id, contact_name, contact_email
from marketplace_company where id = any(%s)
"""


def write_keys(company_ids: Collection[int]) -> None:
    """Write the keys of these companies anew, from what their rows say now. Five statements, however many."""
    if not company_ids:
        return
    ids = list(company_ids)
    domains, tenant_ids = domain_texts(ids), tenant_id_texts(ids)
    with connection.cursor() as cursor:
        cursor.execute("delete from marketplace_companykey where company_id = any(%s)", [ids])
        cursor.execute(_COMPANIES, [ids])
        rows = [
            (pk, key)
            for pk, *texts in cursor.fetchall()
            for key in _keys(*texts, domains=domains[pk], tenant_ids=tenant_ids[pk])
        ]
    insert_keys("marketplace_companykey", "company_id", rows)


def _keys(
    name: str, number: str, external_id: str, contact: str, email: str, *, domains: list[str], tenant_ids: list[str]
) -> list[str]:
    own = {*domains, *map(readable_domain, domains), mail_domain(email)} - {""}
    return search_keys(
        texts=[name, number, external_id, contact, email.partition("@")[0]],
        domains=sorted(own),
        ids=[*tenant_ids, external_id, number],
    )
