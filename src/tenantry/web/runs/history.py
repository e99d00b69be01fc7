"""The list of runs with its picture of the last 30 days (``runs/list.html``)."""

import json
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.contrib.humanize.templatetags.humanize import intcomma
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.formats import date_format

from tenantry.sync.models import Run, Trigger
from tenantry.sync.pending.sampling import QueueDay, queue_per_day
from tenantry.sync.runs.filters import RunFilter
from tenantry.sync.runs.queries import Day, Tally, list_runs, runs_narrowed, runs_per_day, tallies_of
from tenantry.web.addresses import pager, query_of
from tenantry.web.amounts import counted
from tenantry.web.csv_files import csv_file, json_array, lines_file
from tenantry.web.runs.rows import rows_of
from tenantry.web.runs.words import kind_of, starter_of, word_of
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
        "exports": _exports(request),
        "filters": _filters(found.applied) if started else None,
        "charts": _charts(now=now) if started else [],
    }


def _charts(*, now: datetime) -> list[dict[str, Any]]:
    queue = queue_chart(queue_per_day(now=now))
    charts = [{"id": "runs", "title": "Runs of the last 30 days", **runs_chart(runs_per_day(now=now))}]
    return [*charts, {"id": "queue", "title": "The queue, day by day", **queue}] if queue else charts


def _exports(request: HttpRequest) -> list[dict[str, str]]:
    wanted = query_of({name: request.GET.get(name) for name in _FILTERS})
    return [
        {"label": form.upper(), "url": reverse("web:run-list-export", args=[form]) + wanted} for form in ("csv", "json")
    ]


_HEADS = ("run", "kind", "connection", "started_by", "state", "started_at", "ended_at", "seconds", "seen", "changed",
          "skipped", "failed", "held")  # fmt: skip
_MOST = 10_000


def export_of_history(request: HttpRequest, form: str) -> HttpResponse:
    """Return the newest runs that fit the page's filters as a file: ``csv`` or ``json``."""
    runs = list(runs_narrowed({name: request.GET.get(name, "") for name in _FILTERS})[:_MOST])
    tallies = tallies_of(runs)
    rows = [_exported(run, tallies[run.pk]) for run in runs]
    if form == "csv":
        return csv_file("sync-history.csv", _HEADS, rows)
    if form == "json":
        lines = (json.dumps(dict(zip(_HEADS, row, strict=True)), default=_iso, ensure_ascii=False) for row in rows)
        return lines_file("sync-history.json", json_array(lines), content_type="application/json")
    raise Http404


def _exported(run: Run, tally: Tally) -> tuple[object, ...]:
    seconds = round((run.ended_at - run.created_at).total_seconds(), 3) if run.ended_at else None
    return (
        run.pk, kind_of(run), run.source, starter_of(run), word_of(run), run.created_at, run.ended_at, seconds,
        tally.seen, tally.changed, tally.skipped, tally.failed, tally.held,
    )  # fmt: skip


def _iso(value: datetime) -> str:
    return value.isoformat()


def runs_chart(days: list[Day]) -> dict[str, Any]:
    """Return the picture of runs a day, with the sentence that says what it shows."""
    done, failed = sum(day.done for day in days), sum(day.failed for day in days)
    summary = f"{counted(done, 'run', 'runs')} done, {counted(failed, 'failed', 'failed')}."
    return {
        **_chart([(day.date, day.done, day.failed) for day in days]),
        "main": "done", "other": "failed", "other_tone": "bad", "summary": summary,
    }  # fmt: skip


def queue_chart(days: list[QueueDay]) -> dict[str, Any] | None:
    """Return the picture of the queue's length a day; nothing while it was never counted."""
    known = [day for day in days if day.waiting is not None]
    if not known:
        return None
    first, last = known[0].waiting or 0, known[-1].waiting or 0
    summary = f"{intcomma(last)} waiting, {intcomma(known[-1].held or 0)} held"
    change = f", from {intcomma(first)} waiting on {date_format(known[0].date, 'j M')}." if len(known) > 1 else "."
    return {
        **_chart([(day.date, day.waiting, day.held) for day in days]),
        "main": "waiting", "other": "held", "other_tone": "wait", "summary": summary + change,
    }  # fmt: skip


def _chart(days: Sequence[tuple[date, int | None, int | None]]) -> dict[str, Any]:
    rows = [{"date": day, "main": main, "other": other} for day, main, other in days]
    highest = max(((main or 0) + (other or 0) for _, main, other in days), default=0)
    return {"days": rows, "max": max(1, highest)}


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
