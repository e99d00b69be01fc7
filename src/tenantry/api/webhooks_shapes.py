"""Shapes of webhook endpoints and of what was delivered to them."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ninja import Schema
from pydantic import Field

from tenantry.api.shapes import Count, Given, PageQuery, PageShape, choice, one_of
from tenantry.core.webhook_events import BY_NAME
from tenantry.webhooks.filters import DeliveryFilter
from tenantry.webhooks.models import Delivery, Endpoint
from tenantry.webhooks.queries import TABS, body_of
from tenantry.webhooks.services import NewSecret
from tenantry.webhooks.signing import message_id

_EVENTS: dict[str, Any] = {"items": {"type": "string", "enum": list(BY_NAME)}}
_ALL = "The types of events that it hears of; empty for all, those to come as well."
_PERSONAL = "Whether messages have names and e-mail addresses of people."
_PLAIN = (
    "name", "url", "events", "personal", "state", "reason", "version", "failing_since", "rest_until",
    "last_success_at", "secret_changed_at", "previous_until", "created_at",
)  # fmt: skip


class EndpointTold(Schema):
    """A webhook endpoint: nothing of its secret but since when. ``version`` is what a change names in ``If-Match``."""

    id: int
    version: int
    name: str
    url: str
    events: list[str] = Field(description=_ALL)
    personal: bool = Field(description=_PERSONAL)
    state: str = Field(description="on, off, or stopped after failing for days.")
    reason: str = Field(description="Why it was stopped; else empty.")
    failing_since: datetime | None
    rest_until: datetime | None
    last_success_at: datetime | None
    secret_changed_at: datetime
    previous_until: datetime | None = Field(description="Until when the secret before signs as well.")
    created_at: datetime
    created_by: str

    @staticmethod
    def facts(row: Endpoint) -> dict[str, Any]:
        """Return the members of this shape."""
        plain = {name: getattr(row, name) for name in _PLAIN}
        return plain | {"id": row.pk, "created_by": row.created_by_name}

    @classmethod
    def of(cls, row: Endpoint) -> "EndpointTold":
        """Return an endpoint as an answer says it."""
        return cls(**cls.facts(row))


class Endpoints(Schema):
    """All endpoints by name; a marketplace has twenty at most."""

    items: list[EndpointTold]


class EndpointWithSecret(EndpointTold):
    """An endpoint and its new secret, which is told this once."""

    secret: str = Field(description="What messages are signed with, as Standard Webhooks have it: `whsec_…`.")

    @classmethod
    def made(cls, made: NewSecret) -> "EndpointWithSecret":
        """Return what was made as its answer says it."""
        return cls(**cls.facts(made.endpoint), secret=made.secret)


class NewEndpoint(Given):
    """An endpoint to add."""

    name: str = Field(max_length=200, description="Who listens, such as Billing.")
    url: str = Field(max_length=2_100, description="https, on the internet. Redirects are not followed.")
    events: list[str] = Field(default_factory=list, max_length=200, description=_ALL, json_schema_extra=_EVENTS)
    personal: bool = Field(default=False, description=_PERSONAL)


class EndpointChanges(Given):
    """What to change of an endpoint; what is left out stays as it is."""

    name: str | None = Field(None, max_length=200)
    url: str | None = Field(None, max_length=2_100)
    events: list[str] | None = Field(None, max_length=200, description=_ALL)
    personal: bool | None = Field(None, description=_PERSONAL)


class EndpointEnabled(Given):
    """Whether the endpoint is called. What happens while it is off is not kept for it."""

    enabled: bool


class DeliveryQuery(PageQuery):
    """Which deliveries a list shows, newest first."""

    tab: str = one_of(TABS, "all", "What became of them.")
    type: str = choice(DeliveryFilter, "type")
    about: str = choice(DeliveryFilter, "about")


class DeliveryRow(Schema):
    """A message on its way to an endpoint, or there. ``message_id`` is what the receiver tells repeats by."""

    id: int
    message_id: str
    endpoint_id: int
    type: str
    about: str = Field(description="What it is about, by name where it has one.")
    state: str
    attempts: int
    next_attempt_at: datetime | None
    created_at: datetime
    settled_at: datetime | None
    status: int = Field(description="The HTTP status of the last answer; 0 without any.")
    problem: str

    @staticmethod
    def facts(row: Delivery, about: str) -> dict[str, Any]:
        """Return the members of this shape."""
        plain = ("endpoint_id", "type", "state", "attempts", "created_at", "settled_at", "status", "problem")
        waits = row.next_attempt_at if row.state == "waiting" else None
        return {name: getattr(row, name) for name in plain} | {
            "id": row.pk, "message_id": message_id(row.uid), "about": about, "next_attempt_at": waits,
        }  # fmt: skip


class DeliveryPage(PageShape):
    """A page of deliveries, and how many fit the filters in every tab."""

    items: list[DeliveryRow]
    counts: dict[str, Count | None]


class Attempt(Schema):
    """One attempt to deliver: what was answered, how long it took, and what went wrong."""

    at: datetime
    status: int
    seconds: float
    problem: str


class DeliveryDetail(DeliveryRow):
    """A delivery with its request, the last answer and all attempts.

    ``request`` is the message as it would be sent now; null once its event was removed with old history.
    """

    request: Mapping[str, Any] | None
    answer: str = Field(description="The beginning of what the endpoint answered last.")
    tries: list[Attempt]

    @classmethod
    def of(cls, row: Delivery, about: str) -> "DeliveryDetail":
        """Return a delivery as an answer says it."""
        body = body_of(row)
        tries = [Attempt(**{name: each[name] for name in Attempt.model_fields}) for each in row.tries]
        facts = cls.facts(row, about)
        return cls(**facts, request=json.loads(body) if body else None, answer=row.answer, tries=tries)
