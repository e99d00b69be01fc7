"""*Where is my tenant?*, asked in a marketplace, and by operators at a connection."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from tenantry.audit.events import Happening, Target
from tenantry.audit.services import record_event
from tenantry.connections.models import Connection
from tenantry.core.permissions import Action
from tenantry.core.whereabouts import Whereabouts
from tenantry.isolation.scope import marketplace_scope
from tenantry.sync.observe.states import fed_marketplaces
from tenantry.sync.whereabouts import Found, find_tenant, named
from tenantry.web.access import OperatorVisit, Visit, needs, needs_operator
from tenantry.web.addresses import query_of
from tenantry.web.texts import legible

_TONES = {
    Whereabouts.LINKED: "good",
    Whereabouts.WAITING: "wait",
    Whereabouts.DECIDED: "off",
    Whereabouts.EXCLUDED: "off",
    Whereabouts.COMING: "busy",
    Whereabouts.PERMISSION_MISSING: "bad",
    Whereabouts.NOT_IN_LIST: "off",
    Whereabouts.NOT_VISIBLE: "off",
}
_LONGEST = 300
_MOST_MARKETPLACES = 20


@require_safe
@needs(Action.SEE_PENDING)
def pending_where(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Say where the tenant is that was pasted, and what to do next."""
    given, external_id, domain = asked(request)
    found = find_tenant(external_id=external_id, domain=domain) if external_id or domain else []
    sees_companies = visit.presence.may(Action.SEE_COMPANIES)
    context = {
        "given": given,
        "unreadable": bool(given) and not found,
        "groups": [{"title": "", "answers": [answer_of(each, links=sees_companies) for each in found]}]
        if found
        else [],
        "action": reverse("web:pending-where"),
        "connection": None,
    }
    return render(request, "pending/where.html", context)


@require_safe
@needs_operator
def operator_connection_where(request: HttpRequest, visit: OperatorVisit, pk: int) -> HttpResponse:
    """Say where a tenant of this connection is, in each marketplace that it feeds. Each look is on its record."""
    connection = Connection.objects.filter(pk=pk).first()
    if connection is None:
        raise Http404
    given, external_id, domain = asked(request)
    groups = _in_marketplaces(visit, connection, external_id, domain) if external_id or domain else []
    context = {
        "given": given,
        "unreadable": bool(given) and not (external_id or domain),
        "groups": groups,
        "action": reverse("web:operator-connection-where", args=[pk]),
        "connection": {"name": connection.name, "url": reverse("web:operator-connection", args=[pk])},
        "feeds_nothing": bool(external_id or domain) and not groups,
    }
    return render(request, "pending/where.html", context)


def asked(request: HttpRequest) -> tuple[str, str, str]:
    """Return what was pasted, and the tenant ID or the domain in it."""
    given = request.GET.get("q", "").strip()[:_LONGEST]
    return given, *named(given)


def _in_marketplaces(
    visit: OperatorVisit, connection: Connection, external_id: str, domain: str
) -> list[dict[str, Any]]:
    names = {place.marketplace_id: place.name for place in visit.presence.workplaces}
    fed = [feed.marketplace_id for feed in fed_marketplaces() if feed.connection_id == connection.pk]
    groups = []
    for marketplace_id in fed[:_MOST_MARKETPLACES]:
        with marketplace_scope(marketplace_id):
            found = find_tenant(external_id=external_id, domain=domain, connection=connection)
            target = Target("marketplace", str(marketplace_id), names.get(marketplace_id, ""))
            record_event(
                Happening("marketplace.access.operator_looked", target, reason="Where is my tenant?"),
                actor=visit.actor, marketplace_id=marketplace_id, now=visit.now, request_id=visit.request_id,
            )  # fmt: skip
        answers = [answer_of(each, links=False) for each in found]
        groups.append({"title": legible(names.get(marketplace_id, "")), "answers": answers})
    return groups


def answer_of(found: Found, *, links: bool) -> dict[str, Any]:
    """Return an answer as pages show it. ``links``: with the way to the row or company."""
    tenant, pending, where = found.tenant, found.pending, found.answer.where
    url = link = ""
    if links and found.company_id:
        url, link = reverse("web:company-detail", args=[found.company_id]), "Open the company"
    elif links and pending:
        url, link = reverse("web:pending-detail", args=[pending.pk]), "Open it"
    return {
        "name": legible(tenant.name) if tenant else "",
        "domain": legible(tenant.domain) if tenant else "",
        "external_id": tenant.external_id if tenant else "",
        "word": where.value,
        "tone": _TONES[where],
        "sentence": legible(found.answer.sentence),
        "next": legible(found.answer.next_step),
        "since": pending.first_seen_at if pending and where in {Whereabouts.WAITING, Whereabouts.DECIDED} else None,
        "as_of": found.as_of,
        "url": url,
        "link": link,
        "why_url": reverse("web:pending-why") + query_of({"q": tenant.external_id}) if links and tenant else "",
    }
