"""Pending companies that look like a company somebody is about to create by hand."""

from collections.abc import Sequence

from tenantry.core.search import fold
from tenantry.sync.models import PendingCompany, PendingKey, PendingState

MOST = 5
_LONGEST_SORT_KEY = 200
_LONGEST_KEY = 40
_OPEN = [PendingState.PENDING, PendingState.HELD, PendingState.SNOOZED]


def lookalikes_of(*, name: str, domains: Sequence[str]) -> list[PendingCompany]:
    """Return a few undecided pending companies of this name, or with one of these domains.

    The name is compared without its case and accents. In a marketplace's scope. Three queries, each along its index.
    """
    open_rows = PendingCompany.objects.filter(state__in=_OPEN)
    named = open_rows.filter(sort_name=fold(name)[:_LONGEST_SORT_KEY]) if name.strip() else open_rows.none()
    keys = PendingKey.objects.filter(key__in=[domain[:_LONGEST_KEY] for domain in domains])
    found = {row.pk: row for row in named.order_by("pk")[:MOST]}
    by_domain = list(keys.order_by("pk").values_list("pending_id", flat=True)[: MOST * 4])
    found |= {row.pk: row for row in open_rows.filter(pk__in=by_domain)}
    return sorted(found.values(), key=lambda row: (row.sort_name, row.pk))[:MOST]
