"""The one filter of companies, for every interface: words, country, origin."""

from collections.abc import Mapping
from typing import Any

import django_filters
from django.db.models import QuerySet

from tenantry.listing.narrowing import ListFilter
from tenantry.marketplace.models import Company, CompanyKey, CompanyOrigin

Companies = QuerySet[Company]


class CompanyFilter(ListFilter):
    """Narrows companies. A value that can't be one is left out. Needs the marketplace's scope."""

    q = django_filters.CharFilter(method="by_words", label="Words, domain or id")
    country = django_filters.CharFilter(method="by_country", max_length=2, label="Country code, or '-' for unknown")
    origin = django_filters.ChoiceFilter(choices=CompanyOrigin.choices, label="Where it came from")

    def __init__(self, data: Mapping[str, Any], queryset: Companies) -> None:
        super().__init__(data, queryset)

    def by_words(self, rows: Companies, name: str, value: str) -> Companies:  # noqa: ARG002  # django-filter's signature
        """Keep the rows that have a key in the range of every term."""
        return self.having_words(rows, value, keys=CompanyKey.objects.all(), owner="company_id")

    def by_country(self, rows: Companies, name: str, value: str) -> Companies:  # noqa: ARG002  # same
        """Keep the rows of one country; ``-`` is *unknown*."""
        return rows.filter(country="" if value == "-" else value.upper())
