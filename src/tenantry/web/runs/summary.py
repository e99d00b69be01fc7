"""The summary of a run: what it was, and every counter in its sum, so that a person can check them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.humanize.templatetags.humanize import intcomma
from django.urls import reverse

from tenantry.sync.models import ChangeState, Run
from tenantry.web.amounts import duration
from tenantry.web.runs.words import is_decisions, is_live, is_release, is_undo, starter_of

_DETAILS = (("details_read", "Details read"), ("details_failed", "Details that could not be read"))


@dataclass(frozen=True, slots=True)
class _Sum:
    """A counter, and those that it must be the sum of: each with its words and the part of the page that has its rows.

    What is ``always`` shown is shown at zero, too.
    """

    total: str
    label: str
    rows: str
    parts: tuple[tuple[str, str, str], ...]
    always: bool = False


_SUMS = (
    _Sum("records", "Records read", "tab=findings&what=seen", (
        ("records_valid", "valid", "tab=findings&what=seen"),
        ("records_invalid", "not usable", "tab=findings"),
        ("records_repeated", "repeated", ""),
    )),
    _Sum("tenants_seen", "Tenants seen", "tab=findings&what=seen", (
        ("tenants_with_changes", "with changes", "tab=findings&what=with_changes"),
        ("tenants_unchanged", "unchanged", "tab=findings&what=unchanged"),
        ("tenants_waiting_for_details", "waiting for details", "tab=findings&what=waiting_for_details"),
        ("tenants_skipped", "skipped", "tab=findings&what=skipped"),
    )),
    _Sum("tenants_skipped", "Tenants skipped", "tab=findings&what=skipped", (
        ("tenants_skipped_linked", "linked to a company here", "tab=findings&what=skipped_linked"),
        ("tenants_skipped_not_reseller", "no reseller relationship", "tab=findings&what=skipped_not_reseller"),
        ("tenants_skipped_out_of_scope", "outside this marketplace's feed", "tab=findings&what=skipped_out_of_scope"),
        ("tenants_skipped_decided", "decided before", "tab=findings&what=skipped_decided"),
    )),
    _Sum("people_seen", "People seen", "tab=changes", (
        ("people_with_changes", "with changes", "tab=changes"),
        ("people_unchanged", "unchanged", ""),
        ("people_skipped", "skipped", ""),
    )),
    _Sum("changes", "Changes", "tab=changes", tuple(
        (f"changes_{state.value}", str(state.label), f"tab=changes&state={state.value}") for state in ChangeState
    ), always=True),
)  # fmt: skip


def summary_of(run: Run) -> list[dict[str, Any]]:
    """Return the facts of the summary tab."""
    facts = [
        {"label": "Connection", "value": run.source, "missing": "none: it reads nothing"},
        {"label": "Started by", "value": starter_of(run)},
        {"label": "Duration", "value": duration(run.created_at, run.ended_at), "missing": "still running"},
    ]
    if is_decisions(run) or is_undo(run):
        return [*facts[1:], _rows(run)]
    facts.append({"label": "List", "value": _completeness(run), "missing": "not read to its end"})
    if is_live(run):
        return [*facts, {"label": "Counters", "value": "", "missing": "counted from the rows when the run ends"}]
    return facts + [
        {"label": label, "value": intcomma(run.counters[name])} for name, label in _DETAILS if run.counters.get(name)
    ]


def _rows(run: Run) -> dict[str, Any]:
    label = "Rows to take back" if is_undo(run) else "Rows released" if is_release(run) else "Rows to decide"
    return {"label": label, "value": intcomma(run.counters.get("undo" if is_undo(run) else "decisions", 0))}


def sums_of(run: Run) -> list[dict[str, Any]]:
    """Return the counters of a run that has ended, each with its parts and whether these sum up to it."""
    return [] if is_live(run) else list(_sums(run))


def _sums(run: Run) -> Iterator[dict[str, Any]]:
    address = reverse("web:run-detail", args=[run.pk])
    counters = _with_valid(run.counters)
    for each in _SUMS:
        if not counters.get(each.total) and not each.always:
            continue
        parts: list[dict[str, Any]] = [
            {"label": label, "value": counters.get(name, 0), "url": f"{address}?{rows}" if rows else ""}
            for name, label, rows in each.parts
            if counters.get(name)
        ]
        total = counters.get(each.total, 0)
        adds_up = sum(part["value"] for part in parts) == total
        yield {
            "label": each.label, "value": total, "url": f"{address}?{each.rows}", "parts": parts, "adds_up": adds_up,
        }  # fmt: skip


def _with_valid(counters: Mapping[str, int]) -> dict[str, int]:
    """Return the counters with how many records were valid: as many as tenants were seen, where these were counted."""
    left = counters.get("records", 0) - counters.get("records_invalid", 0) - counters.get("records_repeated", 0)
    return {**counters, "records_valid": counters.get("tenants_seen", left)}


def _completeness(run: Run) -> str:
    if run.complete:
        return "complete: read to its end"
    return "incomplete: it added and updated, and judged nothing absent" if run.listed_at else ""
