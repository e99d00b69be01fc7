"""The operator's first page: connections and marketplaces of the installation."""

from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from tenantry.audit.checking import chain_standings
from tenantry.marketplace.models import SharingGroup
from tenantry.marketplace.queries import Workplace
from tenantry.sync.observe.states import FedMarketplace, fed_marketplaces, states_of_all, tenants_seen
from tenantry.web.access import OperatorVisit, needs_operator
from tenantry.web.operator.connections import connection_row
from tenantry.web.operator.listing import paged

_MARKETPLACES = 20
_INSTALLATION = "The installation itself"


@require_safe
@needs_operator
def operator_home(request: HttpRequest, visit: OperatorVisit) -> HttpResponse:
    """List connections and marketplaces. What is inside a marketplace shows only after entering it, on record."""
    everything = states_of_all()
    states, pager = paged(request, everything, lambda state: state.connection.pk)
    counts, feeds = tenants_seen(state.connection for state in states), fed_marketplaces()
    names = {place.marketplace_id: place.name for place in visit.presence.workplaces}
    connections = [
        {
            **connection_row(state),
            "url": reverse("web:operator-connection", args=[state.connection.pk]),
            "tenants": counts.get(state.connection.pk, 0),
            "feeds": [names[feed.marketplace_id] for feed in feeds if feed.connection_id == state.connection.pk],
        }
        for state in states
    ]
    by_pk = {state.connection.pk: state.connection.name for state in everything}
    places = visit.presence.workplaces
    context = {
        "connections": connections,
        "pager": pager,
        "marketplaces": [_marketplace(place, feeds, by_pk) for place in places[:_MARKETPLACES]],
        "more_marketplaces": max(0, len(places) - _MARKETPLACES),
        "chain_faults": [
            {"whose": names.get(each.marketplace_id, _INSTALLATION), "sentence": each.fault, "at": each.fault_at}
            for each in chain_standings()
            if each.fault
        ],
        "sharing_groups": SharingGroup.objects.count(),
        "add_connection_url": reverse("web:operator-connection-add"),
        "add_google_url": reverse("web:operator-google-add"),
        "add_marketplace_url": reverse("web:operator-marketplace-add"),
    }
    return render(request, "operator/home.html", context)


def _marketplace(place: Workplace, feeds: Iterable[FedMarketplace], connections: dict[int, str]) -> dict[str, Any]:
    own = [feed for feed in feeds if feed.marketplace_id == place.marketplace_id]
    on = any(feed.syncing for feed in own)
    return {
        "id": place.marketplace_id,
        "name": place.name,
        "url": reverse("web:operator-marketplace", args=[place.marketplace_id]),
        "company_sync": {"word": "on" if on else "off", "tone": "good" if on else "off"},
        "connections": [connections[feed.connection_id] for feed in own],
    }
