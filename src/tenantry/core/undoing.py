"""Taking things back: what can be, what it does and what stays, and why the rest can't be. Pure.

What is taken back: a decision on a tenant, values that a linked company or person got from the provider, and (in
``undoing_people``) places and links of people. What would only come again with the next sync is not.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tenantry.core.planning.companies import ChangeKind
from tenantry.core.planning.linked import LABELS, LinkedKind, digest_of_value
from tenantry.core.planning.users.planning import UserChangeKind

UNDO_FOR = timedelta(days=30)
NOT_MADE = "It was not made, so there is nothing to take back."
TAKEN_BACK = "It was taken back already."
NO_WAY = "There is no way to take back a change of this kind."
_TOO_OLD = f"A change can be taken back for {UNDO_FOR.days} days. This one is older."
_QUEUE = (
    "The queue shows what the provider has: the next sync would do this again. Decide on the tenant instead, or have "
    "the feed's filter changed."
)
_RELATIONSHIP = "Whether there is a reseller relationship is for the provider to say. It follows by itself."
_LEFT = (
    "The directory says that the person left: the next sync would end the link again. It links them by itself when "
    "they are back."
)

# Kinds of changes that say what the provider says, with what a person does instead.
FOLLOWS_PROVIDER: Mapping[str, str] = {
    ChangeKind.ADD.value: _QUEUE,
    ChangeKind.UPDATE.value: _QUEUE,
    ChangeKind.WITHDRAW.value: _QUEUE,
    ChangeKind.RETURN.value: _QUEUE,
    ChangeKind.LINKED.value: "The tenant left the queue because a company is linked to it. Take that link back.",
    LinkedKind.ENDED.value: _RELATIONSHIP,
    LinkedKind.RETURNED.value: _RELATIONSHIP,
    UserChangeKind.UNLINK.value: _LEFT,
    UserChangeKind.REPORT_LEFT.value: "It only reported that somebody left: there is nothing to take back.",
}
_CHANGED_SINCE = "Somebody, or a later sync, changed this since: what it is now stays."
_RETURNS = {"ignored": "is ignored again.", "snoozed": "is snoozed again."}


@dataclass(frozen=True, slots=True)
class Effect:
    """What taking something back would do, in sentences. ``refusal`` says why it can't be done at all."""

    refusal: str = ""
    does: list[str] = field(default_factory=list)
    stays: list[str] = field(default_factory=list)

    @property
    def possible(self) -> bool:
        """Whether it can be taken back now."""
        return not self.refusal


@dataclass(frozen=True, slots=True)
class ChangeFacts:
    """What is known of any change of a run. ``undoing``: it took something back itself."""

    kind: str
    state: str
    settled_at: datetime | None
    preview: bool = False
    undoing: bool = False


def why_not(change: ChangeFacts, *, now: datetime) -> str:
    """Return why a change can't be taken back whatever its kind finds, or nothing."""
    if change.state == "undone":
        return TAKEN_BACK
    if change.preview or change.state != "applied" or change.settled_at is None:
        return NOT_MADE
    if change.undoing:
        return "This took a change back. Make the change anew instead."
    if change.kind in FOLLOWS_PROVIDER:
        return FOLLOWS_PROVIDER[change.kind]
    return _TOO_OLD if now - change.settled_at > UNDO_FOR else ""


@dataclass(frozen=True, slots=True)
class DecisionFacts:
    """A decision and what came of it since.

    ``kind`` and ``former`` (the row's state before) are the values that the record has. ``standing``: it is what made
    the row what it is. ``in_use`` are clauses that tell what the company has beyond what the sync made, ``filled`` the
    fields that a link filled in. ``invitation`` is the address of one that can be accepted still.
    """

    kind: str
    actor_name: str
    decided_at: datetime
    undone_by: str = ""
    own: bool = True
    standing: bool = True
    former: str = "pending"
    company: str = ""
    company_there: bool = True
    in_use: Sequence[str] = ()
    filled: Sequence[str] = ()
    contact_added: bool = False
    invitation: str = ""
    invitation_left: bool = False


def judge_decision(facts: DecisionFacts, *, now: datetime) -> Effect:
    """Return what taking the decision back would do now, or why it can't be."""
    if facts.undone_by:
        return Effect(f"{facts.undone_by} took it back already.")
    refusal = why_not_decision(facts, now=now)
    if refusal:
        return Effect(refusal)
    if facts.kind == "create":
        return _of_creation(facts)
    if facts.kind == "link":
        return _of_link(facts)
    if facts.kind == "not_this_company":
        return Effect(does=[f"{facts.company} is proposed again where it matches."])
    return Effect(does=["The tenant " + _RETURNS.get(facts.former, "waits for a decision again.")])


