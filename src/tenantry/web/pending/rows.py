"""One row of the list of pending companies: its match in words, its likely decision, what else can be done with it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.html import format_html_join

from tenantry.core.matching import Certainty
from tenantry.core.tenants import Problem
from tenantry.sync.automatic.words import SHOWN_WORDS
from tenantry.sync.deciding.answering import OPEN_STATES
from tenantry.sync.deciding.queries import best_matches
from tenantry.sync.delegations import sightings_of
from tenantry.sync.matching.words import agreement_in_brief, certainty_word, match_words
from tenantry.sync.models import Match, PendingCompany, PendingState
from tenantry.sync.pending.filters import PROBLEM_WORDS
from tenantry.web.addresses import address_of
from tenantry.web.countries import country_name
from tenantry.web.pending.administrations import administration
from tenantry.web.texts import legible

STATE_TONES = {"pending": "wait", "held": "wait", "created": "good", "linked": "good"}


@dataclass(frozen=True, slots=True)
class Offer:
    """What the person who looks may do with the rows: decide at all, and link."""

    decides: bool
    links: bool


def rows_of(found: Sequence[PendingCompany], offer: Offer, query: str, *, now: datetime) -> list[dict[str, Any]]:
    """Return the rows as ``pending/_table.html`` documents them. Reads ``tenant``; two queries for all."""
    matches = best_matches(pending.pk for pending in found if pending.match_count)
    seen = sightings_of([pending.tenant_id for pending in found])
    return [
        _row(pending, matches.get(pending.pk), offer, query)
        | {"administration": administration(pending, seen.get(pending.tenant_id), now=now)}
        for pending in found
    ]


def _row(pending: PendingCompany, match: Match | None, offer: Offer, query: str) -> dict[str, Any]:
    unread = Problem.DETAILS_NOT_READ.value in pending.problems
    address = address_of("web:pending-detail", pending.pk) + query
    return {
        "pk": pending.pk,
        "address": address,
        "name": legible(pending.name),
        "country": pending.country,
        "country_name": country_name(pending.country),
        "domain": _breakable(legible(pending.domain)),
        "contact_name": legible(pending.contact_name),
        "contact_email": legible(pending.contact_email),
        "first_seen": pending.first_seen_at,
        "details_read": not unread,
        "details_refused": Problem.DETAILS_REFUSED.value in pending.problems,
        "connection": pending.connection.name,
        "match": _match(pending, match),
        "state": {"word": pending.get_state_display(), "tone": STATE_TONES.get(pending.state, "off")},
        "outcome": _outcome(pending),
        "actions": _actions(pending, offer, address, query),
        "problems": [
            {"code": code, "label": PROBLEM_WORDS.get(code, code)}
            for code in pending.problems
            if code != Problem.DETAILS_NOT_READ.value
        ]
        + [{"code": code, "label": SHOWN_WORDS[code]} for code in pending.automatic_problems if code in SHOWN_WORDS],
    }


def _breakable(domain: str) -> str:
    """Return the domain as HTML that breaks behind its dots."""
    *labels, last = domain.split(".")
    return format_html_join("", "{}<wbr>", [(f"{label}.",) for label in labels] + [(last,)]) if domain else ""


def _match(pending: PendingCompany, match: Match | None) -> dict[str, Any] | None:
    if pending.state in {PendingState.CREATED, PendingState.LINKED, PendingState.WITHDRAWN}:
        return None
    if pending.matched_at is None and not pending.match_count:
        return {"word": "comparing", "count": 0, "certainty": "", "why": ""}
    return {
        "word": match_words(pending.match_count),
        "count": pending.match_count,
        "certainty": certainty_word(pending.certainty),
        "company": legible(match.company.name) if match else "",
        "why": agreement_in_brief(match.evidence) if match else "",
    }


def _outcome(pending: PendingCompany) -> dict[str, Any]:
    """Return what became of the row: by whom, when, until when."""
    return {
        "by": pending.decided_by_name,
        "at": pending.decided_at,
        "until": pending.snoozed_until,
    }


def _actions(pending: PendingCompany, offer: Offer, detail: str, query: str) -> dict[str, Any] | None:
    """Return the likely decision first, then the others. All are pages or forms that a click opens, none decides."""
    if not offer.decides or pending.state not in OPEN_STATES:
        return None
    links = offer.links and pending.match_count > 0
    if not pending.match_count:
        likely = "create"
    else:
        likely = "link" if links and pending.certainty >= Certainty.STRONG and pending.match_count == 1 else "decide"
    return {
        "likely": likely,
        "detail": detail,
        "link": f"{detail}#candidates" if offer.links else "",
        "create": address_of("web:pending-create", pending.pk) + query,
        "ignore": address_of("web:pending-ignore", pending.pk) + query,
        "snooze": address_of("web:pending-snooze", pending.pk) + query,
    }
