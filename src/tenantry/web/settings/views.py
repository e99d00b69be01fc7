"""Settings, Data Sync, Sync settings: the page, Save, and Preview effect."""

from dataclasses import dataclass, field
from typing import Any

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from tenantry.core.brakes import Limits
from tenantry.core.company_settings import CompanySettings
from tenantry.core.permissions import Action
from tenantry.sync.company_settings import SavedSettings, SettingsRefused, save_company_settings
from tenantry.sync.models import Trigger
from tenantry.sync.observe.states import states_of_feeding
from tenantry.sync.requests import Asked, SyncRefused, request_sync
from tenantry.sync.switches import CompanySyncSwitches, read_company_sync, read_limits
from tenantry.web.access import Visit, needs
from tenantry.web.amounts import counted
from tenantry.web.operator.connections import connection_row
from tenantry.web.settings.effect import effect_context
from tenantry.web.settings.forms import CompanySyncForm
from tenantry.web.settings.panels import limit_rows, setting_rows

_ASK = (
    "An operator enables Company Sync for a marketplace once a Partner Center is connected. "
    "Ask the operator of this installation."
)
_CONFLICT = 409
_WRONG = 422


@dataclass(frozen=True)
class Shown:
    """What the page shows: values that are saved, or those that a person tries out; and why nothing was saved."""

    settings: CompanySettings
    limits: Limits
    tried: bool = False
    refusal: str = ""
    errors: dict[str, Any] = field(default_factory=dict)
    status: int = 200


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Action.CHANGE_SYNC_SETTINGS)
def sync_settings(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Show the settings; on POST save them all together, or say why not and change nothing."""
    switches = read_company_sync()
    if request.method != "POST":
        return _page(request, visit, switches, Shown(switches.settings, read_limits()))
    form = _form(request)
    limits = form.limits(read_limits())
    if form.errors:
        refusal = "A limit can't be kept as it is. Nothing was saved."
        return _page(request, visit, switches, Shown(form.wanted(), limits, True, refusal, form.errors, _WRONG))  # noqa: FBT003  # named in Shown
    try:
        with transaction.atomic():
            saved = save_company_settings(
                wanted=form.wanted(), limits=limits, seen_version=form.cleaned_data["version_of"], actor=visit.actor,
                now=visit.now, request_id=visit.request_id,
            )  # fmt: skip
    except SettingsRefused as refused:
        now_is = read_company_sync()
        shown = Shown(now_is.settings, read_limits(), refusal=str(refused), status=_CONFLICT)
        return _page(request, visit, now_is, shown)
    _tell(request, saved, visit)
    return redirect("web:sync-settings")


@require_POST
@needs(Action.CHANGE_SYNC_SETTINGS)
def sync_settings_effect(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Say what saving would do: the part of the page alone for HTMX, else the page with what is tried out."""
    form, switches = _form(request), read_company_sync()
    limits = form.limits(read_limits())
    if getattr(request, "htmx", None):
        effect = effect_context(switches, form.wanted(), limits, now=visit.now)
        return render(request, "settings/_effect.html", {"effect": effect})
    return _page(request, visit, switches, Shown(form.wanted(), limits, tried=True, errors=form.errors))


def _form(request: HttpRequest) -> CompanySyncForm:
    form = CompanySyncForm(request.POST)
    if not form.is_valid() and "version_of" in form.errors:
        raise BadRequest("The form of the Sync settings was changed on the way.")
    return form


def _tell(request: HttpRequest, saved: SavedSettings, visit: Visit) -> None:
    """Start the sync that switching on promises, and say what happened."""
    back = counted(saved.given_back, "held company waits", "held companies wait")
    more = f" {back} for a decision again." if saved.given_back else ""
    if not saved.switched_on:
        messages.success(request, f"Saved.{more}" if saved.changed else "Nothing was changed.")
        return
    asked = Asked(visit.actor, Trigger.SETTINGS)
    try:
        request_sync(marketplace_id=visit.marketplace_id, asked=asked, now=visit.now)
    except SyncRefused as refusal:
        messages.warning(request, f"Saved: Company Sync is on. No sync could start: {refusal}")
    else:
        messages.success(request, "Saved: Company Sync is on. A sync has started; Sync history shows how far it is.")


def _page(request: HttpRequest, visit: Visit, switches: CompanySyncSwitches, shown: Shown) -> HttpResponse:
    context: dict[str, Any] = {
        "settings": setting_rows(switches, shown.settings),
        "limits": limit_rows(shown.limits, shown.errors, disabled=not switches.allowed),
        "effect": effect_context(switches, shown.settings, shown.limits, now=visit.now),
        "tried": shown.tried,
        "available": switches.allowed,
        "ask": _ASK,
        "changed": {"by": switches.changed_by, "at": switches.changed_at} if switches.changed_at else None,
        "version_of": str(switches.version),
        "conflict": shown.refusal,
        "connections": [connection_row(state) for state in states_of_feeding()],
    }
    return render(request, "settings/sync.html", context, status=shown.status)
