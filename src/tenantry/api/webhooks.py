"""Webhooks: endpoints, their secrets, a test, and what was delivered, with request and answer."""

from django.db import transaction
from ninja import Query

from tenantry.api.areas import Area, Call, Reply
from tenantry.api.problems import Problem
from tenantry.api.shapes import (
    Done,
    Id,
    counts_of,
    page_reply,
    refuse_strange,
    refuse_wrong,
    refuse_wrong_place,
)
from tenantry.api.webhooks_shapes import (
    DeliveryDetail,
    DeliveryPage,
    DeliveryQuery,
    DeliveryRow,
    EndpointChanges,
    EndpointEnabled,
    Endpoints,
    EndpointTold,
    EndpointWithSecret,
    NewEndpoint,
)
from tenantry.core.permissions import Action
from tenantry.webhooks import again, services
from tenantry.webhooks.destinations import Destination, DestinationRefused, check_destination
from tenantry.webhooks.models import Delivery, Endpoint
from tenantry.webhooks.queries import NEWEST, TABS, list_deliveries, list_endpoints, subject_of

area = Area("Webhooks")
_MANAGE = Action.MANAGE_WEBHOOKS


def _checked(url: str) -> Destination:
    try:
        return check_destination(url)
    except DestinationRefused as refused:
        raise Problem("invalid", str(refused), errors={"url": str(refused)}) from refused


def _check_new(given: NewEndpoint) -> Destination:
    """Resolve and check the address of a new endpoint. Asks the network for the name."""
    return _checked(given.url)


def _check_changed(pk: int, given: EndpointChanges) -> Destination | None:  # as the route takes it
    """Resolve and check the address, where another one is given."""
    return _checked(given.url) if given.url is not None else None


@area.get("/webhook-endpoints", _MANAGE, Endpoints)
def list_webhook_endpoints(call: Call) -> Endpoints:
    """List the endpoints that hear of the marketplace's events."""
    return Endpoints(items=[EndpointTold.of(row) for row in list_endpoints()])


@area.post("/webhook-endpoints", _MANAGE, EndpointWithSecret, status=201, refuses=True, prepare=_check_new)
def add_webhook_endpoint(call: Call, given: NewEndpoint) -> Reply:
    """Let another program listen from now on. The answer has its secret, this once."""
    draft = services.EndpointDraft(given.name, call.prepared, given.events, given.personal)
    with transaction.atomic():
        made = services.create_endpoint(draft=draft, **call.told)
    row = made.endpoint
    location = f"/api/v1/webhook-endpoints/{row.pk}"
    return Reply(EndpointWithSecret.made(made), location=location, version=row.version, secret=True)


@area.get("/webhook-endpoints/{int:pk}", _MANAGE, EndpointTold)
def show_webhook_endpoint(call: Call, pk: Id) -> Reply:
    """Show one endpoint. The header `ETag` is what a change sends as `If-Match`."""
    return _told(Endpoint.objects.get(pk=pk))


def _told(row: Endpoint) -> Reply:
    return Reply(EndpointTold.of(row), version=row.version)


@area.patch(
    "/webhook-endpoints/{int:pk}", _MANAGE, EndpointTold, versioned=True, refuses=True, prepare=_check_changed
)  # fmt: skip
def change_webhook_endpoint(call: Call, pk: Id, given: EndpointChanges) -> Reply:
    """Change name, address, or what is heard. What happens from now on goes by it."""
    row = Endpoint.objects.get(pk=pk)
    call.check_version(row.version)
    kept = {name: getattr(row, name) for name in ("name", "events", "personal")}
    draft = services.EndpointDraft(
        **kept | given.model_dump(exclude_none=True, exclude={"url"}),
        destination=call.prepared or Destination(row.url, ""),
    )
    with transaction.atomic():
        changed = services.edit_endpoint(endpoint_id=pk, seen_version=row.version, draft=draft, **call.told)
    return _told(changed)


