"""The part of a connection's page about hints: whether they come here, and how to have them come."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from tenantry.connections.hints import (
    NoAddress,
    check_registration,
    may_be_reached,
    notification_url,
    register_for_notifications,
)
from tenantry.connections.models import Connection, Provider
from tenantry.connections.pushes import can_push
from tenantry.providers.errors import ProviderError
from tenantry.sync.hints.pushes import switch_and_keep
from tenantry.sync.hints.standing import PushStanding, pushes_of
from tenantry.web.access import OperatorVisit, needs_operator

_SWITCHES = {"push": True, "stop": False}


@require_POST
@needs_operator
def operator_connection_hints(request: HttpRequest, visit: OperatorVisit, pk: int) -> HttpResponse:
    """Look where notifications go, register for them, or switch on or off that people's changes are told.

    Another tool's registration is never taken over. POST ``do``: ``check``, ``register``, ``push`` or ``stop``.
    """
    row = Connection.objects.filter(pk=pk).first() if pk < 2**63 else None
    if row is None:
        raise Http404
    if request.POST.get("do") in _SWITCHES and can_push(row):
        return _switch(request, visit, row, on=_SWITCHES[request.POST["do"]])
    if row.provider != Provider.MICROSOFT:
        raise Http404
    return _register_or_check(request, visit, row)


def _switch(request: HttpRequest, visit: OperatorVisit, row: Connection, *, on: bool) -> HttpResponse:
    try:
        switch_and_keep(row.pk, on=on, actor=visit.actor, now=visit.now)
    except NoAddress as refusal:
        messages.error(request, f"Nothing was switched on: {refusal}")
    else:
        said = "is asked to tell when people change." if on else "is asked to tell no more. The daily reading goes on."
        messages.success(request, f"{row.get_provider_display()} {said}")
    return redirect("web:operator-connection", row.pk)


def _register_or_check(request: HttpRequest, visit: OperatorVisit, row: Connection) -> HttpResponse:
    try:
        if request.POST.get("do") == "register":
            url = register_for_notifications(row, actor=visit.actor, now=visit.now)
        else:
            url = check_registration(row, now=visit.now)
    except NoAddress as refusal:
        messages.error(request, f"Nothing was registered: {refusal}")
    except ProviderError as error:
        messages.error(request, f"{error.message} {error.next_step}")
    else:
        _tell(request, url, ours=bool(url) and url == notification_url(row))
    return redirect("web:operator-connection", row.pk)


def _tell(request: HttpRequest, url: str, *, ours: bool) -> None:
    if ours:
        messages.success(request, "Microsoft sends its notifications here.")
    elif url:
        messages.warning(request, "Another tool of this partner is registered. Its registration was left as it is.")
    else:
        messages.info(request, "Nobody is registered for this partner's notifications.")


def hint_context(row: Connection) -> dict[str, Any] | None:
    """Return the panel's context, or ``None`` where the provider gives no hints that are read."""
    if row.provider != Provider.MICROSOFT:
        return None
    url, known, at = notification_url(row), row.hints.get("registered_url", ""), row.hints.get("registered_at", "")
    ours = bool(url) and known == url
    if not at:
        state = ("not known", "off", "Nobody has looked yet where notifications go.")
    elif ours:
        state = ("registered", "good", "Microsoft sends notifications here.")
    elif known:
        state = ("another tool", "wait", f"This partner's one registration belongs to {known}. It stays as it is.")
    else:
        state = ("none", "off", "Nobody is registered. Without it, changes are found with the next hourly list.")
    activity_at = row.hints.get("activity_at", "")
    return {
        "url": url,
        "state": dict(zip(("word", "tone", "sentence"), state, strict=True)),
        "may_register": may_be_reached(url) and not ours and not known,
        "activity_at": datetime.fromisoformat(activity_at) if activity_at else None,
        "problem": row.hints.get("activity_problem", ""),
    }


def push_context(row: Connection) -> dict[str, Any] | None:
    """Return what the panel says of pushes, or ``None`` where the provider can't be asked for them."""
    if not can_push(row):
        return None
    standing = pushes_of(row)
    word, tone, sentence = _push_words(row, standing)
    return {
        "state": {"word": word, "tone": tone, "sentence": sentence}, "on": standing.on, "open": standing.open,
        "until": standing.until, "last_at": standing.last_at, "refused": standing.refused,
        "failed": standing.failed, "problem": standing.problem,
    }  # fmt: skip


def _push_words(row: Connection, standing: PushStanding) -> tuple[str, str, str]:
    name = row.get_provider_display()
    if not standing.on:
        return "off", "off", f"{name} is not asked to tell when people change. The daily reading finds it."
    if not may_be_reached(notification_url(row)):
        return "no address", "wait", f"{name} needs an https address to tell it to. Set TENANTRY_URL."
    if not standing.open and standing.problem:
        return "refused", "bad", f"{name} could not be asked. It is tried again. {standing.problem}"
    if not standing.open:
        through = "" if row.provider == Provider.GOOGLE else " through Graph"
        return "on", "wait", f"{name} is being asked, of each tenant whose people are read{through}."
    return "on", "good", ""  # the page says how many, until when, and when it told last
