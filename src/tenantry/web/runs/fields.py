"""What a change of a run alters, field by field, with before and after in words."""

from collections.abc import Mapping
from typing import Any

from tenantry.core.planning.users.fields import LABELS
from tenantry.sync.models import Change, PendingState
from tenantry.sync.pending.filters import PROBLEM_WORDS
from tenantry.web.countries import country_name
from tenantry.web.texts import legible

_OF_TENANTS = (
    ("state", "State"),
    ("name", "Name"),
    ("country", "Country"),
    ("domain", "Primary domain"),
    ("contact_name", "Contact"),
    ("contact_email", "Contact's e-mail"),
    ("problems", "Problems"),
    ("address", "Address"),
    ("registration_number", "Registration number"),
    ("contact_phone", "Contact's phone"),
    ("relationship_ended", "Reseller relationship"),
)
_OF_NEW_TENANTS = tuple(field for field in _OF_TENANTS if field[0] not in {"state", "name", "problems"})
# A person may have a profile of their own in a company: its members are told like the person's.
_OF_PEOPLE = (
    *((f"{prefix}{name}", label.capitalize()) for name, label in LABELS.items() for prefix in ("", "profile_")),
    ("role", "Role"),
    ("active", "Place"),
    ("linked", "Directory"),
)
# A change that brings somebody in is headed by their name.
_OF_NEW_PEOPLE = tuple(field for field in _OF_PEOPLE if not field[0].endswith("_name"))
_YES_OR_NO: Mapping[str, tuple[str, str]] = {
    "relationship_ended": ("ended", "there"),
    "active": ("active", "deactivated"),
    "linked": ("linked", "not linked"),
}


def differences(change: Change) -> list[dict[str, str]]:
    """Return the fields that the change alters, each with before and after as shown. Reads ``undoes``.

    What takes a change back shows that change the other way round.
    """
    before, after = change.before or {}, change.after or {}
    if change.undoes is not None and change.undoes.before:
        before, after = change.undoes.after or {}, change.undoes.before
    told: dict[str, dict[str, str]] = {}
    for field, label in _fields_of(change):
        if field in before | after and (before.get(field) or "") != (after.get(field) or ""):
            told.setdefault(
                label,
                {"label": label, "before": _shown(field, before.get(field)), "after": _shown(field, after.get(field))},
            )
    return list(told.values())


def _fields_of(change: Change) -> tuple[tuple[str, str], ...]:
    if change.person_id is not None:
        return _OF_PEOPLE if change.before or change.undoes_id else _OF_NEW_PEOPLE
    return _OF_TENANTS if change.before or change.undoes_id else _OF_NEW_TENANTS


def _shown(field: str, value: Any) -> str:
    if field in _YES_OR_NO and value is not None:
        return _YES_OR_NO[field][0 if value else 1]
    if not value:
        return ""
    if field == "problems":
        return ", ".join(PROBLEM_WORDS.get(code, code) for code in value)
    if field == "address":
        return legible(", ".join(value.values()))
    if field == "state":
        return str(PendingState(value).label) if value in PendingState.values else str(value)
    return country_name(str(value)) if field == "country" else legible(str(value))
