"""What looks like a company that somebody is about to create by hand. In a marketplace's scope."""

from tenantry.core.drafts import CompanyDraft
from tenantry.core.matching import Certainty
from tenantry.core.matching.choosing import likeliest
from tenantry.core.matching.keys import keys_of_profile
from tenantry.core.matching.profiles import Profile, profile_of
from tenantry.core.matching.scoring import match_profiles
from tenantry.marketplace.models import Company
from tenantry.sync.matching.finding import find_matches, sharing
from tenantry.sync.matching.keys import PENDING
from tenantry.sync.matching.sides import company_of_draft, subject_of_pending
from tenantry.sync.models import PendingCompany, PendingState

MOST = 5
_UNDECIDED = [PendingState.PENDING, PendingState.HELD, PendingState.SNOOZED]


def tenants_like(draft: CompanyDraft) -> list[PendingCompany]:
    """Return a few undecided pending companies that a company like ``draft`` may be, the likeliest first.

    By the rules that propose companies for tenants. Two queries.
    """
    company = profile_of(company_of_draft(draft))
    ids = likeliest(sharing(keys_of_profile(company), among=PENDING))
    rows = PendingCompany.objects.filter(pk__in=ids, state__in=_UNDECIDED).select_related("tenant")
    found = [(match, row) for row in rows for match in _judged(row, company)]
    found.sort(key=lambda each: (-each[0][0], -each[0][1], each[1].pk))
    return [row for _, row in found[:MOST]]


def _judged(pending: PendingCompany, company: Profile) -> list[tuple[Certainty, float]]:
    tenant = profile_of(subject_of_pending(pending, pending.tenant))
    return [(match.certainty, match.points) for match in match_profiles(tenant, [("0", company)], {})]


def companies_like(draft: CompanyDraft) -> list[Company]:
    """Return a few companies that may be the same as ``draft``, the likeliest first. Four queries."""
    (found,) = find_matches({0: profile_of(company_of_draft(draft))}, without={}).values()
    ids = [int(match.candidate_id) for match in found[:MOST]]
    companies = Company.objects.in_bulk(ids)
    return [companies[pk] for pk in ids if pk in companies]
