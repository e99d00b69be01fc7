"""The page of one run, tab by tab (``runs/detail.html``)."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from tenantry.core.permissions import Action
from tenantry.sync.holds.releasing import RELEASE
from tenantry.sync.models import Change, ChangeState, Finding, Run
from tenantry.sync.runs.queries import list_changes, list_failures, pending_of_tenants
from tenantry.sync.undoing.planning import can_be_undone
from tenantry.sync.undoing.registry import way_for
from tenantry.web.access import Visit
from tenantry.web.addresses import pager
from tenantry.web.amounts import counted
from tenantry.web.runs.live import live_context
from tenantry.web.runs.steps import steps_of
from tenantry.web.runs.summary import summary_of
from tenantry.web.runs.words import change_kind, change_tone, differences, is_live
from tenantry.web.texts import legible

TABS = {"summary": "Summary", "changes": "Changes", "findings": "Skipped & failed", "steps": "Steps"}
_FAULTS = {
    "ours": "Tenantry's",
    "the connection's configuration": "The connection's configuration",
    "the provider's": "The provider's",
    "the network's": "The network's",
}
_FINDING_WORDS = {
    "invalid record": ("skipped", "wait", "The provider's", "Nothing to do: it is read again with the next sync."),
    "details not read": (
        "failed", "bad", "The provider's or the connection's permissions: the reason says which",
        "It is tried again by itself, later and later. What was known stays.",
    ),
    "relationship ended": (
        "ended", "off", "Nobody's", "The pending company is withdrawn. It returns if the relationship does.",
    ),
}  # fmt: skip


def detail_context(request: HttpRequest, visit: Visit, run: Run) -> dict[str, Any]:
    """Return everything that the page needs for the tab that is open."""
    tab = request.GET.get("tab", "")
    tab = tab if tab in TABS else "summary"
    parts = {"changes": _changes, "findings": _findings}
    shown = parts[tab](request, visit, run) if tab in parts else {}
    if tab == "summary":
        shown = {"summary": summary_of(run)}
    elif tab == "steps":
        shown = {"steps": steps_of(run, now=visit.now)}
    return {
        **live_context(run, now=visit.now),
        "failure": _failure(run),
        "suspect": run.suspect,
        "incomplete": not run.complete and run.listed_at is not None,
        "undo_url": _undo_url(visit, run),
        "tab": tab,
        "tabs": _tabs(run, tab),
        **shown,
    }


def _tabs(run: Run, current: str) -> list[dict[str, Any]]:
    address = reverse("web:run-detail", args=[run.pk])
    return [
        {"label": label, "url": f"{address}?tab={name}", "active": name == current, "count": None}
        for name, label in TABS.items()
    ]


def _undo_url(visit: Visit, run: Run) -> str:
    """Return where the run is taken back, or nothing when that can't be. One query at most."""
    if is_live(run) or not visit.presence.may(Action.UNDO_RUN) or not can_be_undone(run, now=visit.now):
        return ""
    return reverse("web:run-undo", args=[run.pk])


def _failure(run: Run) -> dict[str, str] | None:
    if not run.failure:
        return None
    ids = {"request": run.failure.get("request_id"), "correlation": run.failure.get("correlation_id")}
    return {
        "what": run.failure.get("what", ""),
        "whose": _FAULTS.get(run.failure.get("fault", ""), run.failure.get("fault", "")),
        "next": run.failure.get("next", ""),
        "detail": " · ".join(f"{name} id {value}" for name, value in ids.items() if value),
        "url": "",
        "action": "",
    }


def _changes(request: HttpRequest, visit: Visit, run: Run) -> dict[str, Any]:
    state = request.GET.get("state", "")
    state = state if state in ChangeState.values else ""
    undo_possible = bool(_undo_url(visit, run))
    page = list_changes(run, state=state, after=request.GET.get("after", ""), before=request.GET.get("before", ""))
    address = reverse("web:run-detail", args=[run.pk])
    return {
        "changes": change_rows(page.rows, undo=undo_possible),
        "can_undo": undo_possible,
        "pager": pager(request, page),
        "filters": {
            "action": address,
            "selects": [{
                "name": "state", "label": "Outcome", "value": state,
                "options": [{"value": "", "label": "Outcome: any"}]
                + [{"value": value, "label": str(label)} for value, label in ChangeState.choices],
            }],
            "hidden": [{"name": "tab", "value": "changes"}],
            "clear_url": f"{address}?tab=changes",
            "filtered": bool(state),
        },
    }  # fmt: skip


def change_rows(changes: Sequence[Change], *, undo: bool = False) -> list[dict[str, Any]]:
    """Return these changes as the page's table shows them. One query. ``undo``: they may be chosen to be taken back."""
    pending = pending_of_tenants(change.tenant_id for change in changes)
    return [_change_row(change, pending.get(change.tenant_id), undo=undo) for change in changes]


def _change_row(change: Change, pending_id: int | None, *, undo: bool) -> dict[str, Any]:
    return {
        "pk": change.pk,
        "undoable": undo and change.state == ChangeState.APPLIED and way_for(change.kind) is not None,
        "subject": legible(change.subject_name),
        "subject_url": reverse("web:pending-detail", args=[pending_id]) if pending_id else "",
        "what": change_kind(change),
        "is_new": change.before is None,
        "fields": differences(change),
        "reason": change.problem or change.reason,
        "word": change.get_state_display(),
        "tone": change_tone(change),
    }


def _findings(request: HttpRequest, visit: Visit, run: Run) -> dict[str, Any]:  # noqa: ARG001  # as all tabs
    page = list_failures(run, after=request.GET.get("after", ""), before=request.GET.get("before", ""))
    observation = run.observation
    unusable = observation.invalid if observation else 0
    return {
        "findings": [_finding_row(row) if isinstance(row, Finding) else _undone_row(row) for row in page.rows],
        "findings_note": f"{counted(unusable, 'record', 'records')} of the connection could not be used at all."
        if unusable
        else "",
        "pager": pager(request, page),
    }


def _finding_row(finding: Finding) -> dict[str, Any]:
    word, tone, whose, then = _FINDING_WORDS.get(finding.kind, (finding.kind, "wait", "", ""))
    return {
        "subject": legible(finding.tenant.name) if finding.tenant else "A record that names no tenant",
        "reference": legible(finding.reference),
        "word": word,
        "tone": tone,
        "reason": legible(finding.reason),
        "whose": whose,
        "next": then,
    }


def _undone_row(change: Change) -> dict[str, Any]:
    stale = change.state == ChangeState.STALE
    return {
        "subject": legible(change.subject_name),
        "reference": change.subject,
        "word": change.get_state_display(),
        "tone": change_tone(change),
        "reason": change.problem or change.reason,
        "whose": "Nobody's" if stale else "Tenantry's",
        "next": _next(change),
    }


def _next(change: Change) -> str:
    if change.kind == RELEASE:
        return (
            "It waits in Held, or was decided." if change.state == ChangeState.STALE else "It is tried again by itself."
        )
    if change.kind.startswith("decide."):
        return "Look at the row and decide on it by itself."
    stale = change.state == ChangeState.STALE
    return "It was planned anew on what is there now." if stale else "The next sync tries again."
