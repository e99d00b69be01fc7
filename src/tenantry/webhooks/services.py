"""Sets endpoints up, changes and removes them. All run in a marketplace's scope; the address was checked before."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from django.db import IntegrityError, transaction

from tenantry.audit.events import Actor
from tenantry.core.webhook_events import BY_NAME
from tenantry.isolation.scope import current_marketplace_id
from tenantry.webhooks.destinations import Destination
from tenantry.webhooks.keeping import seal_secret
from tenantry.webhooks.models import MOST_ENDPOINTS, Delivery, DeliveryState, Endpoint, EndpointState
from tenantry.webhooks.queue import enqueue_delivering
from tenantry.webhooks.signing import new_secret
from tenantry.webhooks.telling import record_endpoint

OVERLAP = timedelta(hours=24)
"""How long both secrets sign after a rotation."""
_LONGEST_NAME = 120


class EndpointRefused(Exception):
    """Nothing was written. ``errors`` maps fields to sentences."""

    def __init__(self, errors: dict[str, str]) -> None:
        self.errors = errors
        super().__init__(" ".join(errors.values()))


class StaleEndpoint(Exception):
    """Somebody changed the endpoint after it was looked at."""


@dataclass(frozen=True, slots=True)
class EndpointDraft:
    """An endpoint as somebody wants it to be. ``events`` empty: all of them."""

    name: str
    destination: Destination
    events: Sequence[str] = ()
    personal: bool = False


@dataclass(frozen=True, slots=True)
class NewSecret:
    """An endpoint and its fresh secret, which is shown once and kept sealed."""

    endpoint: Endpoint
    secret: str


@transaction.atomic
def create_endpoint(*, draft: EndpointDraft, actor: Actor, now: datetime, request_id: str = "") -> NewSecret:
    """Let another program listen from now on. Raises :class:`EndpointRefused`."""
    _refuse(draft)
    if Endpoint.objects.count() >= MOST_ENDPOINTS:
        raise EndpointRefused({"name": f"There are {MOST_ENDPOINTS} endpoints, and no more are kept. Remove one."})
    uid, secret = uuid4(), new_secret()
    endpoint = Endpoint(
        marketplace_id=current_marketplace_id(), uid=uid, sealed_secret=seal_secret(uid, secret),
        secret_changed_at=now, created_at=now, created_by_name=actor.name[:200],
    )  # fmt: skip
    _fill(endpoint, draft)
    _save(endpoint)
    record_endpoint(endpoint, "created", actor=actor, now=now, request_id=request_id)
    return NewSecret(endpoint, secret)


@transaction.atomic
def edit_endpoint(
    *, endpoint_id: int, seen_version: int, draft: EndpointDraft, actor: Actor, now: datetime, request_id: str = ""
) -> Endpoint:
    """Change an endpoint as it was seen. Raises :class:`EndpointRefused`, :class:`StaleEndpoint`."""
    endpoint = _locked(endpoint_id)
    if endpoint.version != seen_version:
        raise StaleEndpoint("Somebody changed this endpoint meanwhile. Look at it again, then change it.")
    _refuse(draft)
    _fill(endpoint, draft)
    endpoint.version += 1
    _save(endpoint)
    record_endpoint(endpoint, "edited", actor=actor, now=now, request_id=request_id)
    return endpoint


@transaction.atomic
def rotate_secret(*, endpoint_id: int, actor: Actor, now: datetime, request_id: str = "") -> NewSecret:
    """Give an endpoint a new secret; for :data:`OVERLAP` the one that it had signs as well."""
    endpoint, secret = _locked(endpoint_id), new_secret()
    endpoint.sealed_previous_secret, endpoint.previous_until = endpoint.sealed_secret, now + OVERLAP
    endpoint.sealed_secret, endpoint.secret_changed_at = seal_secret(endpoint.uid, secret), now
    endpoint.save(update_fields=["sealed_previous_secret", "previous_until", "sealed_secret", "secret_changed_at"])
    record_endpoint(endpoint, "secret_rotated", actor=actor, now=now, request_id=request_id)
    return NewSecret(endpoint, secret)


@transaction.atomic
def switch_endpoint(*, endpoint_id: int, on: bool, actor: Actor, now: datetime, request_id: str = "") -> bool:
    """Switch an endpoint on or off; tell whether it was not so before. On: what waits is tried at once.

    What happens while it is off is not kept for it.
    """
    endpoint = _locked(endpoint_id)
    if on == (endpoint.state == EndpointState.ON):
        return False
    endpoint.state, endpoint.reason = EndpointState.ON if on else EndpointState.OFF, ""
    endpoint.failing_since, endpoint.failed_rounds, endpoint.rest_until = None, 0, None
    endpoint.save(update_fields=["state", "reason", "failing_since", "failed_rounds", "rest_until"])
    record_endpoint(endpoint, "switched_on" if on else "switched_off", actor=actor, now=now, request_id=request_id)
    if on:
        Delivery.objects.filter(endpoint=endpoint, state=DeliveryState.WAITING, next_attempt_at__gt=now).update(
            next_attempt_at=now
        )
        enqueue_delivering(endpoint.marketplace_id, endpoint.pk)
    return True


@transaction.atomic
def remove_endpoint(*, endpoint_id: int, actor: Actor, now: datetime, request_id: str = "") -> None:
    """Remove an endpoint with its deliveries."""
    endpoint = _locked(endpoint_id)
    record_endpoint(endpoint, "removed", actor=actor, now=now, request_id=request_id)
    Delivery.objects.filter(endpoint=endpoint).delete()
    endpoint.delete()


def _locked(endpoint_id: int) -> Endpoint:
    return Endpoint.objects.select_for_update().get(pk=endpoint_id)


def _refuse(draft: EndpointDraft) -> None:
    errors = {}
    if not draft.name.strip():
        errors["name"] = "Give it a name that people recognise, such as Billing."
    elif len(draft.name) > _LONGEST_NAME:
        errors["name"] = f"Use at most {_LONGEST_NAME} characters."
    unknown = sorted(set(draft.events) - BY_NAME.keys())
    if unknown:
        errors["events"] = f"There is no event {unknown[0][:60]}. Choose from the list."
    if errors:
        raise EndpointRefused(errors)


def _fill(endpoint: Endpoint, draft: EndpointDraft) -> None:
    endpoint.name, endpoint.url = draft.name.strip(), draft.destination.url
    endpoint.events = [name for name in BY_NAME if name in draft.events]
    endpoint.personal = draft.personal


def _save(endpoint: Endpoint) -> None:
    try:
        with transaction.atomic():
            endpoint.save()
    except IntegrityError as error:
        raise EndpointRefused({"name": "Another endpoint has this name. Choose a different one."}) from error
