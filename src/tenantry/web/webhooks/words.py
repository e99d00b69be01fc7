"""States of endpoints and deliveries as words and tones, and rows as templates take them."""

from collections.abc import Mapping
from typing import Any

from tenantry.web.texts import legible
from tenantry.webhooks.models import Delivery, DeliveryState, Endpoint, EndpointState

_ENDPOINT_TONES = {EndpointState.ON: "good", EndpointState.OFF: "off", EndpointState.STOPPED: "bad"}
_TONES = {
    DeliveryState.WAITING: "busy",
    DeliveryState.DELIVERED: "good",
    DeliveryState.FAILED: "bad",
    DeliveryState.SKIPPED: "off",
}


def endpoint_badge(endpoint: Endpoint) -> dict[str, str]:
    """Return word and tone of how an endpoint does."""
    state = EndpointState(endpoint.state)
    if state is EndpointState.ON and endpoint.failing_since:
        return {"word": "failing", "tone": "wait"}
    return {"word": str(state.label), "tone": _ENDPOINT_TONES[state]}


def delivery_badge(delivery: Delivery) -> dict[str, str]:
    """Return word and tone of what became of a delivery; one that waits after a failure needs a look."""
    state = DeliveryState(delivery.state)
    if state is DeliveryState.WAITING and delivery.attempts:
        return {"word": "to be tried again", "tone": "wait"}
    return {"word": str(state.label), "tone": _TONES[state]}


def delivery_row(delivery: Delivery, names: Mapping[int, str]) -> dict[str, Any]:
    """Return one row as ``webhooks/_table.html`` documents it."""
    return {
        "pk": delivery.pk,
        "type": delivery.type,
        "about": legible(names.get(delivery.pk, "")),
        "at": delivery.created_at,
        "attempts": delivery.attempts,
        "status": delivery.status,
        "problem": legible(delivery.problem),
        "next_attempt": delivery.next_attempt_at if delivery.state == DeliveryState.WAITING else None,
        **delivery_badge(delivery),
    }
