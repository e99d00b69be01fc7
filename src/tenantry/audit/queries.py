"""Reads about events. All run in the scope of the event's marketplace, or outside any for the installation's own."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from tenantry.audit.filters import EventFilter
from tenantry.audit.models import Event
from tenantry.audit.services import event_place, key_ring, plain_key
from tenantry.listing import Order, Page, page_of
from tenantry.sealing import KeyRing, unseal_with

NEWEST_FIRST = Order("time", "at", descending=True)
_KINDS = """
with recursive kinds as (
  (select kind from audit_event where marketplace_id = %(place)s order by kind limit 1)
  union all
  select (select e.kind from audit_event e where e.marketplace_id = %(place)s and e.kind > kinds.kind
          order by e.kind limit 1)
  from kinds where kinds.kind is not null
)
select kind from kinds where kind is not null
"""
Personal = dict[str, Any] | None


def personal_values(event: Event) -> Personal:
    """Open the personal values of an event: empty when it has none, ``None`` when the person was erased.

    Raises ``CannotUnseal`` or ``KeyRingMissing`` when the keys folder is not the one it was sealed with.
    """
    return {} if event.person is None else _opened(event, key_ring())


def personal_values_of(events: Sequence[Event]) -> dict[int, Personal]:
    """Open the personal values of many events at once, by primary key. See :func:`personal_values`."""
    if not any(event.person_id for event in events):
        return {event.pk: {} for event in events}
    ring = key_ring()
    return {event.pk: _opened(event, ring) for event in events}


def _opened(event: Event, ring: KeyRing) -> Personal:
    if event.person is None:
        return {}
    key = plain_key(event.person, ring)
    if key is None or event.sealed is None:
        return None
    values: dict[str, Any] = json.loads(unseal_with(key, bytes(event.sealed), place=event_place(event.uid)))
    return values


@dataclass(frozen=True, slots=True)
class Listed:
    """One page of events, newest first, and the filter that they fit."""

    page: Page[Event]
    applied: EventFilter


def list_events(
    filters: Mapping[str, Any], *, marketplace_id: int, after: str = "", before: str = "", size: int = 50
) -> Listed:
    """Return the page of events that is wanted, with the keys of their persons. One query."""
    rows = Event.objects.filter(marketplace_id=marketplace_id).select_related("person")
    applied = EventFilter(filters, rows)
    return Listed(page_of([applied.qs], NEWEST_FIRST, after=after, before=before, size=size), applied)


def event_batches(filters: Mapping[str, Any], *, marketplace_id: int, size: int = 500) -> Iterator[list[Event]]:
    """Go through all events that fit the filters, newest first, in batches; for exports."""
    after = ""
    while True:
        page = list_events(filters, marketplace_id=marketplace_id, after=after, size=size).page
        yield page.rows
        after = page.after
        if not after:
            return


def kinds_known(marketplace_id: int) -> list[str]:
    """Return the kinds of events that there are, in order. One query, with one step in the index for each."""
    with connection.cursor() as cursor:
        cursor.execute(_KINDS, {"place": marketplace_id})
        return [row[0] for row in cursor.fetchall()]
