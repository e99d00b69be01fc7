"""The pages of endpoints: all of them, one, a new one, its settings, its secret, its end."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from tenantry.core.permissions import Action
from tenantry.isolation.scope import marketplace_scope
from tenantry.web.access import Visit, needs, needs_outside
from tenantry.web.addresses import posted
from tenantry.web.webhooks.forms import EndpointForm
from tenantry.web.webhooks.listing import detail_context
from tenantry.web.webhooks.words import endpoint_badge
from tenantry.webhooks.destinations import DestinationRefused, check_destination
from tenantry.webhooks.models import Endpoint
from tenantry.webhooks.queries import list_endpoints
from tenantry.webhooks.services import (
    OVERLAP,
    EndpointDraft,
    EndpointRefused,
    NewSecret,
    StaleEndpoint,
    create_endpoint,
    edit_endpoint,
    remove_endpoint,
    rotate_secret,
    switch_endpoint,
)

_INVALID = 422
_BIGGEST = 2**63


@require_safe
@needs(Action.MANAGE_WEBHOOKS)
def webhook_list(request: HttpRequest, visit: Visit) -> HttpResponse:  # noqa: ARG001  # the decorator hands it over
    """List the endpoints."""
    rows = [{"endpoint": endpoint, "badge": endpoint_badge(endpoint)} for endpoint in list_endpoints()]
    return render(request, "webhooks/list.html", {"rows": rows})


@require_safe
@vary_on_headers("HX-Request")
@needs(Action.MANAGE_WEBHOOKS)
def webhook_detail(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:  # noqa: ARG001  # same
    """Show one endpoint with its deliveries; the table alone for HTMX."""
    context = detail_context(request, endpoint_here(pk))
    htmx = getattr(request, "htmx", None)
    if not htmx or htmx.history_restore_request:
        return render(request, "webhooks/detail.html", context)
    response = render(request, "webhooks/_table.html", context)
    response["HX-Push-Url"] = request.get_full_path()
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@needs_outside(Action.MANAGE_WEBHOOKS)
def webhook_new(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Let another program listen, and show its secret, once."""
    form = EndpointForm(posted(request))
    if request.method == "POST" and (draft := _draft(form)) is not None:
        try:
            with marketplace_scope(visit.marketplace_id):
                made = create_endpoint(draft=draft, actor=visit.actor, now=visit.now, request_id=visit.request_id)
        except EndpointRefused as refused:
            _blame(form, refused)
        else:
            return _secret_page(request, made, fresh=True)
    return _form_page(request, form, {"title": "Add an endpoint", "submit": "Add endpoint", "back_url": _list_url()})


@require_http_methods(["GET", "HEAD", "POST"])
@needs_outside(Action.MANAGE_WEBHOOKS)
def webhook_edit(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Change an endpoint's name, its address, and what it hears."""
    with marketplace_scope(visit.marketplace_id):
        endpoint = endpoint_here(pk)
    form = EndpointForm(posted(request), initial=EndpointForm.initial_of(endpoint))
    if request.method == "POST" and (draft := _draft(form)) is not None:
        try:
            with marketplace_scope(visit.marketplace_id):
                edit_endpoint(
                    endpoint_id=pk, seen_version=form.cleaned_data["seen"] or 0, draft=draft, actor=visit.actor,
                    now=visit.now, request_id=visit.request_id,
                )  # fmt: skip
        except EndpointRefused as refused:
            _blame(form, refused)
        except StaleEndpoint as stale:
            form.add_error(None, str(stale))
        except Endpoint.DoesNotExist as missing:
            raise Http404 from missing
        else:
            messages.success(request, "Saved. What happens from now on goes by it.")
            return redirect("web:webhook-detail", pk)
    back = {"back_url": reverse("web:webhook-detail", args=[pk]), "back": endpoint.name}
    return _form_page(request, form, {"title": f"Edit {endpoint.name}", "submit": "Save", **back})


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Action.MANAGE_WEBHOOKS)
def webhook_secret(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Ask, then give the endpoint a new secret and show it, once."""
    endpoint = endpoint_here(pk)
    if request.method == "POST":
        made = rotate_secret(endpoint_id=pk, actor=visit.actor, now=visit.now, request_id=visit.request_id)
        return _secret_page(request, made, fresh=False)
    hours = int(OVERLAP.total_seconds()) // 3600
    sentences = [
        f"For {hours} hours messages are signed with both secrets, so that nothing is refused meanwhile.",
        "Then the one that the receiver has now is worthless. It can't be brought back.",
    ]
    return _confirm(request, endpoint, f"A new secret for {endpoint.name}?", sentences, "Make a new secret")


@require_POST
@needs(Action.MANAGE_WEBHOOKS)
def webhook_switch(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Switch an endpoint on or off."""
    endpoint_here(pk)
    on = request.POST.get("on") == "yes"
    switch_endpoint(endpoint_id=pk, on=on, actor=visit.actor, now=visit.now, request_id=visit.request_id)
    if on:
        messages.success(request, "It is on. What waits is sent now.")
    else:
        messages.success(request, "It is off. What happens from now on is not kept for it.")
    return redirect("web:webhook-detail", pk)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Action.MANAGE_WEBHOOKS)
def webhook_remove(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Ask, then remove an endpoint."""
    endpoint = endpoint_here(pk)
    if request.method == "POST":
        remove_endpoint(endpoint_id=pk, actor=visit.actor, now=visit.now, request_id=visit.request_id)
        messages.success(request, f"{endpoint.name} is removed.")
        return redirect("web:webhook-list")
    sentences = [
        "It hears of nothing any more, and what waits for it is never sent.",
        "Its deliveries go with it. The activity keeps that it was there.",
    ]
    return _confirm(request, endpoint, f"Remove {endpoint.name}?", sentences, "Remove endpoint")


def endpoint_here(pk: int) -> Endpoint:
    """Return an endpoint of the marketplace, or answer 404."""
    endpoint = Endpoint.objects.filter(pk=pk).first() if pk < _BIGGEST else None
    if endpoint is None:
        raise Http404
    return endpoint


def _draft(form: EndpointForm) -> EndpointDraft | None:
    """Return what was filled in, its address checked outside any transaction; ``None`` leaves a form with errors."""
    if not form.is_valid():
        return None
    given = form.cleaned_data
    try:
        destination = check_destination(given["url"])
    except DestinationRefused as refused:
        form.add_error("url", str(refused))
        return None
    return EndpointDraft(given["name"], destination, given["events"], given["personal"])


def _blame(form: EndpointForm, refused: EndpointRefused) -> None:
    for field, sentence in refused.errors.items():
        form.add_error(field, sentence)


def _list_url() -> str:
    return reverse("web:webhook-list")


def _form_page(request: HttpRequest, form: EndpointForm, context: dict[str, Any]) -> HttpResponse:
    status = _INVALID if form.errors else 200
    return render(request, "webhooks/form.html", {"form": form, "list_url": _list_url(), **context}, status=status)


def _secret_page(request: HttpRequest, made: NewSecret, *, fresh: bool) -> HttpResponse:
    context = {"endpoint": made.endpoint, "secret": made.secret, "fresh": fresh}
    response = render(request, "webhooks/secret.html", context)
    response["Cache-Control"] = "no-store"
    return response


def _confirm(request: HttpRequest, endpoint: Endpoint, title: str, sentences: list[str], submit: str) -> HttpResponse:
    back = reverse("web:webhook-detail", args=[endpoint.pk])
    context = {"title": title, "sentences": sentences, "submit": submit, "back_url": back}
    return render(request, "operator/confirm.html", context)
