"""The User Sync panel of the Sync settings page: each provider's settings in words, as the template takes them."""

from collections.abc import Mapping
from typing import Any

from tenantry.connections.models import Provider
from tenantry.core.user_settings import GivenRole, Leavers, UserSettings
from tenantry.providers.capabilities import PeopleApi
from tenantry.sync.people.rules import unanswerable
from tenantry.sync.user_settings import UserSyncSwitches
from tenantry.web.settings.people_form import typed_domains, typed_units

_TITLES = {Provider.MICROSOFT: "Microsoft 365", Provider.GOOGLE: "Google Workspace"}
_ASK = "An operator enables User Sync from {} for a marketplace. Ask the operator of this installation."
_OFF = "No effect while User Sync from {} is off."
_RULES = {
    "licensed_only": ("Licensed people only", "People without any licence stay out."),
    "no_guests": ("No guests", "Guests and external people stay out."),
    "no_disabled": (
        "Nobody who can't sign in",
        "People who are blocked, suspended or archived at the provider stay out.",
    ),
}
_ROLES = ((GivenRole.USER, "User"), (GivenRole.ADMINISTRATOR, "Company Administrator"))
_LEAVERS = (
    (Leavers.REPORT_ONLY, "Report only: they stay as they are, and you see who left"),
    (Leavers.DEACTIVATE, "Deactivate their place in the company; the brakes below still hold"),
)


def people_panels(
    switches: Mapping[Provider, UserSyncSwitches], shown: Mapping[Provider, UserSettings], errors: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Return each provider's settings with the values that are ``shown``."""
    return [_panel(switches[provider], shown[provider], errors) for provider in Provider]


def first_choice(
    switches: Mapping[Provider, UserSyncSwitches], shown: Mapping[Provider, UserSettings]
) -> dict[str, Any]:
    """Return the choice which provider's values win for a person whom both know; nothing to choose with one alone."""
    if not all(each.allowed for each in switches.values()):
        return {}
    first = min(Provider, key=lambda provider: shown[provider].precedence)
    return {"options": [{"value": each.value, "label": _TITLES[each], "on": each == first} for each in Provider]}


def _panel(switches: UserSyncSwitches, shown: UserSettings, errors: Mapping[str, Any]) -> dict[str, Any]:
    provider, title = switches.provider, _TITLES[switches.provider]
    off = _OFF.format(title) if switches.allowed and not switches.settings.user_sync else ""
    closed = _closed(provider)
    return {
        "provider": provider.value,
        "title": title,
        "allowed": switches.allowed,
        "ask": _ASK.format(title),
        "version_of": str(switches.version),
        "changed": {"by": switches.changed_by, "at": switches.changed_at} if switches.changed_at else None,
        "settings": [
            _switch(switches, "user_sync", f"User Sync from {title}", _FLOW, on=shown.user_sync),
            _switch(switches, "invite_automatically", "Invite automatically", _INVITES, on=shown.invite_automatically,
                    why=off, indent=True),
        ],
        "rules": [
            _switch(switches, name, *texts, on=getattr(shown.scope, name), why=closed.get(name, ""), indent=True,
                    closed=name in closed)
            for name, texts in _RULES.items()
        ],
        "hint": _HINTS[provider],
        "lists": [
            _entry(switches, "domains", typed_domains(shown.scope), errors, closed.get("domains", "")),
            _entry(switches, "org_units", typed_units(shown.scope), errors, closed.get("org_units", "")),
        ],
        "role": [{"value": role.value, "label": label, "on": shown.role is role} for role, label in _ROLES],
        "leavers": [{"value": each.value, "label": label, "on": shown.leavers is each} for each, label in _LEAVERS],
    }  # fmt: skip


_FLOW = (
    "The people of linked companies become users of these companies and stay current. Switched off, nobody comes in "
    "or is changed; who is there stays."
)
_INVITES = (
    "Who comes in from now on gets an invitation by e-mail. Switched off, you or the company's administrator invite."
)
_HINTS = {
    Provider.MICROSOFT: (
        "Where only the Partner Center is open and not Microsoft Graph, guests and blocked sign-ins can't be told: "
        "there these rules don't count."
    ),
    Provider.GOOGLE: "",
}
_LISTS = {
    "domains": ("Domains", "Only people whose address is in one of these flow in. Empty: all domains."),
    "org_units": (
        "Organisational units",
        "Only people in these units and below flow in; one path a line, like /sales/north. Empty: all units.",
    ),
}


def _closed(provider: Provider) -> dict[str, str]:
    """Return the rules that no API of the provider can answer, each with the reason."""
    apis = [PeopleApi.GOOGLE_DIRECTORY] if provider == Provider.GOOGLE else [PeopleApi.GRAPH, PeopleApi.PARTNER_CENTER]
    found = [{rule.value: sentence for rule, sentence in unanswerable(api).items()} for api in apis]
    return {rule: sentence for rule, sentence in found[0].items() if all(rule in each for each in found)}


def _switch(
    switches: UserSyncSwitches, name: str, title: str, sentence: str, *, on: bool, why: str = "", indent: bool = False,
    closed: bool = False,
) -> dict[str, Any]:  # fmt: skip
    return {
        "field": f"{switches.provider.value}-{name}",
        "name": title,
        "sentence": sentence,
        "on": on,
        "disabled": closed or not switches.allowed,
        "why": why,
        "indent": indent,
        "error": "",
    }


def _entry(
    switches: UserSyncSwitches, name: str, value: str, errors: Mapping[str, Any], why: str
) -> dict[str, Any]:  # fmt: skip
    title, sentence = _LISTS[name]
    field = f"{switches.provider.value}-{name}"
    return {
        "field": field,
        "name": title,
        "sentence": sentence,
        "value": value,
        "rows": 2,
        "why": why,
        "disabled": bool(why) or not switches.allowed,
        "error": " ".join(errors.get(field, [])),
    }
