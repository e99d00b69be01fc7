"""Reads about endpoints and deliveries, in the marketplace's scope."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Q

from tenantry.audit.models import Event
from tenantry.listing import PAGE_SIZE, Order, Page, page_of
from tenantry.listing.tabs import TabCounts, count_tabs
from tenantry.webhooks.filters import DeliveryFilter
from tenantry.webhooks.messages import bodies_of
from tenantry.webhooks.models import Delivery, DeliveryState, Endpoint

TABS: Mapping[str, tuple[DeliveryState, ...]] = {
    "all": tuple(DeliveryState),
    "waiting": (DeliveryState.WAITING,),
    "delivered": (DeliveryState.DELIVERED,),
    "failed": (DeliveryState.FAILED, DeliveryState.SKIPPED),
}
NEWEST = Order("created", "created_at", descending=True)


@dataclass(frozen=True, slots=True)
class Listed:
    """One page of deliveries, what each is about by primary key, and how many fit the filter in every tab."""

    page: Page[Delivery]
    names: Mapping[int, str]
    counts: TabCounts
    applied: DeliveryFilter


def list_endpoints() -> list[Endpoint]:
    """Return all endpoints by name; a marketplace has few."""
    return list(Endpoint.objects.order_by("name"))


def list_deliveries(
    endpoint: Endpoint,
    tab: str,
    filters: Mapping[str, Any],
    *,
    after: str = "",
    before: str = "",
    size: int = PAGE_SIZE,
) -> Listed:
    """Return the page of an endpoint's deliveries that is wanted, newest first. The number of queries is fixed."""
    applied = DeliveryFilter(filters, Delivery.objects.filter(endpoint=endpoint))
    states = TABS.get(tab, TABS["all"])
    page = page_of([applied.qs.filter(state=state) for state in states], NEWEST, after=after, before=before, size=size)
    counts = count_tabs({name: Q(state__in=states) for name, states in TABS.items()}, applied)
    return Listed(page, _names(page.rows), counts, applied)


def _names(rows: Sequence[Delivery]) -> dict[int, str]:
    ids = {row.event_id: row.pk for row in rows if row.event_id}
    events = Event.objects.filter(pk__in=ids).values_list("pk", "target_name", "target_kind", "target_id")
    return {ids[pk]: name or f"{kind} {target}" for pk, name, kind, target in events}


def subject_of(delivery: Delivery) -> str:
    """Return what a delivery is about, by name where it has one; empty for a test."""
    return _names([delivery]).get(delivery.pk, "")


def body_of(delivery: Delivery) -> bytes | None:
    """Return the message as it would be sent now; ``None`` once its event was removed with old history."""
    return bodies_of([delivery], delivery.endpoint).get(delivery.pk)


def endpoints_with_due_deliveries(now: datetime) -> list[tuple[int, int]]:
    """Return marketplace and endpoint wherever something is due to be sent. One query, whatever the scope."""
    with connection.cursor() as cursor:
        cursor.execute("select marketplace_id, endpoint_id from endpoints_with_due_deliveries(%s)", [now])
        return [(row[0], row[1]) for row in cursor.fetchall()]
