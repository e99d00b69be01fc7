"""Makes the message of a delivery from the audit's event. In the marketplace's scope.

Nothing of it is stored: after a person was erased, or by an endpoint's new choice, it has less.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from tenantry.audit.models import Event
from tenantry.audit.queries import personal_values_of
from tenantry.core.webhook_events import TEST, VERSION, Told, message_data
from tenantry.webhooks.models import Delivery, Endpoint
from tenantry.webhooks.signing import message_id


def bodies_of(deliveries: Sequence[Delivery], endpoint: Endpoint) -> dict[int, bytes]:
    """Return the body of each delivery by primary key; those whose event is gone are left out. Two queries."""
    ids = [delivery.event_id for delivery in deliveries if delivery.event_id]
    events = {event.pk: event for event in Event.objects.filter(pk__in=ids).select_related("person")}
    personal = personal_values_of(list(events.values())) if endpoint.personal else {}
    bodies = {}
    for delivery in deliveries:
        if delivery.event_id is None:
            bodies[delivery.pk] = _body(delivery, delivery.created_at, {"endpoint": endpoint.name})
        elif (event := events.get(delivery.event_id)) is not None:
            told = _told(event, personal.get(event.pk, {}))
            bodies[delivery.pk] = _body(delivery, event.at, message_data(told, personal=endpoint.personal))
    return bodies


def _told(event: Event, personal: dict[str, Any] | None) -> Told:
    return Told(
        event.action, event.target_kind, event.target_id, event.target_name, event.before, event.after, personal,
        event.reason, event.run_id, event.actor_kind,
    )  # fmt: skip


def _body(delivery: Delivery, at: datetime, data: dict[str, Any]) -> bytes:
    message = {
        "id": message_id(delivery.uid),
        "type": delivery.type or TEST,
        "version": VERSION,
        "timestamp": at.isoformat(),
        "marketplace": delivery.marketplace_id,
        "data": data,
    }
    return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()
