"""Reads about companies. All run in a marketplace's scope."""

from django.utils.formats import date_format
from django.utils.timezone import localtime

from tenantry.audit.models import Event
from tenantry.isolation.scope import current_marketplace_id
from tenantry.marketplace.models import Company

MOST_EVENTS = 50


def events_of(company: Company) -> list[Event]:
    """Return the latest events of a company and its people, newest first. Sealed values stay sealed. One query."""
    events = Event.objects.filter(
        marketplace_id=current_marketplace_id(), target_kind="company", target_id=str(company.pk)
    )
    return list(events.order_by("-id")[:MOST_EVENTS])


def last_change_of(company: Company) -> str:
    """Return the sentence that tells who changed a company last, and when."""
    event = next(iter(events_of(company)), None)
    if event is None:
        return "Somebody changed this company meanwhile."
    at = date_format(localtime(event.at), "j F Y, H:i")
    return f"{event.actor_name} changed this company meanwhile ({at})."
