"""The domains and tenant ids of many companies at once, as keys are made of them. In a marketplace's scope.

Each in a query of its own, by foreign key: asked for together with the companies, PostgreSQL would go through whole
tables for each company while it has not counted them, which is when an import fills them.
"""

from collections import defaultdict
from collections.abc import Collection

from django.db import connection

_DOMAINS = "select company_id, domain from marketplace_companydomain where company_id = any(%s::bigint[])"
_TENANT_IDS = "select company_id, external_id from marketplace_companytenantid where company_id = any(%s::bigint[])"


def domain_texts(company_ids: Collection[int]) -> dict[int, list[str]]:
    """Return the domains of each of these companies, sorted; an empty list for one that has none. One query."""
    return _texts(_DOMAINS, company_ids)


def tenant_id_texts(company_ids: Collection[int]) -> dict[int, list[str]]:
    """Return the tenant ids that each of these companies is known to have, sorted. One query."""
    return _texts(_TENANT_IDS, company_ids)


def _texts(query: str, company_ids: Collection[int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(query, [list(company_ids)])
        for company_id, text in sorted(cursor.fetchall()):
            found[company_id].append(text)
    return found