@area.put("/webhook-endpoints/{int:pk}/enabled", _MANAGE, EndpointTold)
def enable_webhook_endpoint(call: Call, pk: Id, given: EndpointEnabled) -> Reply:
    """Pause an endpoint, or let it be called again: then what waits is tried at once."""
    services.switch_endpoint(endpoint_id=pk, on=given.enabled, **call.told)
    return _told(Endpoint.objects.get(pk=pk))


@area.delete("/webhook-endpoints/{int:pk}", _MANAGE, Done)
def remove_webhook_endpoint(call: Call, pk: Id) -> Done:
    """Remove an endpoint with its deliveries. The activity keeps that it was there."""
    services.remove_endpoint(endpoint_id=pk, **call.told)
    return Done(changed=True, sentence="The endpoint is removed.")


@area.post("/webhook-endpoints/{int:pk}/secret", _MANAGE, EndpointWithSecret)
def rotate_webhook_secret(call: Call, pk: Id) -> Reply:
    """Make a new secret, told this once. Until `previous_until` the one before signs as well."""
    made = services.rotate_secret(endpoint_id=pk, **call.told)
    return Reply(EndpointWithSecret.made(made), version=made.endpoint.version, secret=True)


@area.post("/webhook-endpoints/{int:pk}/test", _MANAGE, DeliveryDetail, status=202, refuses=True)
def test_webhook_endpoint(call: Call, pk: Id) -> Reply:
    """Send a message of the type `endpoint.test`. Its delivery tells what was answered."""
    sent = again.send_test(endpoint_id=pk, **call.told)
    return Reply(_detail(sent), location=f"/api/v1/webhook-deliveries/{sent.pk}")


@area.get("/webhook-endpoints/{int:pk}/deliveries", _MANAGE, DeliveryPage)
def list_webhook_deliveries(call: Call, pk: Id, query: Query[DeliveryQuery]) -> Reply:
    """List what was sent to an endpoint in the last 30 days, or waits, newest first."""
    refuse_strange("tab", query.tab, TABS)
    refuse_wrong_place(query, NEWEST, Delivery)
    filters = {"type": query.type or "", "about": query.about or ""}
    found = list_deliveries(
        Endpoint.objects.get(pk=pk), query.tab, filters, after=query.after, before=query.before, size=query.limit
    )  # fmt: skip
    refuse_wrong(found.applied)
    items = [DeliveryRow(**DeliveryRow.facts(row, found.names.get(row.pk, ""))) for row in found.page.rows]
    return page_reply(call, DeliveryPage, found.page, items=items, counts=counts_of(found.counts))


def _delivery(pk: int) -> Delivery:
    return Delivery.objects.select_related("endpoint").get(pk=pk)


def _detail(row: Delivery) -> DeliveryDetail:
    return DeliveryDetail.of(row, subject_of(row))


@area.get("/webhook-deliveries/{int:pk}", _MANAGE, DeliveryDetail)
def show_webhook_delivery(call: Call, pk: Id) -> DeliveryDetail:
    """Show one delivery with its request, the last answer, and all attempts."""
    return _detail(_delivery(pk))


@area.post("/webhook-deliveries/{int:pk}/send-again", _MANAGE, DeliveryDetail, status=202, refuses=True)
def send_webhook_again(call: Call, pk: Id) -> DeliveryDetail:
    """Send a message once more, under the same id."""
    again.send_again(delivery_id=pk, **call.told)
    return _detail(_delivery(pk))


@area.post("/webhook-deliveries/{int:pk}/skip", _MANAGE, Done)
def skip_webhook_delivery(call: Call, pk: Id) -> Done:
    """Never send a message that waits, so that the next about the same thing goes."""
    skipped = again.skip_delivery(delivery_id=pk, **call.told)
    sentence = "Skipped: what comes after it goes." if skipped else "It did not wait any more. Nothing was done."
    return Done(changed=skipped, sentence=sentence)
