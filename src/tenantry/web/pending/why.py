"""*Why is this row like this?*: each rule with what it was given and its answer (``pending/why.html``)."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from tenantry.core.permissions import Action
from tenantry.sync.explaining import Explained, explain_tenants
from tenantry.web.access import Visit, needs
from tenantry.web.pending.whereabouts import answer_of, asked
from tenantry.web.rules import rule_row


@require_safe
@needs(Action.SEE_PENDING)
def pending_why(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Say of the tenant that was pasted what each rule says of it now. Changes nothing."""
    given, external_id, domain = asked(request)
    found = explain_tenants(external_id=external_id, domain=domain) if external_id or domain else []
    links = visit.presence.may(Action.SEE_COMPANIES)
    context = {
        "given": given,
        "unreadable": bool(given) and not found,
        "action": reverse("web:pending-why"),
        "explained": [_explained(each, links=links) for each in found],
    }
    return render(request, "pending/why.html", context)


def _explained(each: Explained, *, links: bool) -> dict[str, Any]:
    return {"answer": answer_of(each.found, links=links), "rules": [rule_row(rule) for rule in each.rules]}
