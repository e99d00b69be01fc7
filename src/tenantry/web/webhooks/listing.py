"""The context of an endpoint's page with its deliveries (``webhooks/detail.html`` and ``webhooks/_table.html``)."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from tenantry.core.webhook_events import BY_NAME, TEST
from tenantry.listing import BoundedCount
from tenantry.listing.tabs import total_of
from tenantry.web.addresses import pager, query_of
from tenantry.web.amounts import bounded
from tenantry.web.webhooks.words import delivery_row, endpoint_badge
from tenantry.webhooks.models import Endpoint, EndpointState
from tenantry.webhooks.queries import TABS, Listed, list_deliveries

_TAB_WORDS = {"all": "All", "waiting": "Waiting", "delivered": "Delivered", "failed": "Not delivered"}
_KEPT = ("type", "about")
_EMPTY = {
    "all": "Nothing happened that this endpoint listens to. Send a test to see whether it can be reached.",
    "waiting": "Everything that happened was delivered.",
    "delivered": "Nothing was delivered in the last 30 days.",
    "failed": "Nothing was given up or skipped in the last 30 days.",
}


def detail_context(request: HttpRequest, endpoint: Endpoint) -> dict[str, Any]:
    """Return everything that the page and its table need."""
    tab = request.GET.get("tab", "all")
    tab = tab if tab in TABS else "all"
    filters = {name: request.GET.get(name, "") for name in _KEPT}
    listed = list_deliveries(
        endpoint, tab, filters, after=request.GET.get("after", ""), before=request.GET.get("before", "")
    )
    address = reverse("web:webhook-detail", args=[endpoint.pk])
    rows = [delivery_row(row, listed.names) for row in listed.page.rows]
    return {
        "endpoint": endpoint,
        "badge": endpoint_badge(endpoint),
        "on": endpoint.state == EndpointState.ON,
        "facts": _facts(endpoint),
        "rows": rows,
        "total": bounded(total_of(tab, listed.counts, listed.page)),
        "pager": pager(request, listed.page),
        "tabs": [_tab(name, tab, filters, listed.counts[name], address) for name in TABS],
        "filters": _filters(tab, filters, listed, address),
        "empty": "" if rows else "filtered" if listed.applied.narrowed else "tab",
        "empty_note": _EMPTY[tab],
    }


def _facts(endpoint: Endpoint) -> list[dict[str, Any]]:
    return [
        {"label": "Address", "value": endpoint.url, "kind": "id"},
        {"label": "Events", "value": endpoint.events or ["all, those to come as well"], "kind": "list"},
        {"label": "People", "value": "with names and e-mail addresses" if endpoint.personal else "by number only"},
    ]


def _tab(name: str, tab: str, filters: dict[str, str], count: BoundedCount | None, address: str) -> dict[str, Any]:
    url = address + query_of({"tab": "" if name == "all" else name, **filters})
    return {"label": _TAB_WORDS[name], "url": url, "active": name == tab, **bounded(count)}


def _filters(tab: str, filters: dict[str, str], listed: Listed, address: str) -> dict[str, Any]:
    chosen = filters["type"]
    options = [{"value": "", "label": "Event: any"}, *({"value": name, "label": name} for name in (*BY_NAME, TEST))]
    hidden = {"tab": "" if tab == "all" else tab, "about": filters["about"]}
    return {
        "action": address,
        "selects": [{"name": "type", "label": "Event", "value": chosen, "options": options}],
        "hidden": [{"name": name, "value": value} for name, value in hidden.items() if value],
        "clear_url": address + query_of({"tab": hidden["tab"]}),
        "filtered": listed.applied.narrowed,
    }
