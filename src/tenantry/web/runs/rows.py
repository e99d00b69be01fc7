"""Runs as ``runs/_rows.html`` and the head of ``runs/detail.html`` show them."""

from collections.abc import Iterable, Mapping
from typing import Any

from tenantry.sync.models import Run, RunKind, RunState
from tenantry.sync.runs.queries import Tally, tallies_of
from tenantry.web.amounts import counted, duration
from tenantry.web.holds.words import words_of_release
from tenantry.web.runs.words import (
    is_decisions,
    is_live,
    is_release,
    is_undo,
    kind_of,
    starter_of,
    title_of,
    tone_of,
    word_of,
)


def rows_of(runs: Iterable[Run], tallies: Mapping[int, Tally] | None = None) -> list[dict[str, Any]]:
    """Return the rows of these runs; counts their numbers unless they are given."""
    runs = list(runs)
    counted_runs = tallies_of(runs) if tallies is None else tallies
    return [row_of(run, counted_runs[run.pk]) for run in runs]


def row_of(run: Run, tally: Tally) -> dict[str, Any]:
    """Return one row."""
    return {
        "pk": run.pk,
        "kind": kind_of(run),
        "title": title_of(run),
        "connection": run.source,
        "trigger": starter_of(run),
        "word": word_of(run),
        "tone": tone_of(run),
        "started": run.created_at,
        "finished": run.ended_at,
        "duration": duration(run.created_at, run.ended_at),
        "is_live": is_live(run),
        "can_cancel": is_live(run) and run.cancel_requested_at is None,
        "sentence": sentence_of(run, tally),
        "seen": tally.seen,
        "changed": tally.changed,
        "skipped": tally.skipped,
        "failed": tally.failed,
        "held": tally.held,
    }


def sentence_of(run: Run, tally: Tally) -> str:
    """Say in one sentence what came of the run."""
    if is_live(run):
        return "It is stopping: what was applied stays." if run.cancel_requested_at else "It is going on right now."
    if run.state == RunState.FAILED:
        return "It stopped before its end. What was applied until then stays."
    if run.note:
        return run.note
    if is_undo(run):
        return _undo(run, tally)
    if is_decisions(run):
        return _release(run, tally) if is_release(run) else _decisions(run, tally)
    changes = _changes(run, tally.changed)
    failed = f", {counted(tally.failed, 'record', 'records')} failed" if tally.failed else ", nothing failed"
    cancelled = "Cancelled. " if run.state == RunState.CANCELLED else ""
    whom = ("person", "people") if run.kind == RunKind.PEOPLE else ("tenant", "tenants")
    return f"{cancelled}{counted(tally.seen, *whom)} seen, {changes}{failed}."


def _decisions(run: Run, tally: Tally) -> str:
    stale = run.counters.get("changes_stale", 0)
    parts = [
        f"{counted(tally.changed, 'row', 'rows')} decided",
        f"{counted(stale, 'row', 'rows')} decided by somebody else meanwhile" if stale else "",
        f"{counted(tally.failed, 'row', 'rows')} refused" if tally.failed else "",
        f"{counted(run.counters.get('changes_cancelled', 0), 'row', 'rows')} left as they were"
        if run.state == RunState.CANCELLED
        else "",
    ]
    return f"{'Cancelled: ' if run.state == RunState.CANCELLED else ''}{', '.join(part for part in parts if part)}."


def _undo(run: Run, tally: Tally) -> str:
    left = run.counters.get("changes_cancelled", 0)
    parts = [
        f"{counted(tally.changed, 'change', 'changes')} taken back",
        f"{counted(tally.held, 'row', 'rows')} held for a release" if tally.held else "",
        f"{counted(tally.stale, 'row', 'rows')} changed meanwhile" if tally.stale else "",
        f"{counted(tally.failed, 'row', 'rows')} could not be" if tally.failed else "",
        f"{counted(left, 'row', 'rows')} left as they were: cancelled" if left else "",
    ]
    return f"{', '.join(part for part in parts if part)}."


def _release(run: Run, tally: Tally) -> str:
    cancelled, words = run.counters.get("changes_cancelled", 0), words_of_release(run)
    parts = [
        f"{words.count(tally.changed)} {words.done}",
        f"{counted(tally.stale, 'row', 'rows')} changed or decided otherwise meanwhile" if tally.stale else "",
        f"{counted(tally.failed, 'row', 'rows')} failed so far" if tally.failed else "",
        f"{counted(cancelled, 'row', 'rows')} not {words.done}: cancelled" if cancelled else "",
    ]
    return f"{', '.join(part for part in parts if part)}."


def _changes(run: Run, changed: int) -> str:
    if run.preview:
        return f"{counted(changed, 'change', 'changes')} would be made" if changed else "nothing would change"
    return f"{counted(changed, 'change', 'changes')} made" if changed else "nothing changed"
