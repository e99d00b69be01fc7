"""Settings, Data Sync, Sync settings."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from tenantry.core.permissions import Action
from tenantry.sync.company_settings import SettingsRefused, save_company_sync
from tenantry.sync.models import Trigger
from tenantry.sync.observe.states import states_of_feeding
from tenantry.sync.requests import Asked, SyncRefused, request_sync
from tenantry.sync.switches import CompanySyncSwitches, read_company_sync
from tenantry.web.access import Visit, needs
from tenantry.web.operator.connections import connection_row
from tenantry.web.settings.forms import CompanySyncForm

_ASK = (
    "An operator enables Company Sync for a marketplace once a Partner Center is connected. "
    "Ask the operator of this installation."
)
_USER_SYNC = "This version of Tenantry reads companies only. People of their directories stay where they are."
_CONFLICT = 409


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Action.CHANGE_SYNC_SETTINGS)
def sync_settings(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Show the settings; on POST save them all together, or say why not and change nothing."""
    if request.method != "POST":
        return _page(request, read_company_sync())
    form = CompanySyncForm(request.POST)
    if not form.is_valid():
        raise BadRequest("The form of the Sync settings was changed on the way.")
    try:
        with transaction.atomic():
            switched_on = _save(form, visit)
    except SettingsRefused as refusal:
        return _page(request, read_company_sync(), refusal=str(refusal))
    _tell(request, switched_on=switched_on, visit=visit)
    return redirect("web:sync-settings")


def _save(form: CompanySyncForm, visit: Visit) -> bool:
    now_is = read_company_sync()
    # A disabled switch is not sent by the browser and keeps its value.
    wanted = form.cleaned_data["company_sync"] or (now_is.chosen and not now_is.allowed)
    return save_company_sync(
        company_sync=wanted, seen_version=form.cleaned_data["version_of"], actor=visit.actor, now=visit.now
    )


def _tell(request: HttpRequest, *, switched_on: bool, visit: Visit) -> None:
    """Start the sync that switching on promises, and say what happened."""
    if not switched_on:
        messages.success(request, "Saved.")
        return
    asked = Asked(visit.actor, Trigger.SETTINGS)
    try:
        request_sync(marketplace_id=visit.marketplace_id, asked=asked, now=visit.now)
    except SyncRefused as refusal:
        messages.warning(request, f"Saved: Company Sync is on. No sync could start: {refusal}")
    else:
        messages.success(request, "Saved: Company Sync is on. A sync has started; Sync history shows how far it is.")


def _page(request: HttpRequest, switches: CompanySyncSwitches, *, refusal: str = "") -> HttpResponse:
    context: dict[str, Any] = {
        "settings": [_company_sync(switches)],
        "available": switches.allowed,
        "ask": _ASK,
        "user_sync": {"word": "not available", "tone": "off", "sentence": _USER_SYNC},
        "changed": {"by": switches.changed_by, "at": switches.changed_at} if switches.changed_at else None,
        "version_of": str(switches.version),
        "conflict": refusal,
        "connections": [connection_row(state) for state in states_of_feeding()],
    }
    return render(request, "settings/sync.html", context, status=_CONFLICT if refusal else 200)


def _company_sync(switches: CompanySyncSwitches) -> dict[str, Any]:
    return {
        "field": "company_sync",
        "name": "Company Sync",
        "sentence": "Customer tenants of the Microsoft Partner Center that are not linked to a company of this "
        "marketplace flow into Pending companies. Switched off, no new ones flow in; what is pending stays.",
        "on": switches.chosen,
        "disabled": not switches.allowed,
        "why": "" if switches.allowed else "No effect: an operator has not enabled Company Sync for this marketplace.",
        "indent": False,
        "error": "",
    }
