"""The page that says what taking changes of a run back would do, and the start of it (``runs/undo.html``)."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from tenantry.core.brakes import asks_before_removing
from tenantry.core.permissions import Action
from tenantry.sync.models import Run
from tenantry.sync.runs.queries import find_run
from tenantry.sync.switches import read_limits
from tenantry.sync.undoing.planning import Judged, UndoForecast, Wanted, forecast_undo, start_undo
from tenantry.sync.undoing.ways import UndoRefused
from tenantry.web.access import Visit, needs
from tenantry.web.amounts import counted
from tenantry.web.holds.forms import typed_number
from tenantry.web.runs.words import kind_words, title_of
from tenantry.web.texts import legible

_MOST_CHOSEN = 1_000
_LONGEST_ID = 18
_CONFLICT = 409


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Action.UNDO_RUN)
def run_undo(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Say what of a run, or of the changes chosen, can be taken back and what can't; take exactly that back."""
    run = find_run(pk)
    if run is None:
        raise Http404
    data = request.POST if request.method == "POST" else request.GET
    wanted = Wanted(run, _chosen(data))
    refusal = ""
    if request.method == "POST":
        try:
            undo = start_undo(
                wanted=wanted, seen=_digest(data.get("seen", "")), actor=visit.actor, now=visit.now,
                typed=typed_number(data), request_id=visit.request_id,
            )  # fmt: skip
        except UndoRefused as refused:
            refusal = str(refused)
        else:
            return redirect("web:run-detail", pk=undo.pk)
    try:
        seen = forecast_undo(wanted, actor=visit.actor, now=visit.now)
    except UndoRefused as refused:
        messages.error(request, str(refused))
        return redirect("web:run-detail", pk=pk)
    context = {**_context(run, wanted, seen), "refusal": refusal}
    return render(request, "runs/undo.html", context, status=_CONFLICT if refusal else 200)


def _chosen(data: QueryDict) -> tuple[int, ...] | None:
    """Return the changes that were ticked, or ``None`` for the whole run."""
    texts = data.getlist("change")[:_MOST_CHOSEN]
    ids = [int(text) for text in texts if text.isascii() and text.isdigit() and len(text) <= _LONGEST_ID]
    return tuple(sorted(set(ids))) if texts else None


def _digest(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        return UUID(int=0)


def _context(run: Run, wanted: Wanted, seen: UndoForecast) -> dict[str, Any]:
    changes = counted(seen.doable, "change", "changes")
    return {
        "title": f"Take back {changes}" if seen.doable else "Nothing can be taken back",
        "run": {"pk": run.pk, "title": title_of(run), "started": run.created_at},
        "whole": wanted.ids is None,
        "total": seen.total,
        "doable": seen.doable,
        "kinds": [{"what": kind_words(kind), "count": count} for kind, count in seen.kinds.items()],
        "refusals": _counted(seen.refusals),
        "stays": _counted(seen.stays),
        "samples": _rows(seen.samples),
        "more": seen.doable - len(seen.samples),
        "refused": _rows(seen.refused),
        "hidden": [{"name": "change", "value": pk} for pk in wanted.ids or ()]
        + [{"name": "seen", "value": str(seen.seen)}],
        "number": seen.removes if asks_before_removing(seen.removes, read_limits()) else None,
        "back_url": reverse("web:run-detail", args=[run.pk]) + "?tab=changes",
    }


def _counted(sentences: Mapping[str, int]) -> list[dict[str, Any]]:
    return [{"sentence": legible(sentence), "count": count} for sentence, count in sentences.items()]


def _rows(judged: Sequence[Judged]) -> list[dict[str, Any]]:
    return [
        {
            "name": legible(each.change.subject_name),
            "what": kind_words(each.change.kind),
            "does": list(map(legible, each.effect.does)),
            "stays": list(map(legible, each.effect.stays)),
            "refusal": legible(each.effect.refusal),
        }
        for each in judged
    ]
