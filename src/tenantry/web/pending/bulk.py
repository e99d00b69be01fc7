"""Decisions on many rows: the page that says what will happen, the start, and the run with its progress."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from tenantry.core.permissions import SUPPORT_ROLES, Action
from tenantry.sync.deciding.many import Wish, start_decisions
from tenantry.sync.deciding.reasons import IGNORE_REASONS
from tenantry.sync.deciding.refusals import DecisionRefused
from tenantry.sync.deciding.selecting import BulkAction, Forecast, Selection, forecast
from tenantry.sync.models import Run, RunKind
from tenantry.sync.runs.lifecycle import request_cancel
from tenantry.sync.runs.queries import list_changes
from tenantry.sync.switches import read_company_sync
from tenantry.web.access import Visit, needs
from tenantry.web.addresses import pager
from tenantry.web.amounts import counted
from tenantry.web.pending.bulk_forms import BulkForm, selection_in
from tenantry.web.pending.forms import in_a_week
from tenantry.web.pending.listing import kept_query, wanted_by
from tenantry.web.runs.changes import change_rows
from tenantry.web.runs.live import live_context
from tenantry.web.runs.words import is_live
from tenantry.web.texts import legible

_TITLES = {
    BulkAction.CREATE: "Create {companies}",
    BulkAction.LINK: "Link {tenants}",
    BulkAction.IGNORE: "Ignore {tenants}",
    BulkAction.SNOOZE: "Snooze {tenants}",
    BulkAction.REOPEN: "Reopen {tenants}",
}
_NOTHING = "Nothing can be done with these"
_SENTENCES = {
    BulkAction.CREATE: "Each becomes a company; its primary contact becomes the first Company Administrator.",
    BulkAction.LINK: "Each is linked to its one strong match. Creates no company and renames none.",
    BulkAction.IGNORE: "Each is put aside for good. No rule touches it again; you can reopen it.",
    BulkAction.SNOOZE: "Each leaves the queue and comes back by itself.",
    BulkAction.REOPEN: "Each waits for a decision again.",
}


@require_safe
@needs(Action.DECIDE_PENDING)
def bulk_review(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Say what would happen with the selected rows, before anything does."""
    if request.GET.get("action", "") not in list(BulkAction):
        raise BadRequest("There is no such decision.")
    selection = selection_in(request.GET)
    if selection.ids == ():
        messages.info(request, "Tick the rows that you mean, or choose all that match.")
        return redirect(_list(request))
    return _review(request, visit, selection, BulkAction(request.GET["action"]))


def _list(request: HttpRequest) -> str:
    return reverse("web:pending-list") + kept_query(wanted_by(request))


def _review(
    request: HttpRequest, visit: Visit, selection: Selection, action: BulkAction, *, form: BulkForm | None = None
) -> HttpResponse:
    switches = read_company_sync()
    try:
        seen = forecast(selection, action, switches, now=visit.now)
    except DecisionRefused as refused:
        messages.error(request, str(refused))
        return redirect(_list(request))
    start = {"until": in_a_week(visit.now), "invite": switches.invites_admins}
    context = {
        **_words(action, seen),
        "form": form or BulkForm(initial=start),
        "hidden": [*_hidden(selection), {"name": "action", "value": action.value},
                   {"name": "seen_total", "value": seen.total}, {"name": "seen_doable", "value": seen.doable}],
        "action": action.value,
        "reasons": list(IGNORE_REASONS.items()),
        "invite_locked": visit.presence.role in SUPPORT_ROLES,
        "invites": switches.invites_admins,
        "back_url": _list(request),
    }  # fmt: skip
    return render(request, "pending/bulk.html", context, status=422 if form else 200)


def _words(action: BulkAction, seen: Forecast) -> dict[str, Any]:
    tenants = counted(seen.doable, "tenant", "tenants")
    companies = counted(seen.doable, "company", "companies")
    return {
        "title": _TITLES[action].format(tenants=tenants, companies=companies) if seen.doable else _NOTHING,
        "sentence": _SENTENCES[action],
        "doable": seen.doable,
        "total": seen.total,
        "more": max(0, seen.doable - len(seen.samples)),
        "left": seen.total - seen.doable,
        "refusals": [{"reason": reason, "count": count} for reason, count in seen.refusals.items()],
        "samples": [
            {"pk": row.pending_id, "name": legible(row.name), "company": legible(row.company_name)}
            for row in seen.samples
        ],
    }


