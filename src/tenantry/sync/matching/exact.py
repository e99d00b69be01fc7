"""The exact matcher: companies that share a key, judged by ``core.matching_rules``."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import connection as database

from tenantry.core.matching_rules import Judgement, KeyKind, Side, judge
from tenantry.isolation.scope import current_marketplace_id
from tenantry.marketplace.models import Company, CompanyDomain, CompanyTenantId
from tenantry.sync.matching.candidates import MOST_CANDIDATES, Candidate

_MOST_PER_KEY = 25

# Each key leads to some companies only: a name that thousands carry tells nothing, and must cost nothing.
_SHARING = """
select p.pending_id, p.kind, p.key, c.company_id
from sync_pendingmatchkey p
cross join lateral (
    select company_id from marketplace_companymatchkey c
    where c.marketplace_id = %(marketplace)s and c.kind = p.kind and c.key = p.key
    order by company_id limit %(most)s
) c
where p.marketplace_id = %(marketplace)s and p.pending_id = any(%(pending)s)
"""

_HOLDERS = """
select d.domain, (
    select count(*) from (
        select 1 from marketplace_companymatchkey c
        where c.marketplace_id = %(marketplace)s and c.kind = 'domain' and c.key = d.domain limit %(most)s
    ) carriers
)
from unnest(%(domains)s::text[]) d (domain)
"""


class ExactMatcher:
    """Equal tenant ids, registration numbers, domains, names. See ``candidates.Matcher``."""

    def candidates(
        self, tenants: Mapping[int, Side], *, without: Mapping[int, frozenset[int]]
    ) -> dict[int, list[Candidate]]:
        """Return the candidates of each pending company, best first. Four queries."""
        shared: dict[int, set[int]] = defaultdict(set)
        holders: dict[str, set[int]] = defaultdict(set)
        with database.cursor() as cursor:
            parameters: dict[str, Any] = {
                "marketplace": current_marketplace_id(),
                "most": _MOST_PER_KEY,
                "pending": list(tenants),
            }
            cursor.execute(_SHARING, parameters)
            for pending_id, kind, key, company_id in cursor.fetchall():
                shared[pending_id].add(company_id)
                if kind == KeyKind.DOMAIN:
                    holders[key].add(company_id)
        companies = sides_of_companies({company_id for found in shared.values() for company_id in found})
        counts = {domain: len(found) for domain, found in holders.items()}
        found = {}
        for pending_id, tenant in tenants.items():
            rejected = without.get(pending_id, frozenset())
            wanted = {pk: companies[pk] for pk in shared[pending_id] - rejected if pk in companies}
            found[pending_id] = _best(tenant, wanted, counts)
        return found

    def compare(self, tenant: Side, company_ids: Sequence[int]) -> dict[int, Judgement]:
        """Return how these companies compare with a tenant."""
        with database.cursor() as cursor:
            domains = sorted(tenant.own_domains)
            cursor.execute(
                _HOLDERS, {"marketplace": current_marketplace_id(), "most": _MOST_PER_KEY, "domains": domains}
            )
            counts: dict[str, int] = dict(cursor.fetchall())
        judged = {pk: judge(tenant, side, holders=counts) for pk, side in sides_of_companies(company_ids).items()}
        return {pk: judgement for pk, judgement in judged.items() if judgement is not None}


def _best(tenant: Side, companies: Mapping[int, Side], holders: Mapping[str, int]) -> list[Candidate]:
    judged = [(pk, judge(tenant, side, holders=holders)) for pk, side in companies.items()]
    found = [Candidate(pk, judgement) for pk, judgement in judged if judgement is not None]
    found.sort(key=lambda each: (-each.judgement.certainty, -each.judgement.score, each.company_id))
    return found[:MOST_CANDIDATES]


def sides_of_companies(company_ids: Iterable[int]) -> dict[int, Side]:
    """Return these companies as they are compared. Three queries."""
    ids = list(company_ids)
    domains: dict[int, list[str]] = defaultdict(list)
    tenant_ids: dict[int, list[str]] = defaultdict(list)
    for company_id, domain in CompanyDomain.objects.filter(company_id__in=ids).values_list("company_id", "domain"):
        domains[company_id].append(domain)
    known = CompanyTenantId.objects.filter(company_id__in=ids).values_list("company_id", "external_id")
    for company_id, external_id in known:
        tenant_ids[company_id].append(external_id)
    return {
        row.pk: Side(
            row.name, row.country, tuple(domains[row.pk]), row.contact_email, row.registration_number,
            tuple(tenant_ids[row.pk]),
        )
        for row in Company.objects.filter(pk__in=ids)
    }  # fmt: skip
