"""Settings, Data Sync, Sync settings: the page, Save, and Preview effect."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from tenantry.connections.models import Provider
from tenantry.core.brakes import Limits
from tenantry.core.company_settings import CompanySettings
from tenantry.core.permissions import Action
from tenantry.core.user_settings import UserSettings
from tenantry.sync.company_settings import SavedSettings, SettingsRefused, save_company_settings, save_limits
from tenantry.sync.models import Trigger
from tenantry.sync.observe.states import states_of_feeding
from tenantry.sync.people.requests import request_people_sync
from tenantry.sync.people.runs import Wish
from tenantry.sync.requests import Asked, SyncRefused, request_sync
from tenantry.sync.switches import CompanySyncSwitches, read_company_sync, read_limits
from tenantry.sync.user_settings import UserSyncSwitches, read_user_sync, save_user_settings
from tenantry.web.access import Visit, needs
from tenantry.web.amounts import counted
from tenantry.web.operator.connections import connection_row
from tenantry.web.settings.effect import effect_context
from tenantry.web.settings.forms import CompanySyncForm
from tenantry.web.settings.panels import limit_rows, schedule_rows, setting_rows
from tenantry.web.settings.people_effect import people_points
from tenantry.web.settings.people_form import SentPeople
from tenantry.web.settings.people_panel import first_choice, people_panels

_ASK = (
    "An operator enables Company Sync for a marketplace once a Partner Center is connected. "
    "Ask the operator of this installation."
)
_CONFLICT = 409
_WRONG = 422


@dataclass(frozen=True)
class Switches:
    """Both panels as they are saved."""

    company: CompanySyncSwitches
    people: Mapping[Provider, UserSyncSwitches]

    @property
    def allowed(self) -> bool:
        """Whether the operator allows any part of the page."""
        return self.company.allowed or any(each.allowed for each in self.people.values())


@dataclass(frozen=True)
class Shown:
    """What the page shows: values that are saved, or those that a person tries out; and why nothing was saved."""

    settings: CompanySettings
    limits: Limits
    people: Mapping[Provider, UserSettings]
    tried: bool = False
    refusal: str = ""
    errors: dict[str, Any] = field(default_factory=dict)
    status: int = 200


@dataclass(frozen=True)
class Sent:
    """What the page sent."""

    company: CompanySyncForm
    limits: Limits
    people: SentPeople

    @property
    def errors(self) -> dict[str, Any]:
        """What can't be saved, by the names of the page's fields."""
        return {**self.company.errors, **self.people.errors}

    def shown(self, *, refusal: str = "", status: int = 200) -> Shown:
        """Return the page with what was sent."""
        return Shown(
            self.company.wanted(), self.limits, self.people.wanted(), tried=True, refusal=refusal, errors=self.errors,
            status=status,
        )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Action.CHANGE_SYNC_SETTINGS)
def sync_settings(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Show the settings; on POST save them all together, or say why not and change nothing."""
    switches = _switches()
    if request.method != "POST":
        return _page(request, visit, switches, _saved(switches))
    sent = _sent(request, switches)
    if request.POST.get("do") == "default-limits":
        return _page(request, visit, switches, replace(sent.shown(), limits=Limits(), errors={}))
    if sent.errors:
        refusal = "Something can't be kept as it is; it is said beside it. Nothing was saved."
        return _page(request, visit, switches, sent.shown(refusal=refusal, status=_WRONG))
    try:
        with transaction.atomic():
            saved, people = _save(switches, sent, visit)
    except SettingsRefused as refused:
        now_is = _switches()
        shown = replace(_saved(now_is), refusal=str(refused), status=_CONFLICT)
        return _page(request, visit, now_is, shown)
    _tell(request, saved, people, visit)
    return redirect("web:sync-settings")


