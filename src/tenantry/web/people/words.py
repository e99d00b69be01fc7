"""People of directories as the pages say them."""

from collections.abc import Sequence
from typing import Any

from tenantry.connections.models import Provider
from tenantry.core.planning.users.reasons import Reason
from tenantry.providers.capabilities import PeopleApi
from tenantry.sync.models import DirectoryUser, PeopleReading
from tenantry.sync.people.licence_names import Licence
from tenantry.sync.people.queries import PendingUser
from tenantry.web.texts import legible

PROVIDERS = {Provider.MICROSOFT.value: "Microsoft 365", Provider.GOOGLE.value: "Google Workspace"}
APIS = {
    PeopleApi.PARTNER_CENTER.value: "the Partner Center",
    PeopleApi.GRAPH.value: "Microsoft Graph",
    PeopleApi.GOOGLE_DIRECTORY.value: "Google's Directory API",
}
VERDICTS = {"in": ("comes in", "good"), "out": ("stays out", "off"), "skipped": ("left for a person", "wait")}
_TONES = {"not invited": "wait", "invited": "busy", "bounced": "bad", "expired": "wait"}


def pending_row(row: PendingUser) -> dict[str, Any]:
    """Return somebody who waits as ``people/_pending.html`` takes them."""
    link, user = row.link, row.link.user
    return {
        "pk": link.membership_id,
        "person": link.person_id,
        "membership": link.membership,
        "invitation": row.invitation,
        "name": legible(str(user)),
        "email": legible(user.email),
        "user_name": legible(row.user_name) if row.user_name != user.email else "",
        "provider": PROVIDERS[link.tenant.provider],
        "licences": None if row.licences is None else licence_rows(row.licences),
        "standing": {"word": row.standing, "tone": _TONES.get(row.standing, "off")},
        "can_tick": row.invitation is None or row.standing in {"not invited", "expired"},
        "came": link.created_at,
        "email_open": user.account_id is None,
    }


def reading_row(row: PeopleReading) -> dict[str, Any]:
    """Return how a tenant's people are read as ``people/_readings.html`` takes it."""
    failure = row.failure or {}
    return {
        "tenant": legible(row.tenant.name),
        "connection": row.connection.name,
        "api": APIS.get(row.api, ""),
        "why": row.api_reason,
        "users_at": row.users_at,
        "licences_at": row.licences_at,
        "people": row.people,
        "stale_since": row.stale_since,
        "failure": " ".join(filter(None, [str(failure.get("what", "")), str(failure.get("next", ""))])),
        "missing": list(row.missing),
    }


REASONS = {
    Reason.FOLLOWS: "follows the directory",
    Reason.KEPT_BY_HAND: "here before the sync",
    Reason.PINNED: "pinned",
    Reason.NOT_LICENSED: "no licence",
    Reason.GUEST: "guest",
    Reason.DISABLED: "can't sign in at the provider",
    Reason.OTHER_DOMAIN: "other domain",
    Reason.OTHER_ORG_UNIT: "other organisational unit",
    Reason.NO_PERSON: "no person",
    Reason.LEFT: "left",
    Reason.DELETED: "deleted",
    Reason.NOT_TOLD: "not told",
    Reason.MISSED_ONCE: "missed once",
    Reason.SHARED_ADDRESS: "address of two people",
    Reason.SEVERAL_USERS: "several users",
    Reason.TAKEN_BY_COLLEAGUE: "user of a colleague",
    Reason.ADDRESS_USED_BEFORE: "address was somebody else's",
    Reason.UNLINKED_BY_HAND: "unlinked by hand",
    Reason.DEACTIVATED_BY_HAND: "deactivated by hand",
    Reason.LAST_ADMINISTRATOR: "last administrator",
    Reason.PINNED_LEAVER: "pinned, left",
    Reason.ERASED: "erased",
    Reason.UNUSABLE: "unusable values",
}
_NOT_TOLD = "not told"


def licence_rows(licences: Sequence[Licence]) -> list[dict[str, str]]:
    """Return licences as ``components/licences.html`` takes them: a name each, and the id beside it."""
    return [{"name": legible(each.word), "sku": legible(each.sku_id) if each.name else ""} for each in licences]


def person_facts(person: DirectoryUser, licences: Sequence[Licence] | None) -> list[dict[str, Any]]:
    """Return what the directory says of a person as ``components/facts.html`` takes it; what is not told says so."""
    enabled = {True: "yes", False: f"no{f' ({person.suspension})' if person.suspension else ''}", None: None}
    rows = None if licences is None else licence_rows(licences)
    found: list[tuple[str, str | list[dict[str, str]] | None]] = [
        ("Name", person.display_name or f"{person.first_name or ''} {person.last_name or ''}".strip() or None),
        ("E-mail address", person.email),
        ("Other addresses", None if person.aliases is None else ", ".join(person.aliases) or "none"),
        ("User name", person.user_name),
        ("Kind", person.kind),
        ("May sign in", enabled[person.enabled]),
        ("Administrator", person.admin),
        ("Licences", rows),
        ("Organisational unit", person.org_unit),
        ("Language", person.language),
        ("Country", person.country),
        ("Phone", person.phone),
        ("Job title", person.job_title),
        ("Department", person.department),
    ]
    return [_fact(label, value) for label, value in found]


def _fact(label: str, value: str | list[dict[str, str]] | None) -> dict[str, Any]:
    missing = _NOT_TOLD if value is None else "none"
    if isinstance(value, list):
        return {"label": label, "value": value, "missing": missing, "kind": "licences"}
    return {"label": label, "value": legible(value or ""), "missing": missing}
