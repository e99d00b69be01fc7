"""The one filter of companies, for every interface: words, country, origin."""

from collections.abc import Mapping
from typing import Any

import django_filters
from django.db.models import QuerySet

from tenantry.core.search import search_ranges
from tenantry.marketplace.models import Company, CompanyKey, CompanyOrigin

Companies = QuerySet[Company]


class CompanyFilter(django_filters.FilterSet):  # type: ignore[misc]  # django-filter ships no types
    """Narrows companies. A value that can't be one is left out. Needs the marketplace's scope."""

    q = django_filters.CharFilter(method="by_words", label="Words, domain or id")
    country = django_filters.CharFilter(method="by_country", max_length=2, label="Country code, or '-' for unknown")
    origin = django_filters.ChoiceFilter(choices=CompanyOrigin.choices, label="Where it came from")

    def __init__(self, data: Mapping[str, Any], queryset: Companies) -> None:
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

    def by_words(self, rows: Companies, name: str, value: str) -> Companies:  # noqa: ARG002  # django-filter's signature
        """Keep the rows that have a key in the range of every term."""
        ranges = search_ranges(value)
        if not ranges:
            return rows.none()
        for start, below in ranges:
            rows = rows.filter(pk__in=CompanyKey.objects.filter(key__gte=start, key__lt=below).values("company_id"))
        return rows

    def by_country(self, rows: Companies, name: str, value: str) -> Companies:  # noqa: ARG002  # same
        """Keep the rows of one country; ``-`` is *unknown*."""
        return rows.filter(country="" if value == "-" else value.upper())
