"""The deciding half of a pending company's page: candidates side by side, search, and the bar of decisions."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from tenantry.core.permissions import Action
from tenantry.sync.deciding.answering import OPEN_STATES, standing_decision
from tenantry.sync.deciding.queries import decisions_of, proposals_for
from tenantry.sync.deciding.reasons import IGNORE_REASONS
from tenantry.sync.deciding.refusals import why_not_link
from tenantry.sync.deciding.undoing import explain_undo
from tenantry.sync.matching.searching import Found, find_companies
from tenantry.sync.models import Decision, PendingCompany, PendingState
from tenantry.sync.pending.filters import FILTERS
from tenantry.sync.switches import read_company_sync
from tenantry.web.access import Visit
from tenantry.web.pending.candidates import cards_of
from tenantry.web.pending.forms import BIGGEST
from tenantry.web.pending.listing import kept_query, wanted_by
from tenantry.web.texts import legible

_LINK_SENTENCE = "Links the tenant. Creates nothing, renames nothing."


def deciding_context(request: HttpRequest, visit: Visit, pending: PendingCompany) -> dict[str, Any]:
    """Return what ``pending/detail.html`` needs for deciding."""
    open_now = pending.state in OPEN_STATES
    may_decide = visit.presence.may(Action.DECIDE_PENDING)
    refusal = why_not_link(read_company_sync())
    chosen = _number(request.GET.get("company", ""))
    proposals = proposals_for(pending, chosen=chosen) if open_now else []
    sought = request.GET.get("company_q", "").strip()[:200]
    kept = kept_query(wanted_by(request))
    return {
        "decidable": open_now and may_decide,
        "cards": cards_of(pending.tenant, proposals),
        "comparing": open_now and pending.matched_at is None,
        "can_link": may_decide and open_now and not refusal,
        "link_refusal": refusal if open_now else "",
        "link_sentence": _LINK_SENTENCE,
        "contact": legible(pending.contact_name or pending.contact_email) if pending.contact_email else "",
        "version": pending.version,
        "sought": sought,
        "found": _found(pending, find_companies(sought), kept) if sought and open_now else None,
        "urls": {name: reverse(f"web:pending-{name}", args=[pending.pk]) + kept for name in _FORMS},
        "can_reopen": may_decide and pending.state in {PendingState.IGNORED, PendingState.SNOOZED},
        "outcome": _outcome(request, visit, pending) if not open_now or pending.state == PendingState.SNOOZED else None,
        "decisions": [_decision(decision) for decision in decisions_of(pending)],
        "list_hidden": _hidden(request),
    }


_FORMS = ("create", "link", "ignore", "snooze", "reject", "reopen")


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and 0 < int(text[:20]) <= BIGGEST else None


def _found(pending: PendingCompany, found: Found, kept: str) -> dict[str, Any]:
    page = reverse("web:pending-detail", args=[pending.pk])
    joint = "&" if kept else "?"
    return {
        "more": found.more,
        "companies": [
            {
                "name": legible(company.name),
                "country": company.country,
                "status": company.get_status_display(),
                "url": f"{page}{kept}{joint}company={company.pk}#candidates",
            }
            for company in found.companies
        ],
    }


def _hidden(request: HttpRequest) -> list[dict[str, str]]:
    """Return what a GET form must carry to stay in what the person looks at."""
    names = ("tab", *FILTERS, "sort")
    return [{"name": name, "value": request.GET[name]} for name in names if request.GET.get(name)]


def _outcome(request: HttpRequest, visit: Visit, pending: PendingCompany) -> dict[str, Any] | None:
    decision = standing_decision(pending)
    if decision is None:
        return None
    may_any = visit.presence.may(Action.UNDO_ANY_DECISION)
    effect = explain_undo(decision, actor=visit.actor, may_undo_any=may_any, now=visit.now)
    undo = reverse("web:decision-undo", args=[decision.pk]) + kept_query(wanted_by(request))
    return {
        **_decision(decision),
        "until": pending.snoozed_until,
        "undo_url": undo if effect.possible else "",
        "undo_refusal": legible(effect.refusal),
    }


def _decision(decision: Decision) -> dict[str, Any]:
    reason = IGNORE_REASONS.get(decision.reason_key, "")
    told = ": ".join(part for part in (reason, legible(decision.reason)) if part)
    return {
        "title": decision.get_kind_display().capitalize(),
        "company": legible(decision.company_name),
        "company_id": decision.company_id,
        "by": decision.actor_name,
        "at": decision.created_at,
        "detail": told,
        "undone": decision.undone_by is not None,
    }
