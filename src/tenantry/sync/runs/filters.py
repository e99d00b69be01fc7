"""The one filter of runs, for every interface: how they stand, and what started them."""

from collections.abc import Mapping
from typing import Any

import django_filters
from django.db.models import QuerySet

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
}


class RunFilter(django_filters.FilterSet):  # type: ignore[misc]  # django-filter ships no types
    """Narrows runs. A value that can't be one is left out; ``errors`` names it for an API."""

    state = django_filters.ChoiceFilter(
        choices=[(name, name) for name in STANDINGS], method="by_standing", label="State"
    )
    trigger = django_filters.ChoiceFilter(choices=Trigger.choices, label="Started by")
    kind = django_filters.ChoiceFilter(choices=[(name, name) for name in KINDS], method="by_kind", label="Kind")

    @property
    def narrowed(self) -> bool:
        """Whether anything is filtered out."""
        return any(value not in ("", None) for value in self.values.values())

    @property
    def values(self) -> dict[str, Any]:
        """The values that count, by name: what was given and could be understood; the rest is ``None``."""
        self.form.is_valid()
        return {name: self.form.cleaned_data.get(name) for name in self.filters}

    def by_standing(self, rows: QuerySet[Run], name: str, value: str) -> QuerySet[Run]:  # noqa: ARG002  # django-filter's signature
        """Keep the runs that stand so."""
        return rows.filter(state__in=STANDINGS[value])

    def by_kind(self, rows: QuerySet[Run], name: str, value: str) -> QuerySet[Run]:  # noqa: ARG002  # same
        """Keep previews, or what is none."""
        return rows.filter(**KINDS[value])
