"""Plans what becomes of companies that are linked to tenants: fields that follow, relationships that end or return.

Pure: the same view and rules always give the same change, and planning what was just applied gives nothing.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from tenantry.core.tenants import digest
from tenantry.core.texts import storable

# What a tenant and a company both have, with the longest text that a company keeps (0: no text).
FIELDS: Mapping[str, int] = {
    "name": 300,
    "country": 2,
    "address": 0,
    "registration_number": 60,
    "contact_name": 300,
    "contact_email": 254,
    "contact_phone": 60,
}
ADDRESS_PARTS = ("line1", "line2", "city", "region", "postal_code")
LABELS: Mapping[str, str] = {
    "name": "name",
    "country": "country",
    "address": "address",
    "registration_number": "registration number",
    "contact_name": "contact's name",
    "contact_email": "contact's e-mail",
    "contact_phone": "contact's phone",
}


class FieldRule(StrEnum):
    """Which side wins for a field."""

    PROVIDER = "provider"
    OURS = "ours"
    FILL_BLANKS = "fill_blanks"


class LinkedKind(StrEnum):
    """What a change does to a linked company."""

    UPDATE = "company.update"
    ENDED = "company.relationship_ended"
    RETURNED = "company.relationship_returned"


Rules = Mapping[str, FieldRule]


@dataclass(frozen=True, slots=True)
class LinkedView:
    """A company and the tenant that it is linked to. ``ours`` and ``theirs`` hold the values of :data:`FIELDS`.

    ``leads``: it is the company's first link; another tenant of the same company fills blanks only, else two would
    overwrite each other for ever, and each would tell of the relationship. ``over``: the relationship with every
    tenant of the company has ended, for every connection that feeds the marketplace. ``flagged``: the company says so.
    ``taken_back`` has, by field, the digest of a value that a person took back (:func:`digest_of_value`): it is not
    taken again while the provider says the same.
    """

    tenant_id: int
    external_id: str
    company_id: int
    company_name: str
    ours: Mapping[str, Any]
    theirs: Mapping[str, Any]
    leads: bool = True
    over: bool = False
    flagged: bool = False
    taken_back: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LinkedChange:
    """One step: ``before`` must still be true of the company when it is applied, ``after`` is what it makes true."""

    kind: LinkedKind
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    reason: str


def plan_linked(view: LinkedView, rules: Rules) -> LinkedChange | None:
    """Return the change for one linked company, or ``None``. A blank of the provider never erases."""
    if view.leads and view.over != view.flagged:
        kind = LinkedKind.ENDED if view.over else LinkedKind.RETURNED
        reason = (
            "Two complete listings did not have the tenant, and reading it alone was refused, on every connection."
            if view.over
            else "The provider shows the tenant again."
        )
        return LinkedChange(kind, {"relationship_ended": view.flagged}, {"relationship_ended": view.over}, reason)
    if view.over:
        return None
    after = {name: view.theirs[name] for name in FIELDS if _follows(name, view, rules)}
    if not after:
        return None
    before = {name: view.ours.get(name) or None for name in after}
    return LinkedChange(LinkedKind.UPDATE, before, after, _reason(before, after))


class FieldAnswer(StrEnum):
    """What becomes of a field of a linked company, and why. The value is a clause."""

    TAKEN = "the provider's value is taken"
    FILLED = "the blank is filled from the provider"
    EQUAL = "both sides say the same"
    NOTHING_THERE = "the provider says nothing, and a blank never erases"
    TAKEN_BACK = "a person took the provider's value back, so it is not taken again until it changes"
    OURS_WINS = "the marketplace's side wins"
    ONLY_BLANKS = "only blanks are filled, and this one has a value"
    NOT_LEADING = "another tenant of the company leads, so this one fills blanks only"
    OVER = "the reseller relationship has ended, so nothing follows"


_FOLLOWING = {FieldAnswer.TAKEN, FieldAnswer.FILLED}


def _follows(name: str, view: LinkedView, rules: Rules) -> bool:
    return answer_for(name, view, rules) in _FOLLOWING


def answer_for(name: str, view: LinkedView, rules: Rules) -> FieldAnswer:
    """Return what becomes of one field, and why."""
    ours, theirs = view.ours.get(name) or None, view.theirs.get(name) or None
    whatever_the_rule = (
        (view.over, FieldAnswer.OVER),
        (theirs is None, FieldAnswer.NOTHING_THERE),
        (ours == theirs, FieldAnswer.EQUAL),
        (was_taken_back(name, view), FieldAnswer.TAKEN_BACK),
    )
    settled = next((answer for holds, answer in whatever_the_rule if holds), None)
    return settled or _by_rule(name, view, rules, ours=ours)


def _by_rule(name: str, view: LinkedView, rules: Rules, *, ours: Any) -> FieldAnswer:
    rule = rules.get(name, FieldRule.FILL_BLANKS)
    if rule is FieldRule.OURS:
        return FieldAnswer.OURS_WINS
    if ours is None:
        return FieldAnswer.FILLED
    if rule is FieldRule.FILL_BLANKS:
        return FieldAnswer.ONLY_BLANKS
    return FieldAnswer.TAKEN if view.leads else FieldAnswer.NOT_LEADING


def was_taken_back(name: str, view: LinkedView) -> bool:
    """Whether a person took back exactly what the provider says of this field."""
    known = view.taken_back.get(name)
    return known is not None and known == digest_of_value(view.theirs.get(name))


def digest_of_value(value: Any) -> str:
    """Return a digest of a field's value, by which it is known again without being kept."""
    return digest(json.dumps(value, sort_keys=True)).hex


def _reason(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    filled = [LABELS[name] for name in after if before[name] is None]
    replaced = [LABELS[name] for name in after if before[name] is not None]
    parts = [f"Filled from the provider: {_listed(filled)}."] if filled else []
    return " ".join([*parts, *([f"The provider's value wins: {_listed(replaced)}."] if replaced else [])])


def _listed(labels: list[str]) -> str:
    return labels[0] if len(labels) == 1 else ", ".join(labels[:-1]) + " and " + labels[-1]


def provider_values(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a tenant's columns as values of :data:`FIELDS`, cut to what a company keeps.

    An e-mail address or a registration number that is too long is left out: half of one would be another.
    """
    name = " ".join(part for part in (row["contact_first_name"], row["contact_last_name"]) if part)
    texts = {
        "name": row["name"],
        "country": row["country"],
        "registration_number": row["registration_number"],
        "contact_name": name,
        "contact_email": row["contact_email"],
        "contact_phone": row["contact_phone"],
    }
    values: dict[str, Any] = {field: _kept(field, text) for field, text in texts.items()}
    return {**values, "address": address_of(row["address"])}


def _kept(field: str, text: str | None) -> str | None:
    clean = " ".join(storable(text or "").split())
    if field in {"name", "contact_name"}:
        return clean[: FIELDS[field]].strip() or None
    return clean if 0 < len(clean) <= FIELDS[field] else None


def address_of(address: Mapping[str, Any] | None) -> dict[str, str] | None:
    """Return the parts of an address that are filled, or ``None`` when none is."""
    parts = {name: str((address or {}).get(name) or "").strip() for name in ADDRESS_PARTS}
    filled = {name: value for name, value in parts.items() if value}
    return filled or None
