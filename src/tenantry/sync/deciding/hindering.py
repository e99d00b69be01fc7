"""What keeps a row out of a decision on many: several tenants or companies that compete, a contact that isn't its own.

A person who looks at one row may decide otherwise. In a marketplace's scope.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tenantry.core.matching import Certainty
from tenantry.core.planning.creation import AutomaticProblem, judge_candidate
from tenantry.marketplace.models import Company
from tenantry.sync.automatic.candidates import candidates_of
from tenantry.sync.automatic.guards import guarded_contacts
from tenantry.sync.deciding.answering import OPEN_STATES
from tenantry.sync.models import Match, TenantLink

# What a rule objects to and a person who decides on many can't have looked at.
_HINDERS: Mapping[str, str] = {
    AutomaticProblem.RESERVED.value: "A company waits to be connected to it: decide by hand.",
    AutomaticProblem.CONTACT_SHARED.value: "Its contact is another tenant's, too: decide by hand.",
    AutomaticProblem.CONTACT_OF_STAFF.value: "Its contact is of the staff or the partner: decide by hand.",
}


@dataclass(frozen=True, slots=True)
class StrongLink:
    """The company that a row would be linked to among many, or why to none."""

    company: Company | None = None
    refusal: str = ""


NO_LINK = StrongLink(refusal="No strong match: decide by hand.")


def hindrances(pending_ids: Sequence[int]) -> dict[int, str]:
    """Return why these rows are not created with others, of those that are not."""
    guarded = guarded_contacts()
    found = {}
    for candidate in candidates_of(pending_ids):
        problems = judge_candidate(candidate.facts, guarded, invites=False).problems
        reasons = [_HINDERS[problem] for problem in problems if problem in _HINDERS]
        if reasons:
            found[candidate.pending_id] = reasons[0]
    return found


def strong_links(pending_ids: Sequence[int]) -> dict[int, StrongLink]:
    """Return what these rows would be linked to, of those that have a strong match.

    A company that carries the tenant's id is certain. Any other is taken only if no other tenant has a claim to it.
    """
    matches: dict[int, list[Match]] = defaultdict(list)
    strong = Match.objects.filter(rejected_at=None, certainty__gte=Certainty.STRONG)
    for match in strong.filter(pending_id__in=pending_ids).select_related("company"):
        matches[match.pending_id].append(match)
    companies = {match.company_id for found in matches.values() for match in found}
    claims: dict[int, set[int]] = defaultdict(set)
    rivals = strong.filter(company_id__in=companies, pending__state__in=OPEN_STATES)
    for company_id, pending_id in rivals.values_list("company_id", "pending_id"):
        claims[company_id].add(pending_id)
    live = TenantLink.objects.filter(company_id__in=companies, ended_at=None)
    linked = set(live.values_list("company_id", flat=True))
    return {pk: _link(pk, found, claims, linked) for pk, found in matches.items()}


def _link(
    pending_id: int, found: Sequence[Match], claims: Mapping[int, set[int]], linked: set[int]
) -> StrongLink:  # fmt: skip
    if len(found) > 1:
        return StrongLink(refusal="Several strong matches: decide by hand.")
    match = found[0]
    if match.certainty < Certainty.CERTAIN:
        if claims[match.company_id] - {pending_id}:
            return StrongLink(refusal="Other tenants match the same company: decide by hand.")
        if match.company_id in linked:
            return StrongLink(refusal="Its match is linked to another tenant already: decide by hand.")
    return StrongLink(match.company)