def why_not_decision(facts: DecisionFacts, *, now: datetime) -> str:
    """Return why the decision can't be taken back, whatever became of its company, or nothing."""
    if facts.kind == "undo":
        return "This took a decision back. Decide anew instead."
    if not facts.own:
        return f"{facts.actor_name} decided this. Only they or a marketplace manager can take it back."
    if now - facts.decided_at > UNDO_FOR:
        return f"A decision can be taken back for {UNDO_FOR.days} days. This one is older."
    if facts.standing or facts.kind == "not_this_company":
        return ""
    return "Something was decided after this. Take that back first."


def _of_creation(facts: DecisionFacts) -> Effect:
    if not facts.company_there:
        return Effect(does=["The tenant waits for a decision again."], stays=["The company is gone already."])
    if facts.in_use:
        reasons = "; ".join(facts.in_use)
        return Effect(f"{facts.company} has more by now than what Company Sync made: {reasons}. Disable it instead.")
    does = [
        f"{facts.company} and its administrator's place in it are removed.",
        "The tenant waits for a decision again.",
    ]
    if facts.invitation:
        does.append(f"The invitation to {facts.invitation} is revoked: its link stops working.")
    left = facts.invitation and facts.invitation_left
    return Effect(does=does, stays=["The e-mail with the invitation has left and can't be unsent."] if left else [])


def _of_link(facts: DecisionFacts) -> Effect:
    does = [f"The tenant is no longer linked to {facts.company}, and waits for a decision again."]
    if facts.filled:
        labels = ", ".join(name.replace("_", " ") for name in facts.filled)
        does.append(f"What the link filled in is blank again where nobody changed it since: {labels}.")
    stays = "The contact who was added stays an administrator. Deactivate the membership if it is wrong."
    return Effect(does=does, stays=[stays] if facts.contact_added else [])


@dataclass(frozen=True, slots=True)
class ValuesFacts:
    """Values that a change gave to a company: from ``before`` to ``after``; ``current`` is what it has, if it is there.

    ``linked``: it is still linked to the tenant that they came from. ``bound`` are fields that nobody may change now,
    ``labels`` what fields are called.
    """

    name: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    current: Mapping[str, Any] | None
    linked: bool = True
    bound: Collection[str] = ()
    labels: Mapping[str, str] = field(default_factory=lambda: LABELS)


def restorable(facts: ValuesFacts) -> dict[str, Any]:
    """Return the values from before of the fields that nobody changed since; ``None`` stands for a blank."""
    if facts.current is None:
        return {}
    return {
        name: facts.before.get(name)
        for name, value in facts.after.items()
        if facts.current.get(name) == value and name not in facts.bound
    }


def kept_away(
    taken: Mapping[str, Any], before: Mapping[str, str], told: Mapping[str, Any]
) -> dict[str, str]:  # fmt: skip
    """Return the digests of values that are not to be taken again, by field, now that ``taken`` is taken back.

    ``before`` are those kept away until now, ``told`` what the provider says: what keeps just that away stays.
    """
    now = {name: digest_of_value(value) for name, value in told.items()}
    return {
        name: now[name] if name in now and before.get(name) == now[name] else digest_of_value(value)
        for name, value in taken.items()
    }


def judge_values(facts: ValuesFacts) -> Effect:
    """Return what taking these values back would do now, or why it can't be."""
    if facts.current is None:
        return Effect(f"{facts.name} is not there any more.")
    restored = restorable(facts)
    bound = [name for name in facts.after if name in facts.bound]
    changed = [name for name in facts.after if name not in restored and name not in bound]
    stays = [f"Changed since, and stays: {_named(facts, changed)}."] if changed else []
    if bound:
        stays.append(f"A login, another place or somebody else has it by now, so it stays: {_named(facts, bound)}.")
    if not restored:
        return Effect(" ".join(stays) if bound and not changed else _CHANGED_SINCE)
    blank = [name for name, value in restored.items() if value is None or value == ""]
    former = [name for name in restored if name not in blank]
    does = [f"Blank again: {_named(facts, blank)}."] if blank else []
    does += [f"As it was before: {_named(facts, former)}."] if former else []
    if facts.linked:
        does.append("The provider's value is not taken again while it stays the same.")
    return Effect(does=does, stays=stays)


def _named(facts: ValuesFacts, names: Sequence[str]) -> str:
    return ", ".join(dict.fromkeys(facts.labels.get(name, name) for name in names))
