"""What looks like a company that somebody is about to create by hand. In a marketplace's scope."""

from collections.abc import Sequence
from typing import Any

from django.db import connection as database

from tenantry.core.drafts import CompanyDraft
from tenantry.core.matching import Certainty
from tenantry.core.matching.choosing import likeliest
from tenantry.core.matching.keys import keys_of_profile
from tenantry.core.matching.profiles import Profile, profile_of
from tenantry.core.matching.scoring import match_profiles
from tenantry.isolation.bulk import text_array
from tenantry.isolation.scope import current_marketplace_id
from tenantry.marketplace.models import Company
from tenantry.sync.matching.finding import MOST_SHARING, find_matches
from tenantry.sync.matching.sides import company_of_draft, subject_of_pending
from tenantry.sync.models import PendingCompany, PendingState

MOST = 5
_UNDECIDED = [PendingState.PENDING, PendingState.HELD, PendingState.SNOOZED]
SHARING = """
select wanted.key, shared.pending
from unnest(%(keys)s::text[]) wanted (key)
cross join lateral (
    select array(
        select p.pending_id from sync_pendingmatchkey p
        where p.marketplace_id = %(marketplace)s and p.key = wanted.key order by p.pending_id limit %(most)s + 1
    ) as pending
    offset 0
) shared
where cardinality(shared.pending) between 1 and %(most)s
"""


def tenants_like(draft: CompanyDraft) -> list[PendingCompany]:
    """Return a few undecided pending companies that a company like ``draft`` may be, the likeliest first.

    By the rules that propose companies for tenants. Two queries.
    """
    company = profile_of(company_of_draft(draft))
    shared = _sharing(sorted(keys_of_profile(company)))
    ids = likeliest(shared)
    rows = PendingCompany.objects.filter(pk__in=ids, state__in=_UNDECIDED).select_related("tenant")
    found = [(match, row) for row in rows for match in _judged(row, company)]
    found.sort(key=lambda each: (-each[0][0], -each[0][1], each[1].pk))
    return [row for _, row in found[:MOST]]


def _judged(pending: PendingCompany, company: Profile) -> list[tuple[Certainty, float]]:
    tenant = profile_of(subject_of_pending(pending, pending.tenant))
    return [(match.certainty, match.points) for match in match_profiles(tenant, [("0", company)], {})]


def _sharing(keys: Sequence[str]) -> dict[str, list[int]]:
    with database.cursor() as cursor:
        parameters: dict[str, Any] = {
            "marketplace": current_marketplace_id(),
            "keys": text_array(keys),
            "most": MOST_SHARING,
        }
        cursor.execute(SHARING, parameters)
        return dict(cursor.fetchall())


def companies_like(draft: CompanyDraft) -> list[Company]:
    """Return a few companies that may be the same as ``draft``, the likeliest first. Four queries."""
    (found,) = find_matches({0: profile_of(company_of_draft(draft))}, without={}).values()
    companies = Company.objects.in_bulk([int(match.candidate_id) for match in found])
    ids = [int(match.candidate_id) for match in found[:MOST]]
    return [companies[pk] for pk in ids if pk in companies]
