"""The summary of a run: every counter with its sum, so that a person can check them."""

from collections.abc import Mapping
from typing import Any

from django.contrib.humanize.templatetags.humanize import intcomma

from tenantry.sync.models import ChangeState, Run
from tenantry.web.amounts import duration
from tenantry.web.runs.words import is_decisions, is_live, is_release, is_undo, starter_of

_RECORDS = (
    ("records", "Records read"),
    ("records_invalid", "of these not usable"),
    ("records_repeated", "of these repeated"),
)
_TENANTS = (
    ("tenants_seen", "Tenants seen"),
    ("tenants_with_changes", "of these with changes"),
    ("tenants_unchanged", "of these unchanged"),
    ("tenants_waiting_for_details", "of these waiting for details"),
    ("tenants_skipped_linked", "skipped: already linked to a company here"),
    ("tenants_skipped_not_reseller", "skipped: no reseller relationship"),
    ("tenants_skipped_out_of_scope", "skipped: outside this marketplace's feed"),
    ("tenants_skipped_decided", "skipped: decided before"),
)
_DETAILS = (("details_read", "Details read"), ("details_failed", "Details that could not be read"))
_ALWAYS = {"records", "tenants_seen", "changes"}


def summary_of(run: Run) -> list[dict[str, Any]]:
    """Return the facts of the summary tab. Counters are counted when the run ends."""
    if (is_decisions(run) or is_undo(run)) and not is_live(run):
        return _decisions(run)
    facts = [
        {"label": "Connection", "value": run.source},
        {"label": "Started by", "value": starter_of(run)},
        {"label": "Duration", "value": duration(run.created_at, run.ended_at), "missing": "still running"},
        {"label": "List", "value": _completeness(run), "missing": "not read to its end"},
    ]
    if is_live(run):
        return [*facts, {"label": "Counters", "value": "", "missing": "counted from the rows when the run ends"}]
    states = _states()
    counters = (*_RECORDS, *_TENANTS, ("changes", "Changes"), *states, *_DETAILS)
    return facts + _facts(run.counters, counters)


def _decisions(run: Run) -> list[dict[str, Any]]:
    facts = [
        {"label": "Started by", "value": starter_of(run)},
        {"label": "Duration", "value": duration(run.created_at, run.ended_at)},
        {
            "label": "Rows to take back" if is_undo(run) else "Rows released" if is_release(run) else "Rows to decide",
            "value": intcomma(run.counters.get("undo" if is_undo(run) else "decisions", 0)),
        },
    ]
    return facts + [fact for fact in _facts(run.counters, _states()) if fact["value"] != "0"]


def _states() -> tuple[tuple[str, str], ...]:
    return tuple((f"changes_{state.value}", f"of these {state.label}") for state in ChangeState)


def _completeness(run: Run) -> str:
    if run.complete:
        return "complete: read to its end"
    return "incomplete: it added and updated, and judged nothing absent" if run.listed_at else ""


def _facts(counters: Mapping[str, int], names: tuple[tuple[str, str], ...]) -> list[dict[str, Any]]:
    return [
        {"label": label, "value": intcomma(counters.get(name, 0))}
        for name, label in names
        if counters.get(name) or name in _ALWAYS
    ]
