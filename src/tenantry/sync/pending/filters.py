"""The one filter of pending companies, for every interface: words, match, country, problem, connection, age."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import django_filters
from django.contrib.postgres.fields import ArrayField
from django.db.models import F, IntegerField, QuerySet, Value
from django.db.models.functions import Cast

from tenantry.core.tenants import Problem
from tenantry.isolation.arrays import IsOneOf
from tenantry.listing.narrowing import ListFilter
from tenantry.sync.automatic.words import SHOWN_WORDS
from tenantry.sync.matching.words import CERTAINTY_WORDS
from tenantry.sync.models import PendingCompany, PendingKey
from tenantry.sync.models.problem_bits import LEAST_WITH_OWN, numbers_with

ANY_PROBLEM = "any"
NO_PROBLEM = "none"
PROBLEM_WORDS: Mapping[str, str] = {
    Problem.DETAILS_NOT_READ.value: "details not read yet",
    Problem.DETAILS_REFUSED.value: "details refused",
    Problem.CONTACT_MISSING.value: "no primary contact",
    Problem.CONTACT_EMAIL_MISSING.value: "contact without e-mail",
}
PROBLEM_CHOICES = (
    *PROBLEM_WORDS.items(),
    *((code, f"not by rule: {word}") for code, word in SHOWN_WORDS.items()),
    (ANY_PROBLEM, "any problem"),
    (NO_PROBLEM, "no problem"),
)
AGES = {"day": timedelta(days=1), "week": timedelta(days=7), "month": timedelta(days=30)}
AGE_CHOICES = (
    ("day", "came in the last 24 hours"),
    ("week", "came in the last 7 days"),
    ("month", "came in the last 30 days"),
    ("older", "older than 30 days"),
)

ADMIN_CHOICES = (
    ("yes", "given to the partner"),
    ("no", "not given"),
    ("unknown", "not known"),
)
_ADMIN = {"yes": True, "no": False, "unknown": None}

ANY_MATCH = "any"
NO_MATCH = "none"
_CERTAINTIES = {word.lower(): certainty for certainty, word in CERTAINTY_WORDS.items()}
MATCH_CHOICES = (
    *((word.lower(), f"{word} match") for word in CERTAINTY_WORDS.values()),
    (ANY_MATCH, "with a match"),
    (NO_MATCH, "no match"),
)

Pending = QuerySet[PendingCompany]


class PendingFilter(ListFilter):
    """Narrows pending companies. A value that can't be one is left out; ``errors`` names it for an API.

    Needs the marketplace's scope, and ``now`` for ages.
    """

    q = django_filters.CharFilter(method="by_words", label="Words, domain or tenant id")
    match = django_filters.ChoiceFilter(choices=MATCH_CHOICES, method="by_match", label="Best match")
    country = django_filters.CharFilter(method="by_country", max_length=2, label="Country code, or '-' for unknown")
    problem = django_filters.ChoiceFilter(choices=PROBLEM_CHOICES, method="by_problem", label="Problem")
    connection = django_filters.NumberFilter(
        method="by_connection", min_value=1, max_value=2**63 - 1, decimal_places=0, label="Connection"
    )
    age = django_filters.ChoiceFilter(choices=AGE_CHOICES, method="by_age", label="First seen")
    admin = django_filters.ChoiceFilter(choices=ADMIN_CHOICES, method="by_admin", label="Delegated administration")

    def __init__(self, data: Mapping[str, Any], queryset: Pending, *, now: datetime) -> None:
        super().__init__(data, queryset)
        self.now = now

    def by_words(self, rows: Pending, name: str, value: str) -> Pending:  # noqa: ARG002  # django-filter's signature
        """Keep the rows that have a key in the range of every term."""
        return self.having_words(rows, value, keys=PendingKey.objects.all(), owner="pending_id")

    def by_match(self, rows: Pending, name: str, value: str) -> Pending:  # noqa: ARG002  # same
        """Keep the rows whose best match is of this certainty, those with any, or without."""
        if value == ANY_MATCH:
            return rows.filter(certainty__gt=0)
        return rows.filter(certainty=_CERTAINTIES.get(value, 0))

    def by_country(self, rows: Pending, name: str, value: str) -> Pending:  # noqa: ARG002  # same
        """Keep the rows of one country; ``-`` is *unknown*."""
        return rows.filter(country="" if value == "-" else value.upper())

    def by_problem(self, rows: Pending, name: str, value: str) -> Pending:  # noqa: ARG002  # same
        """Keep the rows with this problem, with any, or without."""
        if value == ANY_PROBLEM:
            return rows.filter(problem_bits__gte=LEAST_WITH_OWN)
        if value == NO_PROBLEM:
            return rows.filter(problem_bits__lt=LEAST_WITH_OWN)
        # One value for the database to read, not hundreds of parameters to prepare in each of a page's questions.
        numbers = Value(f"{{{','.join(map(str, numbers_with(value)))}}}")
        return rows.filter(IsOneOf(F("problem_bits"), Cast(numbers, ArrayField(IntegerField()))))

    def by_connection(self, rows: Pending, name: str, value: int) -> Pending:  # noqa: ARG002  # same
        """Keep the rows that this connection brought."""
        return rows.filter(connection_id=int(value))

    def by_age(self, rows: Pending, name: str, value: str) -> Pending:  # noqa: ARG002  # same
        """Keep the rows first seen within a time, or before a month."""
        if value == "older":
            return rows.filter(first_seen_at__lt=self.now - AGES["month"])
        return rows.filter(first_seen_at__gte=self.now - AGES[value])

    def by_admin(self, rows: Pending, name: str, value: str) -> Pending:  # noqa: ARG002  # same
        """Keep the rows whose tenant lets the partner administer it, doesn't, or doesn't say."""
        return rows.filter(tenant__delegated_admin=_ADMIN[value])


FILTERS = tuple(PendingFilter.base_filters)
"""The names of all filters, as addresses and forms carry them."""
