"""The one filter of events, for every interface: who, about whom, what kind, about what, when, and a word."""

from collections.abc import Mapping
from datetime import MAXYEAR, date, datetime, time, timedelta
from typing import Any

import django_filters
from django.db.models import Q, QuerySet
from django.utils import timezone

from tenantry.audit.events import ActorKind
from tenantry.audit.models import Event
from tenantry.listing.narrowing import ListFilter

Events = QuerySet[Event]
# A word is looked for in so many of the newest events that fit everything else: no index knows words inside of text.
SEARCHED = 20_000
_LONGEST = 19  # digits of the largest id
_OTHERS = {
    "schedule": ActorKind.SCHEDULE,
    "tenantry": ActorKind.SYSTEM,
    "command": ActorKind.COMMAND_LINE,
    "operator": ActorKind.OPERATOR,
}


class EventFilter(ListFilter):
    """Narrows events. A value that can't be one is left out.

    ``by`` is the id of an account or one of ``people``, ``schedule``, ``tenantry``, ``command``, ``operator``;
    ``about`` the subject of a person's key (``user:7``); ``kind`` the first two words of an action; ``target`` is
    ``company:12``.
    """

    q = django_filters.CharFilter(method="by_word", label="A word")
    by = django_filters.CharFilter(method="by_actor", label="Who did it")
    about = django_filters.CharFilter(field_name="person__subject", label="About whom")
    kind = django_filters.CharFilter(field_name="kind", label="Kind")
    target = django_filters.CharFilter(method="by_target", label="About what")
    since = django_filters.DateFilter(method="from_day", label="From this day")
    until = django_filters.DateFilter(method="to_day", label="To this day")

    def __init__(self, data: Mapping[str, Any], queryset: Events) -> None:
        super().__init__(data, queryset)

    def by_actor(self, rows: Events, name: str, value: str) -> Events:  # noqa: ARG002  # django-filter's signature
        """Keep what an account did, or what was done by nobody in particular."""
        if value == "people":
            return rows.filter(actor_kind__in=[ActorKind.ACCOUNT.value, ActorKind.OPERATOR.value])
        if value in _OTHERS:
            return rows.filter(actor_kind=_OTHERS[value].value)
        if value.isascii() and value.isdecimal() and len(value) < _LONGEST:
            return rows.filter(actor_id=int(value))
        return rows.none()

    def by_target(self, rows: Events, name: str, value: str) -> Events:  # noqa: ARG002  # same
        """Keep what was done to one thing."""
        kind, _, found = value.partition(":")
        return rows.filter(target_kind=kind, target_id=found)

    def from_day(self, rows: Events, name: str, value: date) -> Events:  # noqa: ARG002  # same
        """Keep what happened on that day or later."""
        return rows.filter(at__gte=_start_of(value))

    def to_day(self, rows: Events, name: str, value: date) -> Events:  # noqa: ARG002  # same
        """Keep what happened on that day or before."""
        return rows if value.year == MAXYEAR else rows.filter(at__lt=_start_of(value) + timedelta(days=1))

    def by_word(self, rows: Events, name: str, value: str) -> Events:  # noqa: ARG002  # same
        """Keep events that name the word, among the newest that fit everything else. Sealed values are not read."""
        newest = rows.order_by("-at", "-id").values("pk")[:SEARCHED]
        named = Q()
        for field in ("target_name", "target_id", "actor_name", "action", "reason"):
            named |= Q(**{f"{field}__icontains": value})
        return rows.filter(named, pk__in=newest)

    def filter_queryset(self, queryset: Events) -> Events:
        """Apply the filters; the word comes last, because it is looked for in what is left."""
        values = self.form.cleaned_data
        for name in sorted(FILTERS, key=lambda name: name == "q"):
            queryset = self.filters[name].filter(queryset, values.get(name))
        return queryset


FILTERS = tuple(EventFilter.base_filters)
"""The names of all filters, as addresses carry them."""


def _start_of(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()))
