"""*Why is this row like this?*: each rule in the order of asking, what it was given, and what it answers. Pure.

The answers come from the functions that decide (``planning``, ``feed_filters``, ``whereabouts``); nothing is decided
here, and nothing is changed.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from tenantry.core.feed_filters import FeedFilter
from tenantry.core.planning.companies import PendingView, TenantView, plan_company
from tenantry.core.planning.creation import (
    CandidateView,
    GuardedContacts,
    Standing,
    came_after,
    checks_of,
    judge_candidate,
)
from tenantry.core.planning.linked import FIELDS, LABELS, FieldAnswer, FieldRule, LinkedView, Rules, answer_for
from tenantry.core.whereabouts import RESELLER, Seen, TenantFacts, shut_out


class Says(StrEnum):
    """What a rule's answer means for the row. The value is the word that a person reads."""

    GOES_ON = "goes on"
    STOPS = "stops here"
    WAITS = "waits"
    TELLS = "for information"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: what it asks, what it was given, its answer in a sentence, and in parts where it has several."""

    asks: str
    given: str
    answer: str
    says: Says
    parts: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Match:
    """A company that the tenant may be: how certain in a word, the reasons for and against in sentences."""

    company: str
    certainty: str
    reasons: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class TenantStory:
    """Everything that the rules go by for one tenant in one marketplace.

    ``on``, ``automatic``, ``since`` and ``invites`` are the settings as they count now. ``candidate`` is the row as
    automatic creation sees it, ``None`` when it is not waiting. ``hold`` is why a brake keeps it. ``words`` says what
    each problem of automatic creation is called.
    """

    facts: TenantFacts
    tenant: TenantView
    pending: PendingView | None = None
    first_seen_at: datetime | None = None
    on: bool = False
    automatic: bool = False
    since: datetime | None = None
    invites: bool = False
    creations_per_run: int = 0
    matches: Sequence[Match] = ()
    compared: bool = False
    candidate: CandidateView | None = None
    guarded: GuardedContacts = field(default_factory=GuardedContacts)
    hold: str = ""
    decision: str = ""
    linked: LinkedView | None = None
    owners: Rules = field(default_factory=dict)
    words: Mapping[str, str] = field(default_factory=dict)


def explain_tenant(story: TenantStory) -> list[Rule]:
    """Return every rule that the tenant meets, in order, with its answer as of now."""
    rules = [
        _relationship(story.facts.seen),
        _scope(story.facts),
        _switch(story),
        _details(story.facts),
        _queue(story),
        _decision(story),
        _matching(story),
        _automatic(story),
        _brake(story),
    ]
    return [*(rule for rule in rules if rule is not None), *_link(story)]


def _relationship(seen: Sequence[Seen]) -> Rule:
    asks = "Does the provider say that it is a reseller customer?"
    if not seen:
        return Rule(asks, "No connection of this marketplace shows it.", "Unknown here.", Says.STOPS)
    parts = [f"{each.connection}: {_standing(each)}" for each in seen]
    live = any(each.relationship == RESELLER and not each.ended for each in seen)
    answer = "Yes, through at least one connection." if live else "No."
    return Rule(asks, "; ".join(parts) + ".", answer, Says.GOES_ON if live else Says.STOPS)


def _standing(seen: Seen) -> str:
    if seen.ended:
        return "the relationship has ended"
    missing = ", missing from the latest list" if seen.missing else ""
    return f"{seen.relationship.replace('_', ' ')}{missing}"


def _scope(facts: TenantFacts) -> Rule | None:
    live = [each for each in facts.seen if each.relationship == RESELLER and not each.ended]
    if not live:
        return None
    asks = "Does the filter of the feed let it through?"
    given = f"Country {facts.country or 'unknown'}, known domains: {len(facts.domains)}."
    reasons = {each.connection: shut_out(each.passes, facts) for each in live}
    parts = [f"{each.connection}: {_filter(each.passes)} {reasons[each.connection] or 'Lets it through.'}"
             for each in live]  # fmt: skip
    if "" in reasons.values():
        return Rule(asks, given, "Yes.", Says.GOES_ON, parts)
    waits = not facts.details_read
    answer = "Not yet: it asks for details that are not read." if waits else "No."
    return Rule(asks, given, answer, Says.WAITS if waits else Says.STOPS, parts)


def _filter(rule: FeedFilter) -> str:
    if rule.lets_all_through:
        return "No filter."
    named = [f"{name.replace('_', ' ')}: {len(values):,}" for name, values in rule.as_json().items() if values]
    return f"A filter ({', '.join(named)})."


def _switch(story: TenantStory) -> Rule:
    asks = "Is Company Sync on?"
    if story.on:
        return Rule(asks, "Switched on.", "Yes: tenants flow in.", Says.GOES_ON)
    return Rule(asks, "Switched off.", "No: nothing flows in or is brought up to date.", Says.STOPS)


def _details(facts: TenantFacts) -> Rule:
    asks = "Are contact, address and domains known?"
    if facts.details_problem:
        return Rule(asks, facts.details_problem, "The provider refuses them. They are tried again.", Says.WAITS)
    if facts.details_read:
        return Rule(asks, "Details were read.", "Yes. They are read again once a day.", Says.GOES_ON)
    return Rule(asks, "Details were not read yet.", "No: the next sync reads them.", Says.WAITS)


def _queue(story: TenantStory) -> Rule:
    asks = "Is the row in the queue what the provider says?"
    given = f"The row is {story.pending.state}." if story.pending else "There is no row."
    change = plan_company(story.tenant, story.pending)
    if change is None:
        return Rule(asks, given, "Yes: a sync would change nothing.", Says.GOES_ON)
    verb = change.kind.value.partition(".")[2]
    return Rule(asks, given, f"No: the next sync would {verb} it. {change.reason}", Says.WAITS)


def _decision(story: TenantStory) -> Rule | None:
    if not story.decision:
        return None
    return Rule("Did somebody decide on it?", story.decision, "Yes. What a person decided stands.", Says.TELLS)


def _matching(story: TenantStory) -> Rule:
    asks = "Does a company of the marketplace look like it?"
    if not story.compared and story.pending is not None:
        return Rule(asks, "Not compared with the companies since it changed.", "Not known yet.", Says.WAITS)
    parts = [f"{each.company} ({each.certainty}): {' '.join(each.reasons)}" for each in story.matches]
    if not parts:
        return Rule(asks, "Compared by name, domain, contact and numbers.", "No.", Says.GOES_ON)
    counted = f"{len(parts)} {'company does' if len(parts) == 1 else 'companies do'}, the best first."
    return Rule(asks, "Compared by name, domain, contact and numbers.", counted, Says.TELLS, parts)


def _automatic(story: TenantStory) -> Rule | None:
    asks = "May a rule create a company of it?"
    if not story.automatic:
        return Rule(asks, "Companies are not created automatically.", "No: a person decides.", Says.STOPS)
    if story.first_seen_at is not None and not came_after(story.first_seen_at, story.since):
        given = "It was first seen before automatic creation was switched on."
        return Rule(asks, given, "No: what was there before is for a person.", Says.STOPS)
    if story.candidate is None:
        return None
    verdict = judge_candidate(story.candidate, story.guarded, invites=story.invites)
    checks = checks_of(story.candidate, story.guarded, invites=story.invites)
    parts = [f"{_word(story, problem.value)}: {'yes' if applies else 'no'}." for problem, applies in checks.items()]
    given = f"{sum(checks.values())} of {len(checks)} things stand against it."
    if verdict.standing is Standing.CREATE:
        return Rule(asks, given, "Yes: the next sync does, if no brake holds it.", Says.GOES_ON, parts)
    if verdict.standing is Standing.LATER:
        return Rule(asks, given, "Not yet: details or the comparison are missing.", Says.WAITS, parts)
    return Rule(asks, given, "No: a person decides.", Says.STOPS, parts)


def _word(story: TenantStory, problem: str) -> str:
    return story.words.get(problem, problem.replace("_", " ")).capitalize()


def _brake(story: TenantStory) -> Rule | None:
    asks = "Does a brake hold it?"
    if story.hold:
        return Rule(asks, story.hold, "Yes: it waits on the page Held for a release.", Says.STOPS)
    if not story.automatic or story.candidate is None:
        return None
    return Rule(asks, f"One run creates up to {story.creations_per_run:,} companies unasked.", "No.", Says.GOES_ON)


def _link(story: TenantStory) -> list[Rule]:
    view = story.linked
    if view is None:
        return []
    first = Rule("Is it linked?", f"Linked to {view.company_name}.", "Yes: it does not come in again.", Says.TELLS)
    given = "The first tenant of the company leads." if view.leads else "Another tenant of the company leads."
    parts = [_field(name, view, story.owners) for name in FIELDS]
    taken = [name for name in FIELDS if answer_for(name, view, story.owners) in {FieldAnswer.TAKEN, FieldAnswer.FILLED}]
    answer = f"The next sync takes: {_listed(taken)}." if taken else "Nothing is to be taken from the provider."
    asks = "Which fields of the company follow the tenant?"
    return [first, Rule(asks, given, answer, Says.WAITS if taken else Says.GOES_ON, parts)]


def _listed(names: Iterable[str]) -> str:
    return ", ".join(LABELS[name] for name in names)


RULE_WORDS = {
    FieldRule.PROVIDER: "the provider wins",
    FieldRule.OURS: "ours wins",
    FieldRule.FILL_BLANKS: "fill blanks",
}


def _field(name: str, view: LinkedView, owners: Rules) -> str:
    rule = RULE_WORDS[owners.get(name, FieldRule.FILL_BLANKS)]
    return f"{LABELS[name].capitalize()} ({rule}): {answer_for(name, view, owners).value}."
