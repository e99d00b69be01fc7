"""Pending companies that look like a company somebody is about to create by hand. In a marketplace's scope."""

from django.db.models import Q

from tenantry.core.matching_rules import Side, judge, keys_of
from tenantry.sync.matching.keys import side_of_tenant
from tenantry.sync.models import PendingCompany, PendingMatchKey, PendingState

MOST = 5
_MOST_LOOKED_AT = 100
_UNDECIDED = [PendingState.PENDING, PendingState.HELD, PendingState.SNOOZED]


def lookalikes_of(side: Side) -> list[PendingCompany]:
    """Return a few undecided pending companies that a company like ``side`` may be, the likeliest first.

    By the rules that propose companies for tenants: equal tenant id, registration number, domain, or name apart from
    its legal form. Two queries.
    """
    wanted = Q()
    for kind, key in keys_of(side):
        wanted |= Q(kind=kind, key=key)
    if not wanted:
        return []
    keyed = PendingMatchKey.objects.filter(wanted).order_by("id")
    ids = set(keyed.values_list("pending_id", flat=True)[:_MOST_LOOKED_AT])
    rows = PendingCompany.objects.filter(pk__in=ids, state__in=_UNDECIDED).select_related("tenant")
    judged = [(judge(side_of_tenant(row.tenant, row), side, holders={}), row) for row in rows]
    found = [(judgement, row) for judgement, row in judged if judgement is not None]
    found.sort(key=lambda each: (-each[0].certainty, -each[0].score, each[1].pk))
    return [row for _, row in found[:MOST]]
