"""What a run left alone or could not use: the tab *Skipped & failed* (``runs/_skipped.html``)."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from tenantry.core.permissions import Action
from tenantry.sync.holds.releasing import RELEASE
from tenantry.sync.models import Change, ChangeState, Finding, Run
from tenantry.sync.runs.queries import list_failures
from tenantry.sync.runs.tenants import KINDS, REASONS, SeenTenant, list_seen
from tenantry.web.access import Visit
from tenantry.web.addresses import pager, with_parameters
from tenantry.web.amounts import counted
from tenantry.web.runs.words import change_tone
from tenantry.web.selects import select
from tenantry.web.texts import legible

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
_MOST_DIGITS = 18


def skipped_tab(request: HttpRequest, visit: Visit, run: Run) -> dict[str, Any]:
    """Return the context of the tab: what failed, or the tenants of one kind that the list showed."""
    what = request.GET.get("what", "")
    what = what if what in KINDS else ""
    words = request.GET.get("q", "").strip()[:100] if what else ""
    address = reverse("web:run-detail", args=[run.pk])
    shown = _tenants(request, visit, run, what, words) if what else _failures(request, run)
    if run.observation is None:
        return shown
    options = [(name, label.capitalize()) for name, (_, label) in KINDS.items()]
    return {
        **shown,
        "filters": {
            "action": address,
            "search": {"value": words, "label": "Search name, domain or id"} if what else None,
            "selects": [select("what", "Failed, stale or not usable", what, options)],
            "hidden": [{"name": "tab", "value": "findings"}],
            "clear_url": f"{address}?tab=findings",
            "filtered": bool(what),
        },
    }


def _tenants(request: HttpRequest, visit: Visit, run: Run, what: str, words: str) -> dict[str, Any]:
    after = request.GET.get("after", "")
    number = int(after) if after.isascii() and after.isdigit() and len(after) <= _MOST_DIGITS else 0
    page = list_seen(run, kind=what, words=words, after=number)
    sees_companies = visit.presence.may(Action.SEE_COMPANIES)
    return {
        "tenants": [_tenant_row(row, sees_companies=sees_companies) for row in page.rows],
        "what": KINDS[what][1],
        "pager": {
            "previous_url": "",
            "next_url": with_parameters(request, after=str(page.after), before=None) if page.after else "",
            "first_url": with_parameters(request, after=None, before=None) if number else "",
            "text": "",
        },
    }


def _tenant_row(row: SeenTenant, *, sees_companies: bool) -> dict[str, Any]:
    url = reverse("web:pending-detail", args=[row.pending_id]) if row.pending_id else ""
    if not url and row.company_id and sees_companies:
        url = reverse("web:company-detail", args=[row.company_id])
    return {
        "name": legible(row.name),
        "external_id": row.external_id,
        "url": url,
        "word": KINDS[row.kind][1].partition(":")[0] if row.kind in KINDS else row.kind,
        "reason": REASONS.get(row.kind, ""),
    }


def _failures(request: HttpRequest, run: Run) -> dict[str, Any]:
    page = list_failures(run, after=request.GET.get("after", ""), before=request.GET.get("before", ""))
    observation = run.observation
    unusable = observation.invalid if observation else 0
    return {
        "findings": [_finding_row(row) if isinstance(row, Finding) else _change_row(row) for row in page.rows],
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


def _change_row(change: Change) -> dict[str, Any]:
    stale = change.state == ChangeState.STALE
    return {
        "subject": legible(change.subject_name),
        "reference": change.subject,
        "word": change.get_state_display(),
        "tone": change_tone(change),
        "reason": legible(change.problem or change.reason),
        "whose": "Nobody's" if stale else "Tenantry's",
        "next": _next(change),
    }


def _next(change: Change) -> str:
    stale = change.state == ChangeState.STALE
    if change.kind == RELEASE:
        return "It waits in Held, or was decided." if stale else "It is tried again by itself."
    if change.kind.startswith(("decide.", "undo.")):
        return "Look at the row and decide on it by itself."
    return "It was planned anew on what is there now." if stale else "The next sync tries again."
