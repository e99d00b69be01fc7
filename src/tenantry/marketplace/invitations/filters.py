"""The one filter of invitations, for every interface: words of the person, company, what became of it."""

import django_filters
from django.db.models import QuerySet

from tenantry.listing.narrowing import ListFilter
from tenantry.marketplace.models import Invitation, InvitationState, UserKey

STATE_CHOICES = tuple(InvitationState.choices)
Invitations = QuerySet[Invitation]


class InvitationFilter(ListFilter):
    """Narrows invitations. A value that can't be one is left out; ``errors`` names it for an API."""

    q = django_filters.CharFilter(method="by_words", label="Name or e-mail")
    state = django_filters.ChoiceFilter(choices=STATE_CHOICES, label="State")
    company = django_filters.NumberFilter(
        method="by_company", min_value=1, max_value=2**63 - 1, decimal_places=0, label="Company"
    )

    def by_words(self, rows: Invitations, name: str, value: str) -> Invitations:  # noqa: ARG002  # django-filter's signature
        """Keep the invitations of people who have a key in the range of every term."""
        return self.having_words(rows, value, keys=UserKey.objects.all(), owner="user_id", found="membership__user_id")

    def by_company(self, rows: Invitations, name: str, value: int) -> Invitations:  # noqa: ARG002  # same
        """Keep the invitations to one company."""
        return rows.filter(membership__company_id=int(value))
