"""The contexts of Held: the list of holds, one hold with its rows, and the list once more before something is done."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from tenantry.core.brakes import asks_for_number
from tenantry.core.planning.companies import PendingView
from tenantry.sync.holds.queries import (
    HeldRow,
    HoldTally,
    digest_of,
    holds_under_way,
    latest_over,
    list_failed,
    list_held,
    open_holds,
    tallies_of_holds,
)
from tenantry.sync.models import Change, Hold
from tenantry.sync.switches import CompanySyncSwitches, read_limits
from tenantry.web.addresses import pager
from tenantry.web.countries import country_name
from tenantry.web.holds.words import NEXT, NOTHING_APPLIED, companies, people, state_of, title_of
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
        "nothing_applied": NOTHING_APPLIED,
    }


def hold_row(hold: Hold, tally: HoldTally) -> dict[str, Any]:
    """Return a hold as the templates take it."""
    word, tone = state_of(hold)
    parts = [
        (tally.held, "held"), (tally.under_way, "being created"), (tally.made, "created"),
        (tally.rejected, "rejected"), (tally.gone, "decided otherwise"),
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
        "touched": bool(tally.under_way or tally.made),
        "sentence": " · ".join(f"{count:,} {what}" for count, what in parts if count),
    }


def hold_context(request: HttpRequest, hold: Hold, switches: CompanySyncSwitches) -> dict[str, Any]:
    """Return one hold with a page of what it keeps."""
    after, before = request.GET.get("after", ""), request.GET.get("before", "")
    found = list_held(hold, invite=switches.invites_admins, after=after, before=before)
    tally = tallies_of_holds([hold])[hold.pk]
    return {
        "hold": hold_row(hold, tally),
        "facts": _facts(hold, tally, switches),
        "rows": [held_line(row) for row in found.rows],
        "pager": pager(request, found.page, text=f"{companies(tally.held)} held"),
        "can_release": switches.creates_automatically,
        "failed": [_failed_line(change) for change in list_failed(hold, most=_MOST_FAILED)],
    }


def _facts(hold: Hold, tally: HoldTally, switches: CompanySyncSwitches) -> list[dict[str, Any]]:
    invites = "Nobody is invited: inviting administrators is off."
    if switches.invites_admins:
        most = read_limits().invitations_per_hour
        invites = f"Each administrator is invited; at most {most:,} e-mails leave in an hour."
    applied = NOTHING_APPLIED
    if tally.made or tally.under_way:
        applied = f"Only what was released: {companies(tally.made)} created, {tally.under_way:,} being created."
    return [
        {"label": "What was held", "value": hold.reason},
        {"label": "Applied so far", "value": applied},
        {"label": "What happens next", "value": NEXT if tally.held else "Nothing is left to decide here."},
        {"label": "Release", "value": f"Creates exactly the companies that you select, as you see them. {invites}"},
        {"label": "Reject", "value": "What you select waits in Pending companies, and no rule touches it again."},
    ]


def held_line(row: HeldRow) -> dict[str, Any]:
    """Return a held row: the company as it would be made now, and what changed since it was held."""
    pending = row.pending
    return {
        "value": f"{row.change.pk}:{row.content}",
        "pk": pending.pk,
        "name": legible(pending.name),
        "country": pending.country,
        "country_name": country_name(pending.country) if pending.country else "",
        "domain": legible(pending.domain),
        "contact_name": legible(pending.contact_name),
        "contact_email": legible(pending.contact_email),
        "invited": row.invited,
        "note": _note(row),
        "first_seen": pending.first_seen_at,
    }


def _note(row: HeldRow) -> str:
    if row.change.problem:
        return row.change.problem
    before = PendingView.from_json(row.change.before).snapshot if row.change.before else None
    changed = before is not None and before.content_hash != row.pending.content_hash
    return "Changed since it was held; this is how it is now." if changed else ""


def _failed_line(change: Change) -> dict[str, Any]:
    return {
        "name": legible(change.subject_name),
        "reason": change.problem,
        "attempts": change.attempts,
        "next": change.next_attempt_at,
    }


def confirm_context(
    hold: Hold, rows: Sequence[HeldRow], *, release: bool, everything: bool, refusal: str = ""
) -> dict[str, Any]:
    """Return the page that shows the list once more, with what the button will do."""
    invitations = sum(row.invited for row in rows) if release else 0
    shown = rows[:_MOST_SHOWN] if everything else rows
    return {
        "hold": {"pk": hold.pk, "title": title_of(hold)},
        "release": release,
        "heading": f"{'Release' if release else 'Reject'} {companies(len(rows))}?",
        "sentence": _promise(len(rows), invitations) if release else _REJECTION,
        "rows": [held_line(row) for row in shown],
        "more": len(rows) - len(shown),
        "everything": str(digest_of(rows)) if everything else "",
        "number": invitations if asks_for_number(invitations, read_limits()) else None,
        "refusal": refusal,
        "count": len(rows),
        "url": reverse("web:hold-release" if release else "web:hold-reject", args=[hold.pk]),
    }


_REJECTION = (
    "They will wait in Pending companies for a person to create, link or ignore them. No rule touches them again."
)


def _promise(count: int, invitations: int) -> str:
    invited = f"{people(invitations)} will be invited" if invitations else "nobody will be invited"
    return f"Exactly {'this company' if count == 1 else 'these companies'} will be created, and {invited}."
