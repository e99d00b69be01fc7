"""What happened to a company or a person, in words. Sealed values stay sealed: people are named as they are now."""

from collections.abc import Mapping, Sequence
from typing import Any

from tenantry.audit.models import Event
from tenantry.web.activity.words import actor_names, actor_of
from tenantry.web.texts import legible

_WORDS: Mapping[str, tuple[str, str]] = {
    "marketplace.company.created": ("Created", "good"),
    "marketplace.invitation.created": ("Person invited", "off"),
    "marketplace.invitation.sent": ("Invitation sent", "off"),
    "marketplace.invitation.resent": ("Invitation sent again", "off"),
    "marketplace.invitation.accepted": ("Invitation accepted", "good"),
    "marketplace.invitation.revoked": ("Invitation taken back", "off"),
    "marketplace.invitation.bounced": ("Invitation bounced", "bad"),
    "marketplace.invitation.expired": ("Invitation expired", "wait"),
    "marketplace.company.edited": ("Edited", "off"),
    "marketplace.company.blanks_filled": ("Blanks filled from its tenant", "good"),
    "marketplace.company.filling_taken_back": ("Filling taken back", "off"),
    "marketplace.company.status_changed": ("Status changed", "off"),
    "marketplace.company.disabled": ("Disabled", "bad"),
    "marketplace.company.enabled": ("Enabled again", "good"),
    "marketplace.membership.added": ("Person added", "good"),
    "marketplace.membership.profile_changed": ("Name changed by its directory", "off"),
    "marketplace.membership.role_changed": ("Role changed", "off"),
    "marketplace.membership.deactivated": ("Person deactivated", "wait"),
    "marketplace.membership.reactivated": ("Person reactivated", "good"),
    "marketplace.user.edited": ("Corrected", "off"),
    "sync.user_link.made": ("Follows a directory", "good"),
    "sync.user_link.ended": ("Follows a directory no more", "wait"),
    "sync.company_update.applied": ("Changed by its tenant", "off"),
    "sync.company_update.taken_back": ("Change by its tenant taken back", "off"),
    "sync.company_relationship_ended.applied": ("Reseller relationship ended", "wait"),
    "sync.company_relationship_returned.applied": ("Reseller relationship returned", "good"),
}
_FIELD_WORDS = {
    "registration_number": "registration number",
    "external_id": "external id",
    "contact_name": "contact",
    "tenant_ids": "tenant ids",
    "first_name": "first name",
    "last_name": "last name",
    "email": "e-mail address",
}
_VALUE_WORDS = {
    "without_login": "without login",
    "administrator": "Company Administrator",
    "user": "User",
    "inactive": "deactivated",
    "microsoft": "Microsoft 365",
    "google": "Google Workspace",
}
_UNTOLD = {"membership", "user", "fields", "origin"}
_LONGEST = 60


def steps_of(events: Sequence[Event], *, names: Mapping[int, str]) -> list[dict[str, Any]]:
    """Return events as ``components/timeline.html`` takes them. ``names`` are people by primary key."""
    actors = actor_names(events)
    return [_step(event, names) | {"actor": actor_of(event, actors)} for event in events]


def _step(event: Event, names: Mapping[int, str]) -> dict[str, Any]:
    verb = event.action.rpartition(".")[2].replace("_", " ").capitalize()
    title, tone = _WORDS.get(event.action, (verb, "off"))
    person = names.get((event.after or {}).get("user", 0), "")
    parts = [legible(person), _difference(event), legible(event.reason)]
    return {
        "title": title, "tone": tone, "at": event.at,
        "detail": ". ".join(part for part in parts if part),
    }  # fmt: skip


def _difference(event: Event) -> str:
    """Return what changed: from what to what where it is short, else the fields alone."""
    before, after = event.before or {}, event.after or {}
    if event.action == "marketplace.company.created":
        return ""
    named = list(after.get("fields", ()))
    fields = [field for field in dict.fromkeys([*before, *after]) if field not in _UNTOLD]
    return "; ".join([*map(_field_word, named), *(_change(field, before, after) for field in fields)])


def _change(field: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    old, new = _value(before.get(field)), _value(after.get(field))
    word = _field_word(field)
    if len(old) > _LONGEST or len(new) > _LONGEST:
        return word
    if old and new:
        return f"{word} from {old} to {new}"
    return f"{word}: {new}" if new else f"{word} {old} removed"


def _field_word(field: str) -> str:
    return _FIELD_WORDS.get(field, field)


def _value(value: object) -> str:
    if isinstance(value, list):
        return legible(", ".join(map(str, value)))
    if isinstance(value, dict):
        return legible(", ".join(str(each) for each in value.values()))
    text = "" if value is None else str(value)
    return legible(_VALUE_WORDS.get(text, text))
