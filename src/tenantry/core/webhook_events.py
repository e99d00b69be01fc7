"""What outgoing webhooks tell: the types of events, what leads to each, and what a message carries. Pure.

Messages are made from the audit's events, member by member from the lists here: what an event has besides never
leaves. Members are added within a version, never taken away or given another meaning.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

VERSION = 1
TEST = "endpoint.test"

_COMPANY = {
    "name": "Name of the company",
    "status": "`without_login`, `pending`, `enabled` or `disabled`",
    "country": "Country code, ISO 3166",
    "address": "Object with `line1`, `line2`, `city`, `region`, `postal_code`",
    "phone": "Phone number of the company",
    "website": "Web address",
    "registration_number": "Number in the commercial register",
    "external_id": "The id that an import or an integration gave it",
    "origin": "How it came in: `sync`, `import` or `by_hand`",
    "domains": "List of domains that came or went",
    "tenant_ids": "List of Microsoft tenant ids that came or went",
    "relationship_ended": "Whether the reseller relationship has ended",
}
_MEMBERSHIP = {
    "membership": "Number of the membership",
    "user": "Number of the user",
    "role": "`administrator` or `user`",
    "state": "`active`, `awaiting` (until the person accepts) or `inactive`",
}
_USER = {
    "fields": "Names of the members of the user that changed",
    "places": "From how many companies an erased person was taken",
}
_PENDING = {
    "state": "`pending`, `held`, `ignored`, `snoozed`, `created`, `linked`, `withdrawn`; at Google `needs_link`",
    "name": "Name of the tenant",
    "country": "Country code, ISO 3166",
    "domain": "Primary domain",
    "problems": "List of what stands in the way",
    "company": "Number of the company that it became, or was linked to",
    "company_name": "Name of that company",
    "decision": "Number of the decision",
    "reason_key": "Why it was ignored, one word of a short list",
}
_RUN = {
    "state": "`waiting`, `done`, `previewed`, `failed` or `cancelled`",
    "kind": "What a run of decisions is about",
    "trigger": "What started it",
    "preview": "Whether it only plans",
    "counters": "Object of counted things; see the page of the run",
}
_HOLD = {
    "brake": "The brake that held",
    "changes": "How many changes",
    "limit": "The limit that was exceeded, if a number did",
    "invitations": "How many people would be, or are, invited",
    "tenants": "List of tenant ids",
}
_MEMBERS: Mapping[str, Mapping[str, str]] = {
    "company": _COMPANY,
    "membership": _MEMBERSHIP,
    "user": _USER,
    "pending": _PENDING,
    "run": _RUN,
    "hold": _HOLD,
}
PERSONAL = (
    "first_name",
    "last_name",
    "email",
    "phone",
    "language",
    "contact_name",
    "contact_email",
    "contact_phone",
)
"""Members that name a person. They leave only for endpoints that ask for them."""


@dataclass(frozen=True, slots=True)
class EventType:
    """One type of event. ``actions`` of the audit lead to it; ``tells_reason``: its reason is a sentence of ours."""

    name: str
    sentence: str
    actions: tuple[str, ...]
    tells_reason: bool = False

    @property
    def group(self) -> str:
        """What it is about: the first word of its name."""
        return self.name.partition(".")[0]

    @property
    def members(self) -> Mapping[str, str]:
        """What ``before`` and ``after`` may have, each with its meaning."""
        return _MEMBERS[self.group]


def _actions(prefix: str, verbs: str) -> tuple[str, ...]:
    return tuple(f"{prefix}.{verb}" for verb in verbs.split())


_C, _M, _P = "marketplace.company", "marketplace.membership", "sync.pending"
CATALOG: tuple[EventType, ...] = (
    EventType("company.created", "A company was created.", _actions(_C, "created")),
    EventType(
        "company.updated",
        "Something of a company changed.",
        (
            *_actions(_C, "edited blanks_filled filling_taken_back"),
            *(f"sync.company_{verb}.applied" for verb in ("update", "relationship_ended", "relationship_returned")),
            "sync.company_update.taken_back",
        ),
    ),
    EventType(
        "company.status_changed",
        "A company became pending, enabled, disabled or without login.",
        _actions(_C, "status_changed enabled disabled"),
    ),
    EventType("company.removed", "A company was removed: its creation was undone.", _actions(_C, "removed")),
    EventType("user.updated", "A person of the marketplace was edited.", ("marketplace.user.edited",)),
    EventType("user.erased", "A person's data was erased.", ("marketplace.user.erased",)),
    EventType("membership.added", "A person came into a company.", _actions(_M, "added")),
    EventType(
        "membership.changed",
        "A person has another role or name in a company, or came back to it.",
        _actions(_M, "role_changed profile_changed reactivated"),
    ),
    EventType("membership.removed", "A person's place in a company was deactivated.", _actions(_M, "deactivated")),
    EventType(
        "pending.added",
        "A tenant waits for a decision: it is new, or its relationship came back.",
        ("sync.pending_add.applied", "sync.pending_return.applied"),
        tells_reason=True,
    ),
    EventType("pending.updated", "A waiting tenant changed.", ("sync.pending_update.applied",), tells_reason=True),
    EventType(
        "pending.withdrawn",
        "The relationship with a waiting tenant ended.",
        ("sync.pending_withdraw.applied",),
        tells_reason=True,
    ),
    EventType(
        "pending.decided",
        "A waiting tenant was created, linked, ignored, snoozed or reopened. Google tenants as well.",
        (
            "sync.pending_linked.applied",
            *_actions(_P, "created linked ignored snoozed woken reopened match_rejected decision_undone"),
            *_actions("sync.google_tenant", "linked ignored reopened match_rejected"),
        ),
    ),
    EventType("run.started", "A sync, preview or work on many rows began.", _actions("sync.run", "requested")),
    EventType(
        "run.finished",
        "It ended: done, previewed, failed or cancelled.",
        _actions("sync.run", "finished previewed failed cancelled"),
        tells_reason=True,
    ),
    EventType("hold.opened", "A brake held changes until a person decides.", ("sync.hold.opened",), tells_reason=True),
    EventType(
        "hold.decided",
        "Held changes were released, rejected or given back.",
        _actions("sync.hold", "approved_first released rejected given_back"),
        tells_reason=True,
    ),
)
BY_NAME: Mapping[str, EventType] = {each.name: each for each in CATALOG}
_BY_ACTION: Mapping[str, EventType] = {action: each for each in CATALOG for action in each.actions}


def type_of(action: str) -> EventType | None:
    """Return the type of event that an audited action leads to; ``None`` when nobody outside is told."""
    return _BY_ACTION.get(action)


@dataclass(frozen=True, slots=True)
class Told:
    """One audited event, as far as messages are made of it. ``personal`` is ``None`` for an erased person."""

    action: str
    target_kind: str
    target_id: str
    target_name: str
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None
    personal: Mapping[str, Any] | None = field(default_factory=dict)
    reason: str = ""
    run_id: int | None = None
    actor_kind: str = ""


def message_data(told: Told, *, personal: bool) -> dict[str, Any]:
    """Return the ``data`` of the message about an event. Raises ``KeyError`` for an action that nobody is told of."""
    kind = _BY_ACTION[told.action]
    data: dict[str, Any] = {
        "subject": {"kind": told.target_kind, "id": told.target_id, "name": told.target_name},
        "before": _known(told.before, kind),
        "after": _known(told.after, kind),
        "actor": told.actor_kind,
        "run": told.run_id,
    }
    if kind.tells_reason and told.reason:
        data["reason"] = told.reason
    if personal:
        data["personal"] = _personal(told.personal)
    return data


def _known(values: Mapping[str, Any] | None, kind: EventType) -> dict[str, Any] | None:
    if values is None:
        return None
    known = {name: value for name, value in values.items() if name in kind.members}
    if kind.group == "run":
        known["counters"] = {name: count for name, count in values.items() if type(count) is int}
    return known


def _personal(values: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Return who it is about, before and after; what an event has without a side is how it is now."""
    if values is None:
        return None
    sides: dict[str, dict[str, Any]] = {"before": {}, "after": {}}
    for name, value in values.items():
        side, _, member = name.rpartition(".")
        if isinstance(value, Mapping):
            sides[name].update({key: one for key, one in value.items() if key in PERSONAL})
        elif member in PERSONAL:
            sides[side or "after"][member] = value
    return sides
