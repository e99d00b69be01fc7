"""The one filter of people, for every interface: words, role, where they came from."""

from collections.abc import Mapping
from typing import Any

import django_filters
from django.db.models import QuerySet

from tenantry.core.search import search_ranges
from tenantry.marketplace.models import CompanyOrigin, Membership, MembershipRole, MembershipState, User, UserKey

Users = QuerySet[User]


class UserFilter(django_filters.FilterSet):  # type: ignore[misc]  # django-filter ships no types
    """Narrows people. A value that can't be one is left out. Needs the marketplace's scope."""

    q = django_filters.CharFilter(method="by_words", label="Name or e-mail address")
    role = django_filters.ChoiceFilter(choices=MembershipRole.choices, method="by_role", label="Role in a company")
    origin = django_filters.ChoiceFilter(choices=CompanyOrigin.choices, label="Where they came from")

    def __init__(self, data: Mapping[str, Any], queryset: Users) -> None:
        super().__init__(data, queryset)

    @property
    def narrowed(self) -> bool:
        """Whether anything is filtered out."""
        return any(value not in ("", None) for value in self.values.values())

    @property
    def values(self) -> dict[str, Any]:
        """The values that count, by name: what was given and could be understood; the rest is ``None``."""
        self.form.is_valid()
        return {name: self.form.cleaned_data.get(name) for name in self.filters}

    def by_words(self, rows: Users, name: str, value: str) -> Users:  # noqa: ARG002  # django-filter's signature
        """Keep the people that have a key in the range of every term."""
        ranges = search_ranges(value)
        if not ranges:
            return rows.none()
        for start, below in ranges:
            rows = rows.filter(pk__in=UserKey.objects.filter(key__gte=start, key__lt=below).values("user_id"))
        return rows

    def by_role(self, rows: Users, name: str, value: str) -> Users:  # noqa: ARG002  # same
        """Keep the people that are this in any company."""
        places = Membership.objects.filter(role=value).exclude(state=MembershipState.INACTIVE)
        return rows.filter(pk__in=places.values("user_id"))