@require_POST
@needs(Action.CHANGE_SYNC_SETTINGS)
def sync_settings_effect(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Say what saving would do: the part of the page alone for HTMX, else the page with what is tried out."""
    switches = _switches()
    sent = _sent(request, switches)
    if getattr(request, "htmx", None):
        return render(request, "settings/_effect.html", {"effect": _effect(switches, sent.shown(), visit)})
    return _page(request, visit, switches, sent.shown())


def _switches() -> Switches:
    return Switches(read_company_sync(), read_user_sync())


def _saved(switches: Switches) -> Shown:
    people = {provider: each.settings for provider, each in switches.people.items()}
    return Shown(switches.company.settings, read_limits(), people)


def _sent(request: HttpRequest, switches: Switches) -> Sent:
    form, people = CompanySyncForm(request.POST), SentPeople(request.POST, switches.people)
    if (not form.is_valid() and "version_of" in form.errors) or people.was_changed_on_the_way:
        raise BadRequest("The form of the Sync settings was changed on the way.")
    return Sent(form, form.limits(read_limits()), people)


def _save(switches: Switches, sent: Sent, visit: Visit) -> tuple[SavedSettings, list[Provider]]:
    """Save both panels; return what became of the first, and from which providers people flow in from now on."""
    saved = SavedSettings(changed=False)
    actor, now, request_id = visit.actor, visit.now, visit.request_id
    if switches.company.allowed or not sent.people.forms:
        saved = save_company_settings(
            wanted=sent.company.wanted(), limits=sent.limits, seen_version=sent.company.cleaned_data["version_of"],
            actor=actor, now=now, request_id=request_id,
        )  # fmt: skip
    else:
        changed = save_limits(limits=sent.limits, actor=actor, now=now, request_id=request_id)
        saved = replace(saved, changed=changed)
    wanted, switched_on = sent.people.wanted(), []
    for provider, seen in sent.people.seen().items():
        done = save_user_settings(
            provider=provider, wanted=wanted[provider], seen_version=seen, actor=actor, now=now, request_id=request_id
        )
        saved = replace(saved, changed=saved.changed or done.changed)
        switched_on += [provider] if done.switched_on else []
    return saved, switched_on


def _tell(request: HttpRequest, saved: SavedSettings, people: list[Provider], visit: Visit) -> None:
    """Start the syncs that switching on promises, and say what happened."""
    back = counted(saved.given_back, "held company waits", "held companies wait")
    more = f" {back} for a decision again." if saved.given_back else ""
    if not (saved.switched_on or people):
        messages.success(request, f"Saved.{more}" if saved.changed else "Nothing was changed.")
    if saved.switched_on:
        _start(request, "Company Sync", partial(_sync_companies, visit))
    if people:
        _start(request, "User Sync", partial(_sync_people, visit))


def _start(request: HttpRequest, what: str, start: Callable[[], object]) -> None:
    try:
        start()
    except SyncRefused as refusal:
        messages.warning(request, f"Saved: {what} is on. No sync could start: {refusal}")
    else:
        messages.success(request, f"Saved: {what} is on. A sync has started; Sync history shows how far it is.")


def _sync_companies(visit: Visit) -> None:
    request_sync(marketplace_id=visit.marketplace_id, asked=Asked(visit.actor, Trigger.SETTINGS), now=visit.now)


def _sync_people(visit: Visit) -> None:
    wish = Wish(visit.actor, Trigger.SETTINGS)
    request_people_sync(marketplace_id=visit.marketplace_id, wish=wish, now=visit.now)


def _page(request: HttpRequest, visit: Visit, switches: Switches, shown: Shown) -> HttpResponse:
    company, states = switches.company, states_of_feeding()
    context: dict[str, Any] = {
        "settings": setting_rows(company, shown.settings),
        "people": people_panels(switches.people, shown.people, shown.errors),
        "people_first": first_choice(switches.people, shown.people),
        "limits": limit_rows(shown.limits, shown.errors, disabled=not switches.allowed),
        "effect": _effect(switches, shown, visit),
        "schedules": schedule_rows(state.connection for state in states),
        "tried": shown.tried,
        "available": company.allowed,
        "can_save": switches.allowed,
        "ask": _ASK,
        "changed": {"by": company.changed_by, "at": company.changed_at} if company.changed_at else None,
        "version_of": str(company.version),
        "conflict": shown.refusal,
        "connections": [connection_row(state) for state in states],
    }
    return render(request, "settings/sync.html", context, status=shown.status)


def _effect(switches: Switches, shown: Shown, visit: Visit) -> dict[str, Any]:
    effect = effect_context(switches.company, shown.settings, shown.limits, now=visit.now)
    saved = {provider: each.settings for provider, each in switches.people.items()}
    effect["points"] += people_points(switches.people, shown.people)
    effect["differs"] = effect["differs"] or saved != shown.people
    return effect
