"""Decisions on many pending companies: what would happen, the start, and the run that makes them."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Any

from django.http import Http404
from ninja import Query, Schema
from pydantic import Field

from tenantry.api.areas import Area, Call, Reply
from tenantry.api.pending import filters_in
from tenantry.api.pending_shapes import PendingFilters
from tenantry.api.runs_shapes import ChangePage, ChangesQuery, ChangeTold, RunTold
from tenantry.api.shapes import Done, Given, Id, one_of, page_reply, refuse_strange, refuse_wrong_place
from tenantry.core.permissions import SUPPORT_ROLES, Action
from tenantry.sync.deciding.many import Wish, start_decisions
from tenantry.sync.deciding.reasons import IGNORE_REASONS, LONGEST_REASON
from tenantry.sync.deciding.selecting import MOST_AT_ONCE, BulkAction, Selection, forecast
from tenantry.sync.models import Change, ChangeState, Run, RunKind
from tenantry.sync.pending.queries import TABS
from tenantry.sync.runs.lifecycle import request_cancel
from tenantry.sync.runs.queries import IN_ORDER, list_changes
from tenantry.sync.switches import read_company_sync

area = Area("Decisions on many")


class ManyGiven(Given):
    """Which rows: those named by ``ids``, or without these all of a tab that fit the filters; and what of them."""

    action: str = one_of(BulkAction, ..., "What is decided.")
    ids: list[Id] | None = Field(None, max_length=1_000)
    tab: str = one_of(TABS, "pending", "Where the rows stand, for all that fit.")
    filters: PendingFilters = Field(default_factory=PendingFilters)

    @property
    def selection(self) -> Selection:
        """The rows that are meant."""
        if self.ids is not None:
            return Selection(tuple(sorted(set(self.ids))))
        return Selection(None, self.tab, filters_in(self.filters))


class Sample(Schema):
    """One of the rows that would be decided, and the company that it would be linked to."""

    pending_id: int
    name: str
    company_id: int | None


class ManyForecast(Schema):
    """What would happen: of ``total`` rows ``doable`` would be decided, the others are left for these reasons."""

    total: int
    doable: int
    refusals: Mapping[str, int]
    samples: list[Sample]


class ManyStart(ManyGiven):
    """The decision, on exactly as many rows as the forecast said. ``invite`` is not for tokens of support staff."""

    seen_total: int = Field(ge=0, le=MOST_AT_ONCE)
    seen_doable: int = Field(ge=0, le=MOST_AT_ONCE)
    invite: bool | None = None
    fill_blanks: bool = False
    add_contact: bool = False
    reason_key: str = one_of(["", *IGNORE_REASONS], "", "Why, to ignore.")
    reason: str = Field("", max_length=LONGEST_REASON)
    until: date | None = Field(None, description="To snooze: the day at whose beginning they come back.")


def _checked(given: ManyGiven) -> BulkAction:
    refuse_strange("action", given.action, list(BulkAction))
    refuse_strange("tab", given.tab, TABS)
    return BulkAction(given.action)


@area.post("/pending-companies/decisions/forecast", Action.DECIDE_PENDING, ManyForecast, refuses=True)
def forecast_decisions(call: Call, given: ManyGiven) -> ManyForecast:
    """Say what deciding on many rows would do. Changes nothing."""
    found = forecast(given.selection, _checked(given), read_company_sync(), now=call.caller.now)
    samples = [Sample(pending_id=row.pending_id, name=row.name, company_id=row.company_id) for row in found.samples]
    return ManyForecast(total=found.total, doable=found.doable, refusals=found.refusals, samples=samples)


@area.post("/pending-companies/decisions", Action.DECIDE_PENDING, RunTold, status=202, refuses=True)
def decide_many(call: Call, given: ManyStart) -> Reply:
    """Decide on many rows, as a run.

    Send `seen_total` and `seen_doable` of the forecast: when they are others by now, nothing is started.
    """
    locked = call.caller.role in SUPPORT_ROLES
    until = datetime.combine(given.until, time(), tzinfo=UTC) if given.until else None
    wish = Wish(
        _checked(given), invite=None if locked else given.invite, fill_blanks=given.fill_blanks,
        add_contact=given.add_contact, reason_key=given.reason_key, reason=given.reason, until=until,
    )  # fmt: skip
    run = start_decisions(
        selection=given.selection, wish=wish, seen_total=given.seen_total, seen_doable=given.seen_doable, **call.told
    )
    return Reply(RunTold.of(run), location=f"/api/v1/decision-runs/{run.pk}")


def _run(call: Call, pk: int) -> Run:
    """Return the run: all of them for a manager's token, its own for support staff's."""
    runs = Run.objects.filter(kind=RunKind.DECISIONS)
    if not call.caller.may(Action.SEE_RUNS):
        runs = runs.filter(requested_by=call.actor.name[:200])
    run = runs.filter(pk=pk).first()
    if run is None:
        raise Http404
    return run


@area.get("/decision-runs/{int:pk}", Action.DECIDE_PENDING, RunTold)
def show_decision_run(call: Call, pk: Id) -> RunTold:
    """Show how far decisions on many rows are."""
    return RunTold.of(_run(call, pk))


@area.get("/decision-runs/{int:pk}/changes", Action.DECIDE_PENDING, ChangePage)
def list_decision_changes(call: Call, pk: Id, query: Query[ChangesQuery]) -> Reply:
    """List what became of each row."""
    return change_page(call, _run(call, pk), query)


def change_page(call: Call, run: Run, query: Any) -> Reply:
    """Return a page of a run's changes."""
    if query.state:
        refuse_strange("state", query.state, ChangeState.values)
    refuse_wrong_place(query, IN_ORDER, Change)
    page = list_changes(run, state=query.state or "", after=query.after, before=query.before, size=query.limit)
    return page_reply(call, ChangePage, page, items=[ChangeTold.of(change) for change in page.rows])


@area.post("/decision-runs/{int:pk}/cancel", Action.DECIDE_PENDING, Done)
def cancel_decision_run(call: Call, pk: Id) -> Done:
    """Ask decisions on many rows to stop. What was decided stays, and can be taken back."""
    stops = request_cancel(_run(call, pk).pk, actor=call.actor, now=call.caller.now)
    return Done(changed=stops, sentence="It stops after the row that is under way." if stops else "It was over.")
