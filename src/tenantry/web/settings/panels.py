"""The panels of the Sync settings page: each setting with its sentence, and why it has no effect."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from tenantry.connections.models import Connection
from tenantry.core.brakes import BOUNDS, Limits
from tenantry.core.company_settings import CompanySettings
from tenantry.sync.models import ObservedKind, Schedule
from tenantry.sync.schedules import DEFAULT_MINUTES
from tenantry.sync.switches import CompanySyncSwitches

_HOUR = 60
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
_MAKING, _COMPANY, _ALL = "What rules create and send", "People removed from one company", "People removed in all"
_ERRORS = "Connections that fail"
_LIMITS = {
    "creations_per_run": (
        _MAKING,
        "Companies created by one run",
        "More are held for your release. The first ones of a connection are always held.",
    ),
    "invitations_ask_above": (
        _MAKING,
        "Invitations without asking",
        "More at once are held, and whoever releases them types the number.",
    ),
    "invitations_per_hour": (_MAKING, "E-mails in an hour", "Invitations beyond it wait for the next hour."),
    "removals_company_least": (
        _COMPANY,
        "People of one run",
        "From so many on, if they are also the part below. The last people and the last administrator always wait.",
    ),
    "removals_company_percent": (_COMPANY, "Part of its people in one run, in percent", "Held from this part on."),
    "removals_company_week_percent": (
        _COMPANY,
        "Part of its people in 7 days, in percent",
        "Held from this part on, whatever the number: a leak of one by one is found, too.",
    ),
    "removals_day_most": (_ALL, "People in 24 hours", "Held above this number."),
    "removals_day_percent": (_ALL, "Part of all people in 24 hours, in percent", "Held above this part."),
    "removals_day_least_people": (
        _ALL,
        "Linked people from which that part counts",
        "In a smaller marketplace the limits of each company hold.",
    ),
    "removals_month_percent": (
        _ALL,
        "Part of all people in 30 days, in percent",
        "Held from this part on, when it is three people or more.",
    ),
    "removals_approvers": (
        _ALL,
        "People who must release held removals",
        "With 2, what one person approved waits until another one approves exactly the same.",
    ),
    "errors_least_rows": (_ERRORS, "Rows of a run before it is judged", "Fewer never set a connection aside."),
    "errors_percent": (
        _ERRORS,
        "Part of these that may fail, in percent",
        "Above it the connection is set aside: tried once a day, off after 28 days. Refused credentials do at once.",
    ),
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
    values, defaults = asdict(limits), asdict(Limits())
    return [
        {
            "field": name,
            "group": group,
            "name": title,
            "sentence": sentence,
            "value": values[name],
            "default": defaults[name],
            "least": BOUNDS[name][0],
            "most": BOUNDS[name][1],
            "disabled": disabled,
            "error": " ".join(errors.get(name, [])),
        }
        for name, (group, title, sentence) in _LIMITS.items()
    ]


def schedule_rows(connections: Iterable[Connection]) -> list[dict[str, Any]]:
    """Return how often each connection is read by itself. An operator changes it. One query."""
    rows = list(connections)
    kept = {
        (each.connection_id, each.kind): each.every_minutes for each in Schedule.objects.filter(connection__in=rows)
    }
    return [
        {
            "name": row.name,
            "companies": every(kept.get((row.pk, ObservedKind.COMPANIES), DEFAULT_MINUTES[ObservedKind.COMPANIES])),
            "people": every(kept.get((row.pk, ObservedKind.PEOPLE), DEFAULT_MINUTES[ObservedKind.PEOPLE])),
        }
        for row in rows
    ]


def every(minutes: int) -> str:
    """Return how often that is: ``every 60 minutes``, ``every 24 hours``."""
    return f"every {minutes // 60} hours" if minutes > _HOUR and minutes % _HOUR == 0 else f"every {minutes} minutes"
