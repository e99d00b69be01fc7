"""The pages of holds: what is held, one hold, release and reject."""

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from tenantry.core.permissions import Action
from tenantry.sync.holds.queries import find_hold, held_rows
from tenantry.sync.holds.services import HoldRefused, Released, Selection, reject_rows, release_rows
from tenantry.sync.models import Hold
from tenantry.web.access import Visit, needs
from tenantry.web.holds.forms import selection_in, typed_number
from tenantry.web.holds.listing import confirm_context, hold_context, holds_context
from tenantry.web.holds.words import KindWords, words_for

_CONFLICT = 409


@require_safe
@needs(Action.RELEASE_HOLDS)
def hold_list(request: HttpRequest, visit: Visit) -> HttpResponse:  # noqa: ARG001  # every guarded view gets it
    """List what is held, grouped by reason."""
    return render(request, "holds/list.html", holds_context())


@require_safe
@needs(Action.RELEASE_HOLDS)
def hold_detail(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Show one hold with its rows."""
    return render(request, "holds/detail.html", hold_context(request, visit, _hold(pk)))


@require_POST
@needs(Action.RELEASE_HOLDS)
def hold_release(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Show the selected rows once more; when that is confirmed, release exactly these."""
    hold, selection = _hold(pk), selection_in(request.POST)
    if "confirm" not in request.POST:
        return _confirm(request, hold, selection, release=True)
    try:
        with transaction.atomic():
            done = release_rows(
                hold_id=hold.pk, selection=selection, actor=visit.actor, now=visit.now,
                typed=typed_number(request.POST), request_id=visit.request_id,
            )  # fmt: skip
    except HoldRefused as refused:
        return _confirm(request, hold, selection, release=True, refusal=str(refused))
    _tell_released(request, words_for(hold), done)
    return redirect("web:hold-detail", pk=pk)


@require_POST
@needs(Action.RELEASE_HOLDS)
def hold_reject(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Show the selected rows once more; when that is confirmed, reject exactly these."""
    hold, selection = _hold(pk), selection_in(request.POST)
    if "confirm" not in request.POST:
        return _confirm(request, hold, selection, release=False)
    try:
        with transaction.atomic():
            count = reject_rows(
                hold_id=hold.pk, selection=selection, actor=visit.actor, now=visit.now, request_id=visit.request_id
            )
    except HoldRefused as refused:
        return _confirm(request, hold, selection, release=False, refusal=str(refused))
    words = words_for(hold)
    messages.success(request, f"Rejected {words.count(count)}. {words.rejected}")
    return redirect("web:hold-detail", pk=pk)


def _tell_released(request: HttpRequest, words: KindWords, done: Released) -> None:
    if done.released:
        sentence = f"Released {words.count(done.released)}. That takes a moment; this page shows how far it is."
        messages.success(request, sentence)
    if done.waiting:
        waits = "It stays held" if done.waiting == 1 else "They stay held"
        messages.info(
            request, f"Approved {words.count(done.waiting)}. {waits} until a second person approves the same."
        )


def _confirm(
    request: HttpRequest, hold: Hold, selection: Selection, *, release: bool, refusal: str = ""
) -> HttpResponse:
    """Show what would be done, with the rows as they are now; after a refusal, why nothing was done."""
    everything = "all" in request.POST or selection.everything is not None
    rows = held_rows(hold, only=None if everything else list(selection.rows))
    if not rows:
        messages.warning(request, refusal or "No row was selected, or none is held any more.")
        return redirect("web:hold-detail", pk=hold.pk)
    context = confirm_context(hold, rows, release=release, everything=everything, refusal=refusal)
    return render(request, "holds/confirm.html", context, status=_CONFLICT if refusal else 200)


def _hold(pk: int) -> Hold:
    """Return the hold. What another marketplace has is not found, like what nobody has."""
    hold = find_hold(pk)
    if hold is None:
        raise Http404
    return hold
