"""The one filter of invitations, for every interface: words of the person, company, what became of it."""

from typing import Any

import django_filters
from django.db.models import QuerySet

from tenantry.core.search import search_ranges
from tenantry.marketplace.models import Invitation, InvitationState, UserKey

STATE_CHOICES = tuple(InvitationState.choices)
Invitations = QuerySet[Invitation]


class InvitationFilter(django_filters.FilterSet):  # type: ignore[misc]  # django-filter ships no types
    """Narrows invitations. A value that can't be one is left out; ``errors`` names it for an API."""

    q = django_filters.CharFilter(method="by_words", label="Name or e-mail")
    state = django_filters.ChoiceFilter(choices=STATE_CHOICES, label="State")
    company = django_filters.NumberFilter(
        method="by_company", min_value=1, max_value=2**63 - 1, decimal_places=0, label="Company"
    )

    @property
    def narrowed(self) -> bool:
        """Whether anything is filtered out."""
        return any(value not in ("", None) for value in self.values.values())

    @property
    def values(self) -> dict[str, Any]:
        """The values that count, by name: what was given and could be understood; the rest is ``None``."""
        self.form.is_valid()
        return {name: self.form.cleaned_data.get(name) for name in self.filters}

    def by_words(self, rows: Invitations, name: str, value: str) -> Invitations:  # noqa: ARG002  # django-filter's signature
        """Keep the invitations of people who have a key in the range of every term."""
        ranges = search_ranges(value)
        if not ranges:
            return rows.none()
        for start, below in ranges:
            people = UserKey.objects.filter(key__gte=start, key__lt=below).values("user_id")
            rows = rows.filter(membership__user_id__in=people)
        return rows

    def by_company(self, rows: Invitations, name: str, value: int) -> Invitations:  # noqa: ARG002  # same
        """Keep the invitations to one company."""
        return rows.filter(membership__company_id=int(value))
