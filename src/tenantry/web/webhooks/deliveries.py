"""The page of one delivery, with what was sent and what was answered; and a test, one more time, never."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from tenantry.core.permissions import Action
from tenantry.web.access import Visit, needs
from tenantry.web.texts import legible
from tenantry.web.webhooks.endpoints import endpoint_here
from tenantry.web.webhooks.words import delivery_badge
from tenantry.webhooks.again import DeliveryRefused, send_again, send_test, skip_delivery
from tenantry.webhooks.models import Delivery, DeliveryState, EndpointState
from tenantry.webhooks.queries import body_of
from tenantry.webhooks.signing import message_id

_BIGGEST = 2**63
_GONE = "The event was removed with old history, so there is nothing to show or to send."


@require_POST
@needs(Action.MANAGE_WEBHOOKS)
def webhook_test(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Send a test, and go to where its answer will stand."""
    endpoint_here(pk)
    try:
        sent = send_test(endpoint_id=pk, actor=visit.actor, now=visit.now, request_id=visit.request_id)
    except DeliveryRefused as refused:
        messages.error(request, str(refused))
        return redirect("web:webhook-detail", pk)
    return redirect("web:webhook-delivery", sent.pk)


@require_safe
@needs(Action.MANAGE_WEBHOOKS)
def webhook_delivery(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:  # noqa: ARG001  # the decorator's
    """Show one delivery; the part that waits for an answer alone for HTMX."""
    delivery = _delivery(pk)
    body = body_of(delivery)
    context = {
        "delivery": delivery,
        "endpoint": delivery.endpoint,
        "badge": delivery_badge(delivery),
        "message_id": message_id(delivery.uid),
        "body": legible(json.dumps(json.loads(body), indent=2, ensure_ascii=False)) if body else "",
        "gone": "" if body else _GONE,
        "answer": legible(delivery.answer),
        "tries": [_try(number, each) for number, each in enumerate(delivery.tries, start=1)],
        "unanswered": delivery.state == DeliveryState.WAITING and not delivery.attempts,
        "waits": delivery.state == DeliveryState.WAITING,
        "on": delivery.endpoint.state == EndpointState.ON,
    }
    name = "webhooks/_delivery.html" if getattr(request, "htmx", None) else "webhooks/delivery.html"
    response = render(request, name, context)
    response["Vary"] = "HX-Request"
    return response


@require_POST
@needs(Action.MANAGE_WEBHOOKS)
def webhook_again(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Send a delivery once more."""

    def act() -> str:
        send_again(delivery_id=pk, actor=visit.actor, now=visit.now, request_id=visit.request_id)
        return "It is sent again, under the same id."

    return _done(request, pk, act)


@require_POST
@needs(Action.MANAGE_WEBHOOKS)
def webhook_skip(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Never send a delivery that waits."""

    def act() -> str:
        skipped = skip_delivery(delivery_id=pk, actor=visit.actor, now=visit.now, request_id=visit.request_id)
        return "Skipped: what comes after it goes." if skipped else "It did not wait any more. Nothing was done."

    return _done(request, pk, act)


def _done(request: HttpRequest, pk: int, act: Callable[[], str]) -> HttpResponse:
    _delivery(pk)
    try:
        sentence = act()
    except DeliveryRefused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, sentence)
    return redirect("web:webhook-delivery", pk)


def _delivery(pk: int) -> Delivery:
    found = Delivery.objects.select_related("endpoint").filter(pk=pk).first() if pk < _BIGGEST else None
    if found is None:
        raise Http404
    return found


def _try(number: int, each: dict[str, Any]) -> dict[str, Any]:
    """Return an attempt as ``components/timeline.html`` takes it."""
    good = not each["problem"]
    return {
        "title": f"Attempt {number}",
        "word": str(each["status"]) if each["status"] else "no answer",
        "tone": "good" if good else "bad",
        "at": datetime.fromisoformat(each["at"]),
        "duration": f"{each['seconds']:.2f} s",
        "detail": legible(each["problem"]),
    }
