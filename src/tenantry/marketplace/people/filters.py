"""The one filter of people, for every interface: words, role, where they came from."""

from collections.abc import Mapping
from typing import Any

import django_filters
from django.db.models import QuerySet

from tenantry.listing.narrowing import ListFilter
from tenantry.marketplace.models import CompanyOrigin, Membership, MembershipRole, MembershipState, User, UserKey

Users = QuerySet[User]


class UserFilter(ListFilter):
    """Narrows people. A value that can't be one is left out. Needs the marketplace's scope."""

    q = django_filters.CharFilter(method="by_words", label="Name or e-mail address")
    role = django_filters.ChoiceFilter(choices=MembershipRole.choices, method="by_role", label="Role in a company")
    origin = django_filters.ChoiceFilter(choices=CompanyOrigin.choices, label="Where they came from")

    def __init__(self, data: Mapping[str, Any], queryset: Users) -> None:
        super().__init__(data, queryset)

    def by_words(self, rows: Users, name: str, value: str) -> Users:  # noqa: ARG002  # django-filter's signature
        """Keep the people that have a key in the range of every term."""
        return self.having_words(rows, value, keys=UserKey.objects.all(), owner="user_id")

    def by_role(self, rows: Users, name: str, value: str) -> Users:  # noqa: ARG002  # same
        """Keep the people that are this in any company."""
        places = Membership.objects.filter(role=value).exclude(state=MembershipState.INACTIVE)
        return rows.filter(pk__in=places.values("user_id"))
