"""The pages of runs, Sync now and Cancel."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from tenantry.core.permissions import Action
from tenantry.sync.models import Run, Trigger
from tenantry.sync.observe.states import states_of_feeding
from tenantry.sync.requests import Asked, SyncRefused, request_sync
from tenantry.sync.runs.lifecycle import request_cancel
from tenantry.sync.runs.queries import find_run
from tenantry.sync.switches import read_company_sync
from tenantry.web.access import Visit, needs
from tenantry.web.addresses import back_to
from tenantry.web.operator.connections import connection_row
from tenantry.web.runs.changes import export_of
from tenantry.web.runs.detail import detail_context
from tenantry.web.runs.history import export_of_history, history_context
from tenantry.web.runs.live import live_context
from tenantry.web.runs.words import is_live


@require_safe
@needs(Action.SEE_RUNS)
def run_list(request: HttpRequest, visit: Visit) -> HttpResponse:
    """List the runs, newest first, under a picture of the last 30 days."""
    on = read_company_sync().on
    context = history_context(request, now=visit.now)
    can_sync = on and visit.presence.may(Action.START_RUN)
    return render(request, "runs/list.html", {**context, "can_sync": can_sync, "sync_off": not on, "aside": _aside()})


def _aside() -> list[dict[str, Any]]:
    """Return the connections that feed the marketplace and were set aside."""
    rows = [connection_row(state) for state in states_of_feeding() if state.quarantine is not None]
    return [{"name": row["name"], "aside": row["aside"]} for row in rows]


@require_safe
@needs(Action.SEE_RUNS)
def run_detail(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Show one run."""
    return render(request, "runs/detail.html", detail_context(request, visit, _run(pk)))


@require_safe
@needs(Action.SEE_RUNS)
def run_export(request: HttpRequest, visit: Visit, pk: int, form: str) -> HttpResponse:  # noqa: ARG001  # as all views
    """Give the run's changes, narrowed as on its page, as a file."""
    return export_of(request, _run(pk), form)


@require_safe
@needs(Action.SEE_RUNS)
def history_export(request: HttpRequest, visit: Visit, form: str) -> HttpResponse:  # noqa: ARG001  # same
    """Give the list of runs, narrowed as on its page, as a file."""
    return export_of_history(request, form)


@require_safe
@never_cache
@needs(Action.SEE_RUNS)
def run_progress(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Answer the page's question how far the run is. When it has ended, the whole page loads again."""
    run = _run(pk)
    response = render(request, "runs/_progress.html", live_context(run, now=visit.now))
    if not is_live(run):
        response["HX-Refresh"] = "true"
    return response


@require_POST
@needs(Action.START_RUN)
def run_cancel(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Ask a run to stop."""
    if request_cancel(_run(pk).pk, actor=visit.actor, now=visit.now):
        messages.info(request, "The run stops after the step that is under way. What was applied stays.")
    else:
        messages.info(request, "The run was not going on any more, or was asked to stop before.")
    return redirect("web:run-detail", pk=pk)


@require_POST
@needs(Action.START_RUN)
def sync_now(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Start a sync, or join the one that is going on, and go to its page."""
    asked = Asked(visit.actor, Trigger.BUTTON)
    try:
        runs = request_sync(marketplace_id=visit.marketplace_id, asked=asked, now=visit.now)
    except SyncRefused as refusal:
        messages.error(request, str(refusal))
        return redirect(back_to(request, "web:home"))
    if all(run.created_at < visit.now for run in runs):
        messages.info(request, "A sync was going on already: this is it.")
    return redirect("web:run-detail", pk=runs[0].pk) if len(runs) == 1 else redirect("web:run-list")


def _run(pk: int) -> Run:
    """Return the run. What another marketplace has is not found, like what nobody has."""
    run = find_run(pk)
    if run is None:
        raise Http404
    return run
