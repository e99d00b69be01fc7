"""The one filter of runs, for every interface: how they stand, and what started them."""

from collections.abc import Mapping
from typing import Any

import django_filters
from django.db.models import QuerySet

from tenantry.listing.narrowing import ListFilter
from tenantry.sync.models import Run, RunKind, RunState, Trigger
from tenantry.sync.models.runs import LIVE_RUN

STANDINGS = {
    "running": tuple(LIVE_RUN),
    "done": (RunState.DONE, RunState.PREVIEWED),
    "failed": (RunState.FAILED,),
    "cancelled": (RunState.CANCELLED,),
}
KINDS: Mapping[str, Mapping[str, Any]] = {
    "sync": {"preview": False, "kind": RunKind.COMPANIES},
    "preview": {"preview": True},
    "decisions": {"kind": RunKind.DECISIONS},
    "undo": {"kind": RunKind.UNDO},
}


class RunFilter(ListFilter):
    """Narrows runs. A value that can't be one is left out; ``errors`` names it for an API."""

    state = django_filters.ChoiceFilter(
        choices=[(name, name) for name in STANDINGS], method="by_standing", label="State"
    )
    trigger = django_filters.ChoiceFilter(choices=Trigger.choices, label="Started by")
    kind = django_filters.ChoiceFilter(choices=[(name, name) for name in KINDS], method="by_kind", label="Kind")

    def by_standing(self, rows: QuerySet[Run], name: str, value: str) -> QuerySet[Run]:  # noqa: ARG002  # django-filter's signature
        """Keep the runs that stand so."""
        return rows.filter(state__in=STANDINGS[value])

    def by_kind(self, rows: QuerySet[Run], name: str, value: str) -> QuerySet[Run]:  # noqa: ARG002  # same
        """Keep previews, or what is none."""
        return rows.filter(**KINDS[value])
