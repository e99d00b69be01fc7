"""The panels of the Sync settings page: each setting with its sentence, and why it has no effect."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from tenantry.core.brakes import BOUNDS, Limits
from tenantry.core.company_settings import CompanySettings
from tenantry.sync.switches import CompanySyncSwitches

_WHY_OFF = "No effect while Company Sync is off."
_WHY_FOLLOWS = "Switched on and off together with Company Sync; while that is on you can change it alone."
_WHY_NOT_ALLOWED = "No effect: an operator has not enabled Company Sync for this marketplace."
_ROLES = frozenset({"sales_support", "customer_support"})
_TEXTS = {
    "company_sync": (
        "Company Sync",
        (
            "Customer tenants of the Microsoft Partner Center that are not linked to a company of this marketplace "
            "flow into Pending companies. Switched off, no new ones flow in; what is pending stays and can be created "
            "or ignored, not linked."
        ),
    ),
    "create_automatically": (
        "Create companies automatically",
        (
            "A tenant first seen after this was switched on becomes a company if nothing stands against it, else it "
            "stays pending with the reason. What waits already stays. While this is on, nobody can link."
        ),
    ),
    "invite_admins": (
        "Invite admins when companies are created",
        (
            "The primary contact is invited as Company Administrator when a company is created, by rule or by hand. "
            "Switched off, the administrator is there uninvited, and a manager invites later."
        ),
    ),
    "sales_support": (
        "Sales Support can manage pending companies",
        (
            "Sales Support sees Pending companies and decides there: create, link, ignore, snooze, undo, export. "
            "Switched off, they have no access from their next click."
        ),
    ),
    "customer_support": (
        "Customer Support can manage pending companies",
        "Customer Support sees Pending companies and decides there, likewise.",
    ),
}
_LIMITS = {
    "creations_per_run": (
        "Companies created by one run",
        "More are held for your release. The first ones of a connection are always held.",
    ),
    "invitations_ask_above": (
        "Invitations without asking",
        "More at once are held, and whoever releases them types the number.",
    ),
    "invitations_per_hour": ("E-mails in an hour", "Invitations beyond it wait for the next hour."),
}


def setting_rows(switches: CompanySyncSwitches, shown: CompanySettings) -> list[dict[str, Any]]:
    """Return the five settings as ``components/setting.html`` takes them, with the values that are ``shown``."""
    values = asdict(shown)
    return [
        {
            "field": name,
            "name": title,
            "sentence": sentence,
            "on": values[name],
            "disabled": not switches.allowed or (name in _ROLES and not switches.chosen),
            "why": _why(name, switches),
            "indent": name != "company_sync",
            "error": "",
        }
        for name, (title, sentence) in _TEXTS.items()
    ]


def _why(name: str, switches: CompanySyncSwitches) -> str:
    if not switches.allowed:
        return _WHY_NOT_ALLOWED if name == "company_sync" else ""
    if name == "company_sync" or switches.chosen:
        return ""
    return _WHY_FOLLOWS if name in _ROLES else _WHY_OFF


def limit_rows(limits: Limits, errors: Mapping[str, Any], *, disabled: bool) -> list[dict[str, Any]]:
    """Return the limits of the brakes as the page shows them."""
    values = asdict(limits)
    return [
        {
            "field": name,
            "name": title,
            "sentence": sentence,
            "value": values[name],
            "least": BOUNDS[name][0],
            "most": BOUNDS[name][1],
            "disabled": disabled,
            "error": " ".join(errors.get(name, [])),
        }
        for name, (title, sentence) in _LIMITS.items()
    ]