def _hidden(selection: Selection) -> list[dict[str, Any]]:
    if selection.ids is not None:
        return [{"name": "id", "value": pk} for pk in selection.ids]
    kept = {"all": "1", "tab": selection.tab, **selection.filters}
    return [{"name": name, "value": value} for name, value in kept.items() if value]


@require_POST
@needs(Action.DECIDE_PENDING)
def bulk_start(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Start the decisions, on exactly what the person was shown."""
    form = BulkForm(request.POST)
    selection = selection_in(request.POST)
    if not form.is_valid():
        if request.POST.get("action", "") not in list(BulkAction) or "seen_total" in form.errors:
            raise BadRequest("The form was changed on the way.")
        return _review(request, visit, selection, BulkAction(request.POST["action"]), form=form)
    given = form.cleaned_data
    locked = visit.presence.role in SUPPORT_ROLES
    wish = Wish(
        BulkAction(given["action"]), invite=None if locked else given["invite"], fill_blanks=given["fill_blanks"],
        add_contact=given["add_contact"], reason_key=given["reason_key"], reason=given["reason"], until=form.moment,
    )  # fmt: skip
    try:
        run = start_decisions(
            selection=selection, wish=wish, seen_total=given["seen_total"], seen_doable=given["seen_doable"],
            actor=visit.actor, now=visit.now, request_id=visit.request_id,
        )  # fmt: skip
    except DecisionRefused as refused:
        for name, sentence in (refused.errors or {"": str(refused)}).items():
            form.add_error(name if name in form.fields else None, sentence)
        return _review(request, visit, selection, wish.action, form=form)
    return redirect("web:pending-bulk-run", pk=run.pk)


def _runs(visit: Visit) -> QuerySet[Run]:
    """The runs of decisions that the person may see: all for a manager, their own for support staff."""
    runs = Run.objects.filter(kind=RunKind.DECISIONS)
    return runs if visit.presence.may(Action.SEE_RUNS) else runs.filter(requested_by=visit.actor.name)


def _run(visit: Visit, pk: int) -> Run:
    run = _runs(visit).filter(pk=pk).first()
    if run is None:
        raise Http404
    return run


def _live(run: Run, visit: Visit) -> dict[str, Any]:
    """The live part, under addresses that support staff may open."""
    places = {
        "page_url": reverse("web:pending-bulk-run", args=[run.pk]),
        "progress_url": reverse("web:pending-bulk-progress", args=[run.pk]),
        "cancel_url": reverse("web:pending-bulk-cancel", args=[run.pk]),
    }
    return {**live_context(run, now=visit.now, linked=False), **places}


@require_safe
@needs(Action.DECIDE_PENDING)
def bulk_run(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Show how far the decisions are, and what became of each row."""
    run = _run(visit, pk)
    page = list_changes(run, state="", after=request.GET.get("after", ""), before=request.GET.get("before", ""))
    context = {
        **_live(run, visit),
        "changes": change_rows(page.rows),
        "pager": pager(request, page),
        "sees_runs": visit.presence.may(Action.SEE_RUNS),
    }
    return render(request, "pending/bulk_run.html", context)


@require_safe
@never_cache
@needs(Action.DECIDE_PENDING)
def bulk_progress(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Answer the page's question how far the decisions are. When they are made, the whole page loads again."""
    run = _run(visit, pk)
    response = render(request, "runs/_progress.html", _live(run, visit))
    if not is_live(run):
        response["HX-Refresh"] = "true"
    return response


@require_POST
@needs(Action.DECIDE_PENDING)
def bulk_cancel(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Ask the run to stop."""
    if request_cancel(_run(visit, pk).pk, actor=visit.actor, now=visit.now):
        messages.info(request, "It stops after the row that is under way. What was decided stays, and can be undone.")
    else:
        messages.info(request, "It was over already, or asked to stop before.")
    return redirect("web:pending-bulk-run", pk=pk)
