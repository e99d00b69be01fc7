"""*Where is my tenant?*: the answer for one tenant in one marketplace, from what is known of it. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from tenantry.core.feed_filters import FeedFilter

RESELLER = "reseller"


class Whereabouts(StrEnum):
    """Where a tenant is. The value is the word that a person reads."""

    LINKED = "linked"
    WAITING = "in pending companies"
    DECIDED = "decided"
    EXCLUDED = "excluded by a rule"
    COMING = "on its way"
    PERMISSION_MISSING = "permission missing"
    NOT_IN_LIST = "not in the provider's list"
    NOT_VISIBLE = "not visible here"


@dataclass(frozen=True, slots=True)
class Seen:
    """The tenant as one connection sees it, through the marketplace's feed. ``ended``: the relationship is over."""

    connection: str
    relationship: str
    ended: bool
    missing: bool
    passes: FeedFilter


@dataclass(frozen=True, slots=True)
class TenantFacts:
    """What is known of a tenant. ``state`` is that of its pending company, ``company`` the one it is linked to."""

    country: str
    domains: tuple[str, ...]
    indirect_reseller: str
    external_id: str
    details_read: bool
    details_problem: str
    seen: tuple[Seen, ...]
    state: str = ""
    company: str = ""


@dataclass(frozen=True, slots=True)
class Listed:
    """How well a connection's list is known: ``complete`` when its latest reading was, else why it is not."""

    connection: str
    complete: bool
    trouble: str = ""
    permission: bool = False
    next_step: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """Where the tenant is, why, and what to do next. Sentences."""

    where: Whereabouts
    sentence: str
    next_step: str


_STATES = {
    "pending": (Whereabouts.WAITING, "It waits for a decision.", "Open it, and decide."),
    "held": (Whereabouts.WAITING, "A brake holds it.", "Release it on the page Held, or decide on it yourself."),
    "snoozed": (Whereabouts.WAITING, "Somebody snoozed it.", "Open it to wake it earlier."),
    "ignored": (Whereabouts.DECIDED, "Somebody ignored it.", "Reopen it to decide again."),
    "created": (Whereabouts.DECIDED, "A company was created from it.", "Open it to see which one."),
}


def where_is(facts: TenantFacts) -> Answer:
    """Return the answer for a tenant that is known here."""
    if facts.company:
        return Answer(Whereabouts.LINKED, f"It is linked to {facts.company}.", "Nothing is left to do.")
    if facts.state in _STATES:
        return Answer(*_STATES[facts.state])
    live = [seen for seen in facts.seen if seen.relationship == RESELLER and not seen.ended]
    if not live:
        return _without_relationship(facts)
    reasons = [shut_out(seen.passes, facts) for seen in live]
    return _on_its_way(facts) if "" in reasons else _kept_out(live, reasons, facts)


def _kept_out(live: Sequence[Seen], reasons: Sequence[str], facts: TenantFacts) -> Answer:
    if not facts.details_read and facts.details_problem:
        return Answer(
            Whereabouts.PERMISSION_MISSING,
            f"A rule asks for details that the provider does not let the connection read: {facts.details_problem}",
            "Ask your operator to test the connection's permissions.",
        )
    if not facts.details_read and any(_named(seen.passes, facts) for seen in live):
        return Answer(
            Whereabouts.COMING,
            "A rule asks for details of it that are not read yet.",
            "Wait for the sync that is reading details, then look again.",
        )
    rules = " ".join(f"{seen.connection}: {reason}" for seen, reason in zip(live, reasons, strict=True))
    return Answer(Whereabouts.EXCLUDED, rules, "Ask your operator to change the feed's filter, if it belongs here.")


def where_is_unknown(lists: Sequence[Listed]) -> Answer:
    """Return the answer for a tenant that no connection of the marketplace has shown."""
    if not lists:
        return Answer(
            Whereabouts.NOT_VISIBLE, "No connection feeds this marketplace.", "Ask your operator to add a feed."
        )
    refused = next((known for known in lists if known.permission), None)
    if refused is not None:
        return Answer(
            Whereabouts.PERMISSION_MISSING,
            f"{refused.connection} can't be read: {refused.trouble}",
            refused.next_step or "Ask your operator to test the connection's permissions.",
        )
    unread = next((known for known in lists if not known.complete), None)
    if unread is not None:
        return Answer(
            Whereabouts.NOT_VISIBLE,
            f"The list of {unread.connection} is not known completely: {unread.trouble}",
            unread.next_step or "Sync, and look again when the list was read to its end.",
        )
    names = " and ".join(known.connection for known in lists)
    return Answer(
        Whereabouts.NOT_IN_LIST,
        f"The latest complete list of {names} does not have it.",
        "Check the spelling, or try its tenant ID: domains other than the default one may be hidden. "
        "If it is a new customer, request a reseller relationship.",
    )


def _without_relationship(facts: TenantFacts) -> Answer:
    if not facts.seen:
        return Answer(
            Whereabouts.NOT_VISIBLE,
            "It was known here, but no connection of this marketplace shows it any more.",
            "Ask your operator whether the feed that carried it was removed.",
        )
    if any(seen.ended for seen in facts.seen):
        return Answer(
            Whereabouts.NOT_IN_LIST,
            "The reseller relationship has ended.",
            "Request the relationship again. When the customer accepts, it comes back by itself.",
        )
    said = ", ".join(sorted({seen.relationship.replace("_", " ") for seen in facts.seen}))
    return Answer(
        Whereabouts.EXCLUDED,
        f"The provider says the relationship is {said!r}; only reseller customers flow in.",
        "Request a reseller relationship.",
    )


def _on_its_way(facts: TenantFacts) -> Answer:
    if any(seen.missing for seen in facts.seen):
        return Answer(
            Whereabouts.NOT_IN_LIST,
            "The latest list did not have it. Whether the relationship has ended is being checked.",
            "Look again after the next sync.",
        )
    return Answer(
        Whereabouts.COMING,
        "The provider lists it and no rule excludes it, but it is not among the pending companies yet.",
        "Sync, with Company Sync switched on, and look again.",
    )


def shut_out(rule: FeedFilter, facts: TenantFacts) -> str:
    """Return why the filter keeps the tenant out, a sentence; empty when it lets it through."""
    parts = [
        "it is not among the tenants that the filter names" if not _named(rule, facts) else "",
        f"its country, {facts.country or 'unknown'}, is not one of {', '.join(rule.countries)}"
        if rule.countries and facts.country not in rule.countries
        else "",
        "none of its domains is in the filter" if rule.domains and not set(rule.domains) & set(facts.domains) else "",
        "its indirect reseller is not in the filter"
        if rule.indirect_resellers and facts.indirect_reseller not in rule.indirect_resellers
        else "",
    ]
    told = ", and ".join(part for part in parts if part)
    return f"{told}." if told else ""


def _named(rule: FeedFilter, facts: TenantFacts) -> bool:
    return not rule.tenant_ids or facts.external_id in rule.tenant_ids
