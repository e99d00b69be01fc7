"""Runs: the list, one run with its changes and failures, starting, previewing and cancelling one."""

from django.http import Http404
from ninja import Query

from tenantry.api.areas import Area, Call, Reply
from tenantry.api.many import change_page
from tenantry.api.runs_shapes import (
    ChangePage,
    ChangesQuery,
    FailurePage,
    FailureTold,
    RunPage,
    RunRow,
    RunsQuery,
    RunsTold,
    RunTold,
    TallyTold,
)
from tenantry.api.shapes import Done, Id, PageQuery, page_reply, refuse_wrong, refuse_wrong_place
from tenantry.core.permissions import Action
from tenantry.sync.models import Change, Run, Trigger
from tenantry.sync.requests import Asked, request_sync
from tenantry.sync.runs.lifecycle import request_cancel
from tenantry.sync.runs.queries import BY_TIME, NEWEST_FIRST, find_run, list_failures, list_runs, tallies_of

area = Area("Runs")


@area.get("/runs", Action.SEE_RUNS, RunPage)
def list_all_runs(call: Call, query: Query[RunsQuery]) -> Reply:
    """List runs, newest first."""
    refuse_wrong_place(query, NEWEST_FIRST, Run)
    filters = {"state": query.state or "", "trigger": query.trigger or "", "kind": query.kind or ""}
    found = list_runs(filters, after=query.after, before=query.before, size=query.limit)
    refuse_wrong(found.applied)
    rows = [RunRow(**RunTold.facts(run), tally=TallyTold.of(found.tallies[run.pk])) for run in found.page.rows]
    return page_reply(call, RunPage, found.page, items=rows)


def run_or_missing(pk: int) -> Run:
    """Return the run. What another marketplace has is not found, like what nobody has."""
    run = find_run(pk)
    if run is None:
        raise Http404
    return run


@area.get("/runs/{int:pk}", Action.SEE_RUNS, RunRow)
def show_run(call: Call, pk: Id) -> RunRow:
    """Show one run with its numbers as they are now."""
    run = run_or_missing(pk)
    return RunRow(**RunTold.facts(run), tally=TallyTold.of(tallies_of([run])[run.pk]))


@area.get("/runs/{int:pk}/changes", Action.SEE_RUNS, ChangePage)
def list_run_changes(call: Call, pk: Id, query: Query[ChangesQuery]) -> Reply:
    """List the changes of a run, in the order in which they were planned."""
    return change_page(call, run_or_missing(pk), query)


@area.get("/runs/{int:pk}/failures", Action.SEE_RUNS, FailurePage)
def list_run_failures(call: Call, pk: Id, query: Query[PageQuery]) -> Reply:
    """List what did not go through: records that could not be used, changes that were not made."""
    refuse_wrong_place(query, BY_TIME, Change)
    page = list_failures(run_or_missing(pk), after=query.after, before=query.before, size=query.limit)
    return page_reply(call, FailurePage, page, items=[FailureTold.of(row) for row in page.rows])


@area.post("/runs", Action.START_RUN, RunsTold, status=202, refuses=True)
def sync_now(call: Call) -> RunsTold:
    """Start a sync of each connection that feeds the marketplace, or join those that are going on."""
    return _started(call, preview=False)


@area.post("/runs/preview", Action.START_RUN, RunsTold, status=202, refuses=True)
def preview_sync(call: Call) -> RunsTold:
    """Plan a sync and apply nothing. Works while Company Sync is off: it shows what switching it on would do."""
    return _started(call, preview=True)


def _started(call: Call, *, preview: bool) -> RunsTold:
    asked = Asked(call.actor, Trigger.BUTTON, preview=preview, although_off=preview)
    runs = request_sync(marketplace_id=call.caller.marketplace_id, asked=asked, now=call.caller.now)
    joined = all(run.created_at < call.caller.now for run in runs)
    return RunsTold(items=[RunTold.of(run) for run in runs], joined=joined)


@area.post("/runs/{int:pk}/cancel", Action.START_RUN, Done)
def cancel_run(call: Call, pk: Id) -> Done:
    """Ask a run to stop. What was applied stays."""
    stops = request_cancel(run_or_missing(pk).pk, actor=call.actor, now=call.caller.now)
    return Done(changed=stops, sentence="It stops after the step that is under way." if stops else "It was over.")
