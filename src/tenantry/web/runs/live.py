"""The live part of a run: bar and big numbers (``runs/_progress.html``)."""

from datetime import datetime
from typing import Any

from django.urls import reverse

from tenantry.sync.models import ChangeState, Run, RunState
from tenantry.sync.runs.progress import Progress, progress_of
from tenantry.sync.runs.queries import Tally, tallies_of
from tenantry.web.amounts import rate, time_left
from tenantry.web.holds.words import words_of_release
from tenantry.web.runs.rows import row_of
from tenantry.web.runs.words import is_decisions, is_live, is_release, is_undo

_STEPS = {
    RunState.WAITING: "Waiting to start",
    RunState.LISTING: "Reading the list of tenants from {connection}",
    RunState.APPLYING: "Comparing and applying",
    RunState.READING_DETAILS: "Reading contacts, addresses and domains from {connection}",
}
_DECIDING = "Deciding, row by row"
_UNDOING = "Taking back, row by row"
_RELEASING = "Creating what was released, company by company"
_UNITS = {RunState.APPLYING: "changes", RunState.WAITING: ""}


def live_context(run: Run, *, now: datetime, linked: bool = True) -> dict[str, Any]:
    """Return the context of the live part. ``linked``: the numbers lead to the run's page in Sync history."""
    tally = tallies_of([run])[run.pk]
    progress = progress_of(run, now=now) if is_live(run) else None
    return {
        "run": row_of(run, tally),
        "progress": _progress(run, progress) if progress else None,
        "numbers": _linked(_numbers(run, tally), linked=linked),
        "page_url": reverse("web:run-detail", args=[run.pk]),
        "progress_url": reverse("web:run-progress", args=[run.pk]),
        "cancel_url": reverse("web:run-cancel", args=[run.pk]),
    }


def _linked(numbers: list[dict[str, Any]], *, linked: bool) -> list[dict[str, Any]]:
    return numbers if linked else [{**number, "url": ""} for number in numbers]


def _progress(run: Run, progress: Progress) -> dict[str, Any]:
    decisions = is_decisions(run) or is_undo(run)
    step = _STEPS[progress.state]
    if decisions and progress.state == RunState.APPLYING:
        step = _UNDOING if is_undo(run) else _RELEASING if is_release(run) else _DECIDING
    step = step.format(connection=run.source)
    estimated = progress.state == RunState.LISTING and progress.total is not None
    return {
        "step": f"Stopping. {step}" if progress.stopping else step,
        "done": progress.done,
        "total": progress.total,
        "percent": progress.percent,
        "unit": "rows" if decisions else _UNITS.get(progress.state, "tenants"),
        "waiting": progress.state == RunState.WAITING,
        "rate": rate(progress.rate),
        "remaining": time_left(progress.remaining),
        "note": _note(progress, estimated=estimated),
        "trouble": progress.trouble,
    }


def _note(progress: Progress, *, estimated: bool) -> str:
    if progress.stopping:
        return "Stops after the step that is under way."
    if estimated:
        return "The total is what the last complete list had."
    if progress.total is None and progress.state == RunState.LISTING:
        return "The provider does not say how many there are."
    return ""


def _numbers(run: Run, tally: Tally) -> list[dict[str, Any]]:
    address = reverse("web:run-detail", args=[run.pk])
    if is_decisions(run) or is_undo(run):
        return _decided_numbers(run, tally, address)
    made = ChangeState.PLANNED if run.preview else ChangeState.APPLIED
    return [
        {"label": "Seen", "value": tally.seen, "url": f"{address}?tab=findings&what=seen"},
        {
            "label": "Would change" if run.preview else "Changed",
            "value": tally.changed,
            "url": f"{address}?tab=changes&state={made.value}",
        },
        {"label": "Skipped", "value": tally.skipped, "url": f"{address}?tab=findings&what=skipped"},
        {"label": "Failed", "value": tally.failed, "url": f"{address}?tab=findings", "tone": "bad"},
        {"label": "Held", "value": tally.held, "url": f"{address}?tab=held", "tone": "wait"},
    ]


def _decided_numbers(run: Run, tally: Tally, address: str) -> list[dict[str, Any]]:
    def to(state: ChangeState) -> str:
        return f"{address}?tab=changes&state={state.value}"

    if is_undo(run):
        return [
            {"label": "To take back", "value": run.counters.get("undo", 0), "url": f"{address}?tab=changes"},
            {"label": "Taken back", "value": tally.changed, "url": to(ChangeState.APPLIED)},
            {"label": "Changed meanwhile", "value": tally.stale, "url": to(ChangeState.STALE)},
            {"label": "Refused", "value": tally.failed, "url": to(ChangeState.FAILED), "tone": "bad"},
            {"label": "Held", "value": tally.held, "url": f"{address}?tab=held", "tone": "wait"},
        ]
    if is_release(run):
        return [
            {"label": "Released", "value": run.counters.get("decisions", 0), "url": f"{address}?tab=changes"},
            {"label": words_of_release(run).done.capitalize(), "value": tally.changed, "url": to(ChangeState.APPLIED)},
            {"label": "Changed meanwhile", "value": tally.stale, "url": to(ChangeState.STALE)},
            {"label": "Failed so far", "value": tally.failed, "url": to(ChangeState.FAILED), "tone": "bad"},
        ]
    return [
        {"label": "To decide", "value": run.counters.get("decisions", 0), "url": f"{address}?tab=changes"},
        {"label": "Decided", "value": tally.changed, "url": to(ChangeState.APPLIED)},
        {"label": "Decided by others", "value": tally.stale, "url": to(ChangeState.STALE)},
        {"label": "Refused", "value": tally.failed, "url": to(ChangeState.FAILED), "tone": "bad"},
    ]
