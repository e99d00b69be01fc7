"""Deliveries by hand: a test, one more time, or never. All run in a marketplace's scope."""

from datetime import datetime
from uuid import uuid4

from django.db import transaction

from tenantry.audit.events import Actor
from tenantry.core.webhook_events import TEST
from tenantry.webhooks.models import Delivery, DeliveryState, Endpoint, EndpointState
from tenantry.webhooks.queue import enqueue_delivering
from tenantry.webhooks.telling import record_endpoint


class DeliveryRefused(Exception):
    """Nothing was done. The message says why, and what to do."""


@transaction.atomic
def send_test(*, endpoint_id: int, actor: Actor, now: datetime, request_id: str = "") -> Delivery:
    """Send a message of the type ``endpoint.test``, whatever it listens to. Raises :class:`DeliveryRefused`."""
    endpoint = _working(endpoint_id)
    uid = uuid4()
    delivery = Delivery.objects.create(
        marketplace_id=endpoint.marketplace_id, endpoint=endpoint, uid=uid, type=TEST, lane=f"test:{uid}",
        next_attempt_at=now, created_at=now,
    )  # fmt: skip
    record_endpoint(endpoint, "tested", actor=actor, now=now, request_id=request_id)
    _go(endpoint, now=now)
    return delivery


@transaction.atomic
def send_again(*, delivery_id: int, actor: Actor, now: datetime, request_id: str = "") -> Delivery:
    """Send a message once more under the same id, and as often as if it were new. Raises :class:`DeliveryRefused`.

    It leaves its lane: what comes after it does not wait.
    """
    delivery = Delivery.objects.select_for_update().get(pk=delivery_id)
    endpoint = _working(delivery.endpoint_id)
    if delivery.state != DeliveryState.WAITING:
        delivery.lane = f"again:{delivery.pk}"
    delivery.state, delivery.settled_at = DeliveryState.WAITING, None
    delivery.attempts, delivery.next_attempt_at = 0, now
    delivery.save(update_fields=["lane", "state", "settled_at", "attempts", "next_attempt_at"])
    record_endpoint(endpoint, "sent_again", actor=actor, now=now, request_id=request_id, delivery=delivery.pk)
    _go(endpoint, now=now)
    return delivery


@transaction.atomic
def skip_delivery(*, delivery_id: int, actor: Actor, now: datetime, request_id: str = "") -> bool:
    """Never send a waiting message, so that the next about the same thing goes; tell whether it waited."""
    delivery = Delivery.objects.select_for_update().get(pk=delivery_id)
    if delivery.state != DeliveryState.WAITING:
        return False
    delivery.state, delivery.settled_at = DeliveryState.SKIPPED, now
    delivery.save(update_fields=["state", "settled_at"])
    endpoint = Endpoint.objects.get(pk=delivery.endpoint_id)
    record_endpoint(endpoint, "skipped", actor=actor, now=now, request_id=request_id, delivery=delivery.pk)
    enqueue_delivering(endpoint.marketplace_id, endpoint.pk)
    return True


def _working(endpoint_id: int) -> Endpoint:
    endpoint = Endpoint.objects.select_for_update().get(pk=endpoint_id)
    if endpoint.state != EndpointState.ON:
        raise DeliveryRefused("This endpoint is switched off. Switch it on first.")
    return endpoint


def _go(endpoint: Endpoint, *, now: datetime) -> None:
    """Try at once, even where the endpoint rests: a person wants to see."""
    if endpoint.rest_until and endpoint.rest_until > now:
        endpoint.rest_until = now
        endpoint.save(update_fields=["rest_until"])
    enqueue_delivering(endpoint.marketplace_id, endpoint.pk)
