"""The page of one run, tab by tab (``runs/detail.html``)."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from tenantry.sync.models import Run
from tenantry.web.access import Visit
from tenantry.web.runs.changes import changes_tab, held_tab, undo_url
from tenantry.web.runs.live import live_context
from tenantry.web.runs.skipped import skipped_tab
from tenantry.web.runs.steps import steps_of
from tenantry.web.runs.summary import summary_of, sums_of

TABS = {"summary": "Summary", "changes": "Changes", "findings": "Skipped & failed", "held": "Held", "steps": "Steps"}
_FAULTS = {
    "ours": "Tenantry's",
    "the connection's configuration": "The connection's configuration",
    "the provider's": "The provider's",
    "the network's": "The network's",
}


def detail_context(request: HttpRequest, visit: Visit, run: Run) -> dict[str, Any]:
    """Return everything that the page needs for the tab that is open."""
    tab = request.GET.get("tab", "")
    tab = tab if tab in TABS else "summary"
    parts = {"changes": changes_tab, "findings": skipped_tab, "held": held_tab}
    shown = parts[tab](request, visit, run) if tab in parts else {}
    if tab == "summary":
        shown = {"summary": summary_of(run), "sums": sums_of(run)}
    elif tab == "steps":
        shown = {"steps": steps_of(run, now=visit.now)}
    return {
        **live_context(run, now=visit.now),
        "failure": _failure(run),
        "suspect": run.suspect,
        "incomplete": not run.complete and run.listed_at is not None,
        "undo_url": undo_url(visit, run),
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
