"""The contexts of Held: the list of holds, one hold with its rows, and the list once more before something is done."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from tenantry.core.brakes import asks_for_number
from tenantry.sync.holds.kinds import CREATIONS, HeldRow, kind_named
from tenantry.sync.holds.queries import (
    HoldTally,
    digest_of,
    first_approvals,
    holds_under_way,
    latest_over,
    list_failed,
    list_held,
    open_holds,
    tallies_of_holds,
)
from tenantry.sync.models import Approval, Change, Hold
from tenantry.sync.switches import needs_two_people, read_company_sync, read_limits
from tenantry.web.access import Visit
from tenantry.web.addresses import pager
from tenantry.web.amounts import counted
from tenantry.web.countries import country_name
from tenantry.web.holds.words import state_of, title_of, words_for
from tenantry.web.texts import legible

_MOST_FAILED = 20
_MOST_SHOWN = 200


def holds_context() -> dict[str, Any]:
    """Return the list of holds: those that need a person, those that are being made, and the latest that are over."""
    waiting, going = open_holds(), holds_under_way()
    over = [hold for hold in latest_over() if hold not in going]
    tallies = tallies_of_holds([*waiting, *going, *over])
    return {
        "waiting": [hold_row(hold, tallies[hold.pk]) for hold in waiting],
        "going": [hold_row(hold, tallies[hold.pk]) for hold in going],
        "over": [hold_row(hold, tallies[hold.pk]) for hold in over],
    }


def hold_row(hold: Hold, tally: HoldTally) -> dict[str, Any]:
    """Return a hold as the templates take it."""
    word, tone = state_of(hold)
    words = words_for(hold)
    parts = [
        (tally.held, "held"), (tally.under_way, words.doing), (tally.made, words.done), (tally.rejected, "rejected"),
        (tally.gone, "decided otherwise"),
    ]  # fmt: skip
    return {
        "pk": hold.pk,
        "title": title_of(hold),
        "reason": hold.reason,
        "word": word,
        "tone": tone,
        "at": hold.created_at,
        "run": hold.run_id,
        "held": tally.held,
        "held_words": counted(tally.held, f"held {words.one}", f"held {words.many}"),
        "doing": words.doing,
        "done": words.done,
        "what": words.many,
        "nothing_applied": words.nothing,
        "touched": bool(tally.under_way or tally.made),
        "sentence": " · ".join(f"{count:,} {what}" for count, what in parts if count),
    }


def hold_context(request: HttpRequest, visit: Visit, hold: Hold) -> dict[str, Any]:
    """Return one hold with a page of what it keeps."""
    found = list_held(hold, after=request.GET.get("after", ""), before=request.GET.get("before", ""))
    tally = tallies_of_holds([hold])[hold.pk]
    two = _needs_two(hold)
    first = first_approvals(found.rows, now=visit.now) if two else {}
    return {
        "hold": hold_row(hold, tally),
        "facts": _facts(hold, tally, two=two),
        "rows": held_lines(hold, found.rows, first),
        "rows_template": words_for(hold).rows,
        "pager": pager(request, found.page, text=f"{words_for(hold).count(tally.held)} held"),
        "refusal": kind_named(hold.kind).refusal(),
        "failed": [_failed_line(change) for change in list_failed(hold, most=_MOST_FAILED)],
    }


def _needs_two(hold: Hold) -> bool:
    return kind_named(hold.kind).two_people and needs_two_people()


def _facts(hold: Hold, tally: HoldTally, *, two: bool) -> list[dict[str, Any]]:
    words = words_for(hold)
    applied = words.nothing
    if tally.made or tally.under_way:
        applied = f"Only what was released: {words.count(tally.made)} {words.done}, {tally.under_way:,} {words.doing}."
    following = words.following if tally.held else "Nothing is left to decide here."
    release = words.release + (f" {_invitations()}" if hold.kind == CREATIONS else "")
    if two:
        release += " Two different people have to do it: after the first one, the rows wait for the second."
    return [
        {"label": "What was held", "value": hold.reason},
        {"label": "Applied so far", "value": applied},
        {"label": "What happens next", "value": following},
        {"label": "Release", "value": release},
        {"label": "Reject", "value": words.reject},
    ]


def _invitations() -> str:
    if not read_company_sync().invites_admins:
        return "Nobody is invited: inviting administrators is off."
    most = read_limits().invitations_per_hour
    return f"Each administrator is invited; at most {most:,} e-mails leave in an hour."


def held_lines(
    hold: Hold, rows: Iterable[HeldRow], first: Mapping[int, Approval] | None = None
) -> list[dict[str, Any]]:
    """Return held rows as the tables take them: as each would be applied now, and what changed since it was held."""
    line = _creation_line if hold.kind == CREATIONS else _person_line
    return [{**_line(row, (first or {}).get(row.change.pk)), **line(row)} for row in rows]


def _line(row: HeldRow, first: Approval | None) -> dict[str, Any]:
    note = row.note
    if first is not None:
        note = f"Approved by {first.approved_by_name}; waits for a second person."
    return {
        "value": f"{row.change.pk}:{row.content}",
        "name": legible(row.name),
        "invited": row.invited,
        "note": note,
    }


def _creation_line(row: HeldRow) -> dict[str, Any]:
    pending = row.facts["pending"]
    return {
        "pk": pending.pk,
        "country": pending.country,
        "country_name": country_name(pending.country) if pending.country else "",
        "domain": legible(pending.domain),
        "contact_name": legible(pending.contact_name),
        "contact_email": legible(pending.contact_email),
        "first_seen": pending.first_seen_at,
    }


def _person_line(row: HeldRow) -> dict[str, Any]:
    facts = row.facts
    return {
        "user_id": facts.get("user_id"),
        "company_id": facts.get("company_id"),
        "company": legible(facts.get("company", "")),
        "email": legible(facts.get("email", "")),
        "role": facts.get("role", ""),
        "why": facts.get("why", "") or row.change.reason,
    }


def _failed_line(change: Change) -> dict[str, Any]:
    at: datetime | None = change.next_attempt_at
    return {
        "name": legible(change.subject_name),
        "reason": change.problem,
        "attempts": change.attempts,
        "next": at,
    }


def confirm_context(
    hold: Hold, rows: Sequence[HeldRow], *, release: bool, everything: bool, refusal: str = ""
) -> dict[str, Any]:
    """Return the page that shows the list once more, with what the button will do."""
    words = words_for(hold)
    invitations = sum(row.invited for row in rows) if release else 0
    shown = rows[:_MOST_SHOWN] if everything else rows
    return {
        "hold": {"pk": hold.pk, "title": title_of(hold), "what": words.many},
        "release": release,
        "heading": f"{'Release' if release else 'Reject'} {words.count(len(rows))}?",
        "sentence": words.promise(len(rows), invitations) if release else words.rejected,
        "rows": held_lines(hold, shown),
        "rows_template": words.rows,
        "more": len(rows) - len(shown),
        "everything": str(digest_of(rows)) if everything else "",
        "number": invitations if asks_for_number(invitations, read_limits()) else None,
        "refusal": refusal,
        "count": len(rows),
        "url": reverse("web:hold-release" if release else "web:hold-reject", args=[hold.pk]),
    }
