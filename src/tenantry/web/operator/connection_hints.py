"""The part of a connection's page about hints: whether notifications come here, and how to have them come."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from tenantry.connections.hints import check_registration, notification_url, register_for_notifications
from tenantry.connections.models import Connection, Provider
from tenantry.providers.errors import ProviderError
from tenantry.web.access import OperatorVisit, needs_operator

_LOCAL = "http://127.0.0.1"


@require_POST
@needs_operator
def operator_connection_hints(request: HttpRequest, visit: OperatorVisit, pk: int) -> HttpResponse:
    """Look where notifications go, or register for them. Another tool's registration is never taken over."""
    row = Connection.objects.filter(pk=pk, provider=Provider.MICROSOFT).first() if pk < 2**63 else None
    if row is None:
        raise Http404
    registering = request.POST.get("do") == "register"
    if registering and not _reachable(notification_url(row)):
        messages.error(request, "Nothing was registered: Microsoft needs an https address. Set TENANTRY_URL.")
        return redirect("web:operator-connection", pk)
    try:
        if registering:
            url = register_for_notifications(row, actor=visit.actor, now=visit.now)
        else:
            url = check_registration(row, now=visit.now)
    except ProviderError as error:
        messages.error(request, f"{error.message} {error.next_step}")
    else:
        _tell(request, url, ours=bool(url) and url == notification_url(row))
    return redirect("web:operator-connection", pk)


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
        "may_register": _reachable(url) and not ours and not known,
        "activity_at": datetime.fromisoformat(activity_at) if activity_at else None,
        "problem": row.hints.get("activity_problem", ""),
    }


def _reachable(url: str) -> bool:
    """Whether a provider could send there: https, or this machine, where an emulator runs."""
    return url.startswith(("https://", f"{_LOCAL}/", f"{_LOCAL}:"))
