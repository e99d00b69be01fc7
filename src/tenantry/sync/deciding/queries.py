"""Reads for whoever decides: matches, companies to compare with, decisions. In a marketplace's scope."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tenantry.core.matching.profiles import Profile, profile_of
from tenantry.marketplace.models import Company, CompanyDomain
from tenantry.sync.matching.finding import match_with
from tenantry.sync.matching.sides import subject_of_pending
from tenantry.sync.models import Decision, Match, PendingCompany, TenantLink

_MOST_DECISIONS = 30


@dataclass(frozen=True, slots=True)
class Proposal:
    """A company to compare a tenant with. ``linked`` names tenants that are linked to it already.

    ``chosen``: a person searched for it. ``certainty`` is 0 when nothing speaks for it; ``evidence`` as stored.
    """

    company: Company
    certainty: int
    evidence: Sequence[dict[str, object]]
    domains: Sequence[str] = ()
    linked: Sequence[str] = ()
    chosen: bool = False


def proposals_for(pending: PendingCompany, *, chosen: int | None = None) -> list[Proposal]:
    """Return the matches that nobody rejected, best first, after a company that a person chose. Up to nine queries."""
    matches = list(
        Match.objects.filter(pending=pending, rejected_at=None)
        .select_related("company")
        .order_by("-certainty", "-score", "company_id")
    )
    rows = [(match.company, match.certainty, match.evidence) for match in matches]
    return proposals_of(rows, profile_of(subject_of_pending(pending, pending.tenant)), chosen=chosen)


def proposals_of(
    rows: Sequence[tuple[Company, int, Sequence[dict[str, object]]]], tenant: Profile, *, chosen: int | None
) -> list[Proposal]:
    """Return companies, how certain they are, and why, as proposals, after the one that a person ``chosen``."""
    others = [(*row, False) for row in rows if row[0].pk != chosen]
    every = [*_chosen(tenant, chosen), *others] if chosen is not None else others
    ids = [row[0].pk for row in every]
    domains, linked = _domains(ids), _linked(ids)
    return [
        Proposal(company, certainty, evidence, domains[company.pk], linked[company.pk], is_chosen)
        for company, certainty, evidence, is_chosen in every
    ]


def _chosen(tenant: Profile, company_id: int) -> list[tuple[Company, int, Sequence[dict[str, object]], bool]]:
    company = Company.objects.filter(pk=company_id).first()
    if company is None:
        return []
    judged = match_with(tenant, [company_id]).get(company_id)
    if judged is None:
        return [(company, 0, [], True)]
    return [(company, int(judged.certainty), [each.as_json() for each in judged.evidence], True)]


def _domains(company_ids: Iterable[int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = defaultdict(list)
    rows = CompanyDomain.objects.filter(company_id__in=list(company_ids)).order_by("domain")
    for company_id, domain in rows.values_list("company_id", "domain"):
        found[company_id].append(domain)
    return found


def _linked(company_ids: Iterable[int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = defaultdict(list)
    live = TenantLink.objects.filter(company_id__in=list(company_ids), ended_at=None).order_by("id")
    for company_id, name in live.values_list("company_id", "tenant__name"):
        found[company_id].append(name)
    return found


def best_matches(pending_ids: Iterable[int]) -> dict[int, Match]:
    """Return the best match of each of these pending companies that has one. One query."""
    rows = Match.objects.filter(pending_id__in=list(pending_ids), rejected_at=None).select_related("company")
    found: dict[int, Match] = {}
    for match in rows.order_by("pending_id", "-certainty", "-score", "company_id"):
        found.setdefault(match.pending_id, match)
    return found


def decisions_of(pending: PendingCompany) -> list[Decision]:
    """Return the decisions on a pending company, newest first."""
    return list(pending.decisions.select_related("undone_by", "company").order_by("-id")[:_MOST_DECISIONS])
