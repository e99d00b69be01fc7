"""What the pages of imports show."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from tenantry.core.imports.planning import LineKind
from tenantry.marketplace.imports.queries import TABS, lines_of
from tenantry.marketplace.models import Import, ImportLine, ImportState, LineState
from tenantry.web.addresses import pager, with_parameters
from tenantry.web.amounts import duration
from tenantry.web.texts import legible

_LIVE = {ImportState.READING, ImportState.APPLYING}
_TONES = {
    ImportState.READING: "busy",
    ImportState.PLANNED: "wait",
    ImportState.APPLYING: "busy",
    ImportState.DONE: "good",
    ImportState.CANCELLED: "off",
    ImportState.FAILED: "bad",
}
_WORDS = {ImportState.PLANNED: "waits for you"}
_LINE_TONES = {
    LineState.PLANNED: "wait",
    LineState.APPLIED: "good",
    LineState.BAD: "bad",
    LineState.STALE: "wait",
    LineState.FAILED: "bad",
}


def row_of(job: Import) -> dict[str, Any]:
    """Return one import as the list shows it."""
    state, counters = ImportState(job.state), job.counters
    return {
        "pk": job.pk,
        "file": legible(job.file_name),
        "kind": job.kind,
        "word": _WORDS.get(state, state.label),
        "tone": _TONES[state],
        "by": job.requested_by_name,
        "at": job.created_at,
        "lines": counters.get("lines", 0),
        "create": counters.get(LineKind.CREATE, 0),
        "update": counters.get(LineKind.UPDATE, 0),
        "same": counters.get(LineKind.SAME, 0),
        "bad": counters.get(LineKind.BAD, 0),
    }


def live_context(job: Import, *, now: datetime) -> dict[str, Any]:
    """Return the context of the live part (``imports/_progress.html``)."""
    state, row = ImportState(job.state), row_of(job)
    return {
        "job": row,
        "is_live": state in _LIVE,
        "can_apply": state is ImportState.PLANNED,
        "can_cancel": state in {*_LIVE, ImportState.PLANNED},
        "progress": _progress(job, state) if state in _LIVE else None,
        "numbers": _numbers(job, row),
        "took": duration(job.created_at, job.ended_at or now),
    }


def _progress(job: Import, state: ImportState) -> dict[str, Any]:
    counters = job.counters
    if state is ImportState.READING:
        step, done, total = "Reading the file", job.cursor, None
    else:
        step = "Applying"
        done = sum(counters.get(name, 0) for name in (LineState.APPLIED, LineState.STALE, LineState.FAILED))
        total = counters.get(LineKind.CREATE, 0) + counters.get(LineKind.UPDATE, 0)
    percent = done * 100 // total if total else 0
    return {
        "step": step, "done": done, "total": total, "percent": percent, "unit": "lines", "rate": "", "remaining": "",
        "waiting": not done, "note": "", "trouble": "",
    }  # fmt: skip


def _numbers(job: Import, row: Mapping[str, Any]) -> list[dict[str, Any]]:
    address, counters = reverse("web:import-detail", args=[job.pk]), job.counters
    numbers = [
        {"label": "New", "value": row["create"], "url": f"{address}?tab=create"},
        {"label": "Changes", "value": row["update"], "url": f"{address}?tab=update"},
        {"label": "As they are", "value": row["same"], "url": address},
        {"label": "Can't be used", "value": row["bad"], "url": f"{address}?tab=bad", "tone": "bad"},
    ]
    if job.state not in {ImportState.READING, ImportState.PLANNED}:
        numbers.append({"label": "Applied", "value": counters.get(LineState.APPLIED, 0), "url": address})
    return numbers


def detail_context(request: HttpRequest, job: Import, *, now: datetime) -> dict[str, Any]:
    """Return the context of ``imports/detail.html``."""
    wanted = request.GET.get("tab", "")
    tab = wanted if wanted in TABS else _first_tab(job)
    listed = lines_of(job, tab, after=request.GET.get("after", ""), before=request.GET.get("before", ""))
    tabs = [
        {
            "label": label, "count": listed.counts[name], "over": False, "active": name == tab,
            "url": with_parameters(request, tab=name, after=None, before=None),
        }
        for name, label in TABS.items()
    ]  # fmt: skip
    return {
        **live_context(job, now=now),
        "tab": tab,
        "tabs": tabs,
        "lines": [_line(line) for line in listed.page.rows],
        "pager": pager(request, listed.page),
        "problem": job.problem,
        "has_problems": listed.counts["bad"] + listed.counts["open"] > 0,
        "unknown_columns": [legible(name) for name in job.counters.get("unknown_columns", [])][:20],
        "sentence": _sentence(job),
    }


def _first_tab(job: Import) -> str:
    counters = job.counters
    if counters.get(LineKind.CREATE) or not counters.get(LineKind.UPDATE):
        return "create" if counters.get(LineKind.CREATE) or not counters.get(LineKind.BAD) else "bad"
    return "update"


def _sentence(job: Import) -> str:
    state, row = ImportState(job.state), row_of(job)
    what = (
        f"{row['create']:,} new, {row['update']:,} changed, {row['same']:,} as they are, {row['bad']:,} can't be used"
    )
    if state is ImportState.READING:
        return "The file is being read. Nothing is written to companies or people until you apply it."
    if state is ImportState.PLANNED:
        return f"Of {row['lines']:,} lines: {what}. Nothing was written yet."
    if state is ImportState.CANCELLED:
        return "Cancelled. What was applied before stays."
    if state is ImportState.DONE and not row["create"] + row["update"]:
        return f"Of {row['lines']:,} lines none changes anything: {row['bad']:,} can't be used."
    return f"Of {row['lines']:,} lines: {what}."


def _line(line: ImportLine) -> dict[str, Any]:
    before, after = line.before or {}, line.after or {}
    fields = [
        {"label": name.replace("_", " "), "before": _shown(before.get(name)), "after": _shown(value)}
        for name, value in after.items()
        if name != "external_id"
    ]
    return {
        "number": line.number, "subject": legible(line.subject) or "?", "is_new": line.kind == LineKind.CREATE,
        "fields": fields, "reason": line.reason, "word": LineState(line.state).label,
        "tone": _LINE_TONES[LineState(line.state)],
    }  # fmt: skip


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(legible(str(part)) for part in value.values())
    if isinstance(value, list):
        return ", ".join(legible(str(part)) for part in value)
    return legible(str(value)) if value else ""
