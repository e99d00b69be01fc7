"""A program that listens to a marketplace: what it was sent, checked by a library that is not ours."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone
from standardwebhooks import Webhook
from tests.providers.stub import Reply, Stub
from tests.web.cast import Cast

from tenantry.audit.events import Actor
from tenantry.isolation.scope import marketplace_scope
from tenantry.marketplace.models import Marketplace
from tenantry.webhooks.destinations import check_destination
from tenantry.webhooks.models import Delivery, Endpoint
from tenantry.webhooks.sending import deliver_due
from tenantry.webhooks.services import EndpointDraft, create_endpoint


@dataclass
class Receiver:
    """One endpoint with the server behind it."""

    marketplace: Marketplace
    actor: Actor
    server: Stub
    endpoint: Endpoint
    secret: str

    def deliver(self, *, at: datetime | None = None) -> bool:
        """Let everything that is due be delivered, as the worker does."""
        return deliver_due(
            endpoint_id=self.endpoint.pk, marketplace_id=self.marketplace.pk, clock=(lambda: at) if at else timezone.now
        )

    def heard(self) -> list[dict[str, Any]]:
        """Return the messages that came, in order; each must verify."""
        return [verified(request.body, request.headers, self.secret) for request in self.server.requests]

    def types(self) -> list[str]:
        return [message["type"] for message in self.heard()]

    def deliveries(self) -> list[Delivery]:
        with marketplace_scope(self.marketplace.pk):
            return list(Delivery.objects.filter(endpoint=self.endpoint).select_related("endpoint").order_by("pk"))

    def now_is(self) -> Endpoint:
        with marketplace_scope(self.marketplace.pk):
            return Endpoint.objects.get(pk=self.endpoint.pk)


def verified(body: bytes, headers: dict[str, str], secret: str) -> dict[str, Any]:
    message: dict[str, Any] = Webhook(secret).verify(body, headers)
    return message


def listen(cast: Cast, server: Stub, *, path: str = "/hooks", name: str = "Billing", **wanted: Any) -> Receiver:
    """Set an endpoint up in Northwind for a server that answers well."""
    server.say(Reply({"ok": True}))
    draft = EndpointDraft(name, check_destination(server.url + path), **wanted)
    actor = cast.actor("owner")
    with marketplace_scope(cast.northwind.pk):
        made = create_endpoint(draft=draft, actor=actor, now=timezone.now())
    return Receiver(cast.northwind, actor, server, made.endpoint, made.secret)


def parsed(body: bytes) -> dict[str, Any]:
    message: dict[str, Any] = json.loads(body)
    return message
