"""The timeline of a run: requested, list read, compared and applied, details, end."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from tenantry.core.planning.companies import ChangeKind
from tenantry.core.planning.linked import LinkedKind
from tenantry.sync.models import ChangeState, Observation, ObservationState, Run, RunState
from tenantry.sync.runs.progress import stage_of
from tenantry.sync.runs.queries import Part, parts_of
from tenantry.web.amounts import counted, duration
from tenantry.web.runs.words import is_decisions, is_live, is_release, is_undo, starter_of, tone_of, word_of

Step = dict[str, Any]


def steps_of(run: Run, *, now: datetime) -> list[Step]:
    """Return what the run has done so far and what it is doing."""
    begun = run.observation.started_at if run.observation else run.listed_at
    steps = [
        {
            "title": "Requested", "tone": "good", "at": run.created_at, "detail": f"Started by {starter_of(run)}.",
            "duration": duration(run.created_at, begun) if begun and begun >= run.created_at else "",
        }
    ]  # fmt: skip
    if run.observation is not None:
        steps.append(_listing(run, run.observation, now=now))
    if run.listed_at is not None:
        parts = parts_of(run)
        steps.append(_applying(run, [part for part in parts if part.kind not in _LATER], now=now))
        if not (is_decisions(run) or is_undo(run)):
            steps += _later(run, parts)
        if run.observation is not None and not run.preview:
            steps.append(_details(run, run.observation, now=now))
    if run.listed_at is not None and (is_decisions(run) or is_undo(run)):
        steps[-1] |= {"title": _row_by_row(run)}
    if run.cancel_requested_at is not None:
        steps.append({"title": "Cancel asked for", "tone": "off", "at": run.cancel_requested_at})
    if not is_live(run):
        steps.append({
            "title": "Ended", "word": word_of(run), "tone": tone_of(run), "at": run.ended_at,
            "duration": duration(run.created_at, run.ended_at), "detail": run.note,
        })  # fmt: skip
    return steps


def _row_by_row(run: Run) -> str:
    if is_undo(run):
        return "Taken back, row by row"
    return "Created, company by company" if is_release(run) else "Decided, row by row"


_LISTING_TONES = {
    ObservationState.WAITING: ("busy", "waiting to start"),
    ObservationState.LISTING: ("busy", "going on"),
    ObservationState.DONE: ("good", ""),
    ObservationState.FAILED: ("bad", "failed"),
    ObservationState.CANCELLED: ("off", "cancelled"),
}


def _listing(run: Run, observation: Observation, *, now: datetime) -> Step:
    tone, word = _LISTING_TONES[ObservationState(observation.state)]
    if observation.state == ObservationState.DONE and not observation.complete:
        tone, word = "wait", "ended, but not cleanly: nothing counts as absent"
    parts = [
        f"{counted(observation.records, 'record', 'records')} on {counted(observation.pages, 'page', 'pages')}",
        f"{observation.invalid:,} could not be used" if observation.invalid else "",
        f"{observation.repeated:,} came twice" if observation.repeated else "",
        f"started over {counted(observation.generation - 1, 'time', 'times')}" if observation.generation > 1 else "",
    ]
    return {
        "title": f"List of tenants read from {run.source}",
        "tone": tone,
        "word": word,
        "at": observation.started_at,
        "duration": duration(observation.started_at, observation.listed_at or observation.ended_at or now),
        "detail": ", ".join(part for part in parts if part) + ".",
    }


# Kinds of changes that come after the pending companies were brought up to date, with the words of their step.
_LATER = {
    LinkedKind.UPDATE.value: "Linked companies brought up to their tenants",
    LinkedKind.ENDED.value: "Linked companies brought up to their tenants",
    LinkedKind.RETURNED.value: "Linked companies brought up to their tenants",
    ChangeKind.CREATE.value: "Companies created by rule",
}


def _applying(run: Run, parts: Sequence[Part], *, now: datetime) -> Step:
    goes_on = stage_of(run) == RunState.APPLYING
    until = now if goes_on else _last(parts)
    return {
        "title": "Compared" if run.preview else "Compared and applied",
        "tone": "busy" if goes_on else "good",
        "word": "going on" if goes_on else "",
        "at": run.listed_at,
        "duration": duration(run.listed_at, until),
        "detail": _counts(parts) or "Nothing to change.",
    }


def _later(run: Run, parts: Sequence[Part]) -> list[Step]:
    """Return the steps that follow, of those kinds that the run has; each begins with its first planned change."""
    steps = []
    for title in dict.fromkeys(_LATER.values()):
        own = [part for part in parts if _LATER.get(part.kind) == title]
        if own:
            first = min(part.first for part in own)
            held = any(part.state == ChangeState.HELD for part in own)
            steps.append({
                "title": title, "tone": "wait" if held else "good", "word": "some held" if held else "", "at": first,
                "duration": duration(first, min(filter(None, (_last(own), run.ended_at)), default=None)),
                "detail": _counts(own),
            })  # fmt: skip
    return steps


def _last(parts: Sequence[Part]) -> datetime | None:
    return max((part.last for part in parts if part.last), default=None)


def _counts(parts: Sequence[Part]) -> str:
    states: Counter[str] = Counter()
    for part in parts:
        states[part.state] += part.count
    return f"{', '.join(f'{count:,} {state}' for state, count in sorted(states.items()))}." if states else ""


def _details(run: Run, observation: Observation, *, now: datetime) -> Step:
    goes_on = run.state == RunState.READING_DETAILS
    read, failed, total = observation.details_read, observation.details_failed, observation.details_total
    if not (total or read or failed):
        detail, tone = "None were due.", "off" if run.state == RunState.APPLYING else "good"
    else:
        detail = f"{read:,} of {max(total, read + failed):,} read{f', {failed:,} could not be' if failed else ''}."
        tone = "wait" if failed else "good"
    return {
        "title": "Details read, tenant by tenant",
        "tone": "busy" if goes_on else tone,
        "word": "going on" if goes_on else "",
        "at": run.listed_at,
        "duration": duration(run.listed_at, run.ended_at or now) if read or failed else "",
        "detail": detail,
    }
