"""The list of runs with its picture of the last 30 days (``runs/list.html``)."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from tenantry.sync.models import Trigger
from tenantry.sync.runs.filters import RunFilter
from tenantry.sync.runs.queries import Day, list_runs, runs_per_day
from tenantry.web.addresses import pager
from tenantry.web.amounts import counted
from tenantry.web.runs.rows import rows_of
from tenantry.web.selects import select

_TRIGGERS = [(value, str(label)) for value, label in Trigger.choices]
_FILTERS = ("kind", "state", "trigger")


def history_context(request: HttpRequest, *, now: datetime) -> dict[str, Any]:
    """Return the list's context."""
    found = list_runs(
        {name: request.GET.get(name, "") for name in _FILTERS},
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
    )
    rows = rows_of(found.page.rows, found.tallies)
    started = bool(rows) or found.applied.narrowed
    return {
        "runs": rows,
        "pager": pager(request, found.page),
        "filters": _filters(found.applied) if started else None,
        "chart": chart_of(runs_per_day(now=now)) if started else None,
    }


def chart_of(days: list[Day]) -> dict[str, Any]:
    """Return the picture's context, with the sentence that says what it shows."""
    done, failed = sum(day.done for day in days), sum(day.failed for day in days)
    summary = f"{counted(done, 'run', 'runs')} done, {counted(failed, 'failed', 'failed')}."
    highest = max((day.done + day.failed for day in days), default=0)
    return {"days": days, "max": max(1, highest), "summary": summary}


def _filters(applied: RunFilter) -> dict[str, Any]:
    values = {name: str(value or "") for name, value in applied.values.items()}
    address = reverse("web:run-list")
    return {
        "action": address,
        "selects": [
            select(
                "state",
                "State: any",
                values["state"],
                (("running", "running"), ("done", "done"), ("failed", "failed"), ("cancelled", "cancelled")),
            ),
            select(
                "kind",
                "Kind: any",
                values["kind"],
                (("sync", "syncs"), ("preview", "previews"), ("decisions", "decisions on many rows"), ("undo", "undo")),
            ),
            select("trigger", "Started by: any", values["trigger"], _TRIGGERS),
        ],
        "hidden": [],
        "clear_url": address,
        "filtered": applied.narrowed,
    }
