"""Events in words: what was done, by whom, from what to what."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from tenantry.accounts.models import Account
from tenantry.audit.models import Event
from tenantry.web.texts import legible

KINDS: Mapping[str, str] = {
    "accounts.account": "Account",
    "accounts.identity": "Single sign-on",
    "accounts.token": "API token",
    "audit.chain": "Record of events",
    "audit.event": "Record of events",
    "connections.connection": "Connection",
    "marketplace.access": "Operator's access",
    "marketplace.company": "Company",
    "marketplace.field_owners": "Fields of companies and people",
    "marketplace.import": "Import",
    "marketplace.invitation": "Invitation",
    "marketplace.marketplace": "Marketplace",
    "marketplace.membership": "Place in a company",
    "marketplace.sharing_group": "Sharing group",
    "marketplace.staff": "Staff",
    "marketplace.user": "Person",
    "sync.company_settings": "Sync settings",
    "sync.company_update": "Linked company",
    "sync.connect_request": "Connect tenant",
    "sync.entitlement": "Operator switches",
    "sync.feed": "Feed",
    "sync.google_tenant": "Google tenant",
    "sync.google_tenants": "Google tenants",
    "sync.hold": "Held changes",
    "sync.pending": "Pending company",
    "sync.pending_add": "Pending company, by the sync",
    "sync.pending_update": "Pending company, by the sync",
    "sync.pending_withdraw": "Pending company, by the sync",
    "sync.pending_return": "Pending company, by the sync",
    "sync.pending_linked": "Pending company, by the sync",
    "sync.run": "Run",
    "sync.tenant": "Tenant",
    "sync.user_link": "Person of a directory",
    "webhooks.endpoint": "Webhook endpoint",
}
_TITLES: Mapping[str, str] = {
    "marketplace.access.operator_entered": "An operator came to work here",
    "marketplace.access.operator_looked": "An operator opened the settings of the marketplace",
    "marketplace.membership.added": "Person added to the company",
    "marketplace.membership.role_changed": "Role in the company changed",
    "marketplace.membership.deactivated": "Person deactivated in the company",
    "marketplace.membership.reactivated": "Person reactivated in the company",
    "marketplace.membership.profile_changed": "Person's name changed by the directory",
    "marketplace.staff.role_given": "Role given to staff",
    "marketplace.staff.role_removed": "Role taken from staff",
    "marketplace.user.erased": "Person's data erased",
    "marketplace.user.exported": "Person's data exported",
    "sync.google_tenant.linked": "Google tenant linked to a company",
    "sync.google_tenant.unlinked": "Link of a Google tenant taken back",
    "sync.google_tenant.match_rejected": "Google tenant is not this company",
    "sync.google_tenants.requested": "List of Google customers asked for",
    "sync.pending_add.applied": "Tenant came in",
    "sync.pending_update.applied": "Tenant changed at the provider",
    "sync.pending_withdraw.applied": "Tenant left the list",
    "sync.pending_return.applied": "Tenant came back",
    "sync.pending_linked.applied": "Tenant left the list: it is linked",
    "sync.company_update.applied": "Company changed by its tenant",
    "sync.company_update.taken_back": "Change of a company by its tenant taken back",
    "sync.user_link.made": "Person follows a directory",
    "sync.user_link.ended": "Person follows a directory no more",
    "audit.chain.accepted": "A record that does not hold was accepted as it is",
    "audit.event.purged": "Old events removed",
    "audit.event.exported": "Activity exported",
}
_ACTORS: Mapping[str, str] = {
    "account": "",
    "operator": "operator",
    "command line": "command line",
    "schedule": "schedule",
    "system": "by itself",
}
_WORDS: Mapping[str, str] = {
    "before": "before", "after": "after", "email": "e-mail", "first_name": "first name", "last_name": "last name",
    "sort_name": "name for sorting", "contact_email": "contact's e-mail", "contact_name": "contact",
    "external_id": "external ID", "user_name": "user name", "shown_as": "shown as",
}  # fmt: skip
_CODE = re.compile(r"[a-z]+(?:_[a-z]+)+")  # a word of the program, not of a person
_IDS = {"membership", "user"}  # of no use to a reader; the export as JSON has them
_LONGEST = 200
_MOST = 30


def kind_word(kind: str) -> str:
    """Return what a kind of event is about: ``Company``."""
    return KINDS.get(kind) or kind.partition(".")[2].replace("_", " ").capitalize()


def title_of(action: str) -> str:
    """Return what was done: ``Company created``."""
    kind, _, verb = action.rpartition(".")
    return _TITLES.get(action) or f"{kind_word(kind)}: {verb.replace('_', ' ')}"


def actor_names(events: Sequence[Event]) -> dict[int, str]:
    """Return the names of actors whom the events name by id alone. One query, if there are any."""
    ids = {event.actor_id for event in events if event.actor_id and not event.actor_name}
    rows = Account.objects.filter(pk__in=ids, is_active=True) if ids else ()
    return {row.pk: row.get_full_name() for row in rows}


def actor_of(event: Event, names: Mapping[int, str]) -> str:
    """Return who did it, with what they are unless that is a person at the pages. ``names``: see ``actor_names``."""
    name, kind = (
        legible(event.actor_name or names.get(event.actor_id or 0, "")),
        _ACTORS.get(event.actor_kind, event.actor_kind),
    )
    if not name:
        return "erased person"
    return f"{name} ({kind})" if kind and kind != name.lower() else name


def differences(event: Event, personal: Mapping[str, Any] | None) -> list[dict[str, str]]:
    """Return ``{field, before, after}`` for each thing that the event tells of, ``personal`` values among them."""
    olds, news = _sides(personal or {})
    before, after = olds | (event.before or {}), news | (event.after or {})
    fields = [field for field in dict.fromkeys([*before, *after]) if field not in _IDS][:_MOST]
    rows = [(field, _shown(before.get(field)), _shown(after.get(field))) for field in fields]
    return [{"field": _word(field), "before": old, "after": new} for field, old, new in rows if old != new]


def _sides(personal: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return personal values as before and after: written as two objects, with prefixes, or as they are now."""
    sides: dict[str, dict[str, Any]] = {"before": {}, "after": {}}
    for name, value in personal.items():
        side, dot, field = name.partition(".")
        if name in sides and isinstance(value, Mapping):
            sides[name] |= value
        elif dot and side in sides:
            sides[side][field] = value
        else:
            sides["after"][name] = value
    return sides["before"], sides["after"]


def spoken(text: str) -> str:
    """Return a value as a person reads it: ``by_hand`` is a word of the program, and becomes *by hand*."""
    return legible(text.replace("_", " ") if _CODE.fullmatch(text) else text)


def _word(field: str) -> str:
    return legible(_WORDS.get(field) or field.replace("_", " "))


def _shown(value: object) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        text = ", ".join(f"{_word(str(name))} {_shown(each)}" for name, each in value.items() if each not in (None, ""))
    elif isinstance(value, list):
        text = ", ".join(map(_shown, value))
    else:
        text = str(value)
    text = spoken(text)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
