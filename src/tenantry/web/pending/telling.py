"""What a person is told after a decision, and where they go next."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.timesince import timesince

from tenantry.sync.deciding.answering import Decided
from tenantry.sync.deciding.refusals import AlreadyDecided
from tenantry.sync.models import DecisionKind, PendingCompany
from tenantry.sync.pending.queries import neighbours_of
from tenantry.web.access import Visit
from tenantry.web.pending.listing import kept_query, wanted_by
from tenantry.web.texts import legible

_DONE = {
    DecisionKind.CREATE: "Created {company}.",
    DecisionKind.LINK: "Linked to {company}.",
    DecisionKind.IGNORE: "Ignored.",
    DecisionKind.SNOOZE: "Snoozed.",
    DecisionKind.REOPEN: "Reopened: it waits for a decision again.",
    DecisionKind.NOT_THIS_COMPANY: "{company} is not proposed for this tenant any more.",
    DecisionKind.UNDO: "Taken back.",
}


def next_address(request: HttpRequest, visit: Visit, pending: PendingCompany) -> str:
    """Return where to go once ``pending`` is decided: the next row of what the person looks at, else the list.

    To be asked before the decision, while the row still stands in its place.
    """
    wanted = wanted_by(request)
    kept = kept_query(wanted)
    before, after = neighbours_of(pending, wanted, now=visit.now)
    following = after or before
    if following is None:
        return reverse("web:pending-list") + kept
    return reverse("web:pending-detail", args=[following]) + kept


def same_address(request: HttpRequest, pending_id: int) -> str:
    """Return the page of the row itself, in what the person looks at."""
    return reverse("web:pending-detail", args=[pending_id]) + kept_query(wanted_by(request))


def tell_decided(request: HttpRequest, decided: Decided, name: str) -> None:
    """Say what was done, with the way to take it back."""
    sentence = _DONE[decided.kind].format(company=legible(decided.company_name))
    if decided.kind is DecisionKind.UNDO:
        messages.success(request, format_html("<bdi>{}</bdi>: {}", legible(name), sentence))
        return
    invited = " An invitation is on its way." if decided.invited else ""
    undo = reverse("web:decision-undo", args=[decided.decision_id]) + kept_query(wanted_by(request))
    messages.success(
        request,
        format_html(
            '<bdi>{}</bdi>: <bdi>{}</bdi>{} <a href="{}" data-key="u">Undo</a>', legible(name), sentence, invited, undo
        ),
    )


def tell_too_late(request: HttpRequest, told: AlreadyDecided, visit: Visit) -> None:
    """Say who decided what and when, and that nothing was done now."""
    messages.warning(request, too_late_sentence(told, visit))


def too_late_sentence(told: AlreadyDecided, visit: Visit) -> str:
    """Return who decided what and when."""
    what = legible(told.what)
    when = f", {timesince(told.when, visit.now)} ago" if told.when else ""
    return f"{what[:1].upper()}{what[1:]} by {legible(told.who)}{when}. Nothing was changed now."


def problems_of(errors: Any) -> list[str]:
    """Return what is wrong with a form, in sentences."""
    return [str(sentence) for sentences in errors.values() for sentence in sentences]
