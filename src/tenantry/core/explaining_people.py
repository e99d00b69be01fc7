"""*Why is this row like this?* for one person of a directory: each rule in the order of asking. Pure.

The answers come from the functions that decide (``planning.users``); nothing is decided here, and nothing is changed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from tenantry.core.explaining import RULE_WORDS, Rule, Says
from tenantry.core.planning.linked import FieldRule, Rules
from tenantry.core.planning.users.fields import LABELS, labels_of
from tenantry.core.planning.users.inviting import Newcomer, is_invited_by_rule
from tenantry.core.planning.users.matching import Matched
from tenantry.core.planning.users.planning import PlannedUser, UserChangeKind
from tenantry.core.planning.users.reasons import SENTENCES, Reason, Verdict, verdict_of
from tenantry.core.planning.users.scope import Rule as ScopeRule
from tenantry.core.planning.users.scope import judge_scope, usable_rules
from tenantry.core.planning.users.views import PROFILE_FIELDS, DirectoryPerson, LinkView, MembershipView
from tenantry.core.user_settings import Leavers, ScopeRules, UserSettings


@dataclass(frozen=True, slots=True)
class PersonStory:
    """Everything that the rules go by for one person of a directory in one marketplace.

    ``on``: User Sync is on for the provider. ``trouble`` says why the directory can't be read now, ``planned`` is what
    the next sync would do: ``None`` when no connection sees the directory. ``unanswerable`` are the rules of the scope
    that the API can't answer, each with a sentence. ``link`` is the latest one, ``place`` where it leads, ``user``
    who that is. ``matched`` is who of the company has the address. ``hold`` is why a brake keeps a change of theirs,
    ``rejected`` when somebody rejected one that would come out the same. ``licences`` are the person's, in words.
    """

    person: DirectoryPerson
    settings: UserSettings
    on: bool = False
    trouble: str = ""
    planned: PlannedUser | None = None
    unanswerable: Mapping[ScopeRule, str] = field(default_factory=dict)
    link: LinkView | None = None
    place: MembershipView | None = None
    user: str = ""
    matched: Matched = field(default_factory=Matched)
    hold: str = ""
    rejected: str = ""
    owners: Rules = field(default_factory=dict)
    newcomer: Newcomer | None = None
    invite_since: datetime | None = None
    licences: Sequence[str] = ()


def explain_person(story: PersonStory) -> list[Rule]:
    """Return every rule that the person meets, in order, with its answer as of now."""
    rules = [
        _switch(story),
        _reading(story),
        _presence(story.person),
        _scope(story),
        _link(story),
        _address(story),
        _kept(story),
        _leaver(story),
        _next(story),
        _fields(story),
        _brake(story),
        _invitation(story),
    ]
    return [rule for rule in rules if rule is not None]


def _switch(story: PersonStory) -> Rule:
    asks = "Is User Sync on for this provider?"
    if story.on:
        return Rule(asks, "Switched on.", "Yes: people follow their directory.", Says.GOES_ON)
    return Rule(asks, "Switched off.", "No: nobody flows in, and nobody is brought up to date.", Says.STOPS)


def _reading(story: PersonStory) -> Rule:
    asks = "Can the directory be read?"
    if story.planned is None:
        return Rule(asks, "No connection of this marketplace sees it now.", "No: people stay as known.", Says.STOPS)
    if story.trouble:
        return Rule(asks, story.trouble, "Not now: people stay as known, and it is tried again.", Says.WAITS)
    return Rule(asks, "A connection of this marketplace sees it.", "Yes.", Says.GOES_ON)


def _presence(person: DirectoryPerson) -> Rule:
    asks = "Is the person in the directory?"
    if person.gone:
        reason = Reason.DELETED if person.deleted else Reason.LEFT
        return Rule(asks, SENTENCES[reason], "No: they have left.", Says.STOPS)
    if person.missed:
        return Rule(asks, SENTENCES[Reason.MISSED_ONCE], "Not known yet.", Says.WAITS)
    return Rule(asks, "The latest complete listing has them.", "Yes.", Says.GOES_ON)


_SCOPE_WORDS = {
    ScopeRule.NO_GUESTS: "No guests",
    ScopeRule.NO_DISABLED: "Only who can sign in",
    ScopeRule.LICENSED_ONLY: "Only with a licence",
    ScopeRule.DOMAINS: "Only these domains",
    ScopeRule.ORG_UNITS: "Only these organisational units",
}


def _scope(story: PersonStory) -> Rule:
    asks = "Is the person in the scope?"
    chosen, facts = story.settings.scope, story.person.facts
    named = [rule for rule in _SCOPE_WORDS if getattr(chosen, rule.value)]
    given = f"Rules that are on: {len(named)}." if named else "No rule narrows the scope."
    parts = [f"{_SCOPE_WORDS[rule]}: {_scope_part(story, rule)}" for rule in named]
    reason = judge_scope(facts, usable_rules(chosen, story.unanswerable))
    if reason is None:
        return Rule(asks, given, "Yes.", Says.GOES_ON, parts)
    says = Says.WAITS if reason is Reason.NOT_TOLD else Says.STOPS
    return Rule(asks, given, f"{'Not known' if says is Says.WAITS else 'No'}: {_small(SENTENCES[reason])}", says, parts)


def _scope_part(story: PersonStory, rule: ScopeRule) -> str:
    if rule in story.unanswerable:
        return f"not asked. {story.unanswerable[rule]}"
    alone = replace(ScopeRules(), **{rule.value: getattr(story.settings.scope, rule.value)})
    reason = judge_scope(story.person.facts, alone)
    if reason is Reason.NO_PERSON:
        return "not asked, as the account stands for no person."
    if reason is None and rule is ScopeRule.LICENSED_ONLY and story.licences:
        return f"lets them through: {', '.join(story.licences)}."
    return "lets them through." if reason is None else _small(SENTENCES[reason])


def _small(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]


def _link(story: PersonStory) -> Rule:
    asks = "Is the person linked to a user here?"
    link = story.link
    if link is None or story.place is None:
        return Rule(asks, "There was never a link.", "No.", Says.GOES_ON)
    if link.live:
        how = "Somebody linked them by hand." if link.by_hand else "The sync linked them."
        return Rule(asks, how, f"Yes, to {story.user}.", Says.GOES_ON)
    if link.ended_by_hand:
        return Rule(asks, f"Somebody unlinked them from {story.user}.", "No, and no rule links them again.", Says.STOPS)
    took = " and took their place away" if link.deactivated else ""
    return Rule(asks, f"The link to {story.user} ended{took}.", "Not any more.", Says.TELLS)


def _address(story: PersonStory) -> Rule | None:
    if story.link is not None or story.person.gone:
        return None
    asks = "Does a user of the company have the address?"
    given = f"Addresses that the directory tells: {len(story.person.addresses)}."
    if story.matched.conflict is not None:
        return Rule(asks, given, f"That is for a person. {SENTENCES[story.matched.conflict]}", Says.STOPS)
    if story.matched.membership is not None:
        return Rule(asks, given, "Yes: exactly one, and nothing speaks against it.", Says.GOES_ON)
    return Rule(asks, given, "No: they would come in as somebody new.", Says.GOES_ON)


def _kept(story: PersonStory) -> Rule | None:
    place, link = story.place, story.link
    if place is None or link is None:
        return None
    asks = "Does anything keep the sync from changing this user?"
    checks = {
        "Pinned": place.pinned,
        "Erased": place.erased,
        "Not brought by the sync, nor linked by hand": not (place.brought or link.by_hand),
        "Deactivated here": not place.active,
    }
    parts = [f"{what}: {'yes' if applies else 'no'}." for what, applies in checks.items()]
    applies = sum(checks.values())
    given = f"{applies} of {len(checks)} things do."
    return Rule(asks, given, "Yes." if applies else "No.", Says.TELLS if applies else Says.GOES_ON, parts)


def _leaver(story: PersonStory) -> Rule | None:
    planned = story.planned
    if planned is None or story.place is None or verdict_of(planned.reason) is Verdict.IN:
        return None
    asks = "What becomes of people who left the directory or the scope?"
    if story.settings.leavers is Leavers.REPORT_ONLY:
        return Rule(asks, "The setting is to report only.", "They keep their place.", Says.TELLS)
    others = [each for each in story.place.live if each.person_id != story.person.person_id]
    if others:
        return Rule(asks, f"Other directories that have them: {len(others)}.", "They keep their place.", Says.TELLS)
    given = "The setting is to deactivate whom the sync brought."
    answer = "Their place is deactivated." if story.place.brought else "The sync did not bring them: they keep it."
    return Rule(asks, given, answer, Says.TELLS)


_DOES = {
    UserChangeKind.CREATE: "bring them in",
    UserChangeKind.JOIN: "link them",
    UserChangeKind.UPDATE: "update them",
    UserChangeKind.REACTIVATE: "give their place back",
    UserChangeKind.DEACTIVATE: "deactivate their place",
    UserChangeKind.UNLINK: "end the link",
    UserChangeKind.REPORT_LEFT: "report that they left",
    UserChangeKind.INVITE: "invite them",
}


def _next(story: PersonStory) -> Rule | None:
    planned = story.planned
    if planned is None:
        return None
    asks = "What would the next sync do?"
    if planned.kind is None:
        says = Says.GOES_ON if verdict_of(planned.reason) is Verdict.IN else Says.STOPS
        return Rule(asks, SENTENCES[planned.reason], "Nothing: it is as the rules want it.", says)
    return Rule(asks, planned.because, f"It would {_DOES[planned.kind]}.", Says.WAITS)


def _fields(story: PersonStory) -> Rule | None:
    place, planned = story.place, story.planned
    if place is None or story.link is None or not story.link.live or planned is None:
        return None
    taken = (planned.after or {}) if planned.kind is UserChangeKind.UPDATE else {}
    parts = [f"{LABELS[name].capitalize()} ({_owner(story, name)}): {_field(story, name, taken)}" for name in LABELS]
    answer = f"The next sync takes: {', '.join(labels_of(taken))}." if taken else "Nothing is to be taken."
    given = "Only the company knows them." if place.own else "They sign in here, or others know them too."
    asks = "Which fields follow the directory?"
    return Rule(asks, given, answer, Says.WAITS if taken else Says.GOES_ON, parts)


def _owner(story: PersonStory, name: str) -> str:
    return RULE_WORDS[story.owners.get(name, FieldRule.PROVIDER)]


def _field(story: PersonStory, name: str, taken: Mapping[str, str]) -> str:
    place = story.place
    assert place is not None  # noqa: S101 (the caller asked)
    if {name, f"profile_{name}"} & taken.keys():
        return "is taken."
    theirs = story.person.values.get(name, "")
    if not theirs:
        return "the directory says nothing."
    ours = [place.profile.get(name, "")] if name in PROFILE_FIELDS else []
    ours += [place.user.get(name, "")] if place.own else []
    if not ours:
        return "is the person's own to say."
    return "is the same." if all(value == theirs for value in ours) else "differs, and stays as it is here."


def _brake(story: PersonStory) -> Rule | None:
    asks = "Does a brake hold it?"
    if story.hold:
        return Rule(asks, story.hold, "Yes: it waits on the page Held for a release.", Says.STOPS)
    if story.rejected:
        return Rule(asks, story.rejected, "No, but it is not planned again while nothing changes.", Says.STOPS)
    if story.planned is None or story.planned.kind is not UserChangeKind.DEACTIVATE:
        return None
    return Rule(asks, "The brakes judge all removals of a run together.", "That shows in the run.", Says.TELLS)


def _invitation(story: PersonStory) -> Rule | None:
    if story.newcomer is None:
        return None
    asks = "Does the rule invite them?"
    if story.invite_since is None:
        return Rule(asks, "People are not invited automatically.", "No: a person invites.", Says.TELLS)
    if is_invited_by_rule(story.newcomer, story.invite_since):
        return Rule(asks, "They came in while the rule was on.", "Yes: the next sync does, if no brake holds it.",
                    Says.WAITS)  # fmt: skip
    given = f"On since {story.invite_since:%Y-%m-%d}; they came in on {story.newcomer.came_at:%Y-%m-%d}."
    why = "They were invited already." if story.newcomer.invited or story.newcomer.accepted else "No: a person invites."
    return Rule(asks, given, why, Says.TELLS)
