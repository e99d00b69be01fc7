"""The operator's pages of marketplaces: the list, a new one, and one with its switches, feeds and staff."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tenantry.connections.models import Connection
from tenantry.mail import LANGUAGES
from tenantry.marketplace.models import Marketplace, SharingGroup
from tenantry.marketplace.queries import KnownMarketplace, marketplaces_for_operator, staff_here
from tenantry.marketplace.services import (
    UnableToCreateMarketplace,
    create_marketplace,
    edit_marketplace,
)
from tenantry.sync.company_settings import SettingsRefused
from tenantry.sync.entitlements import NEEDS, SWITCH_NAMES, SWITCHES, allowed_switches, fed_for, set_entitlement
from tenantry.sync.feeds import filter_of
from tenantry.sync.models import Feed
from tenantry.sync.observe.states import ConnectionState, FedMarketplace, fed_marketplaces, states_of_feeding
from tenantry.sync.switches import CompanySyncSwitches, read_company_sync
from tenantry.web.access import OperatorVisit, needs_operator
from tenantry.web.addresses import posted
from tenantry.web.operator.access import MarketplaceVisit, needs_operator_in_marketplace
from tenantry.web.operator.connections import connection_row
from tenantry.web.operator.forms import MarketplaceForm, StaffForm
from tenantry.web.operator.listing import paged, searched
from tenantry.web.operator.staff import staff_rows
from tenantry.web.operator.words import filter_in_words


@require_safe
@needs_operator
def operator_marketplaces(request: HttpRequest, visit: OperatorVisit) -> HttpResponse:
    """List all marketplaces, searched by name. Names only: what is inside shows on a marketplace's page."""
    query = request.GET.get("q", "")[:100]
    everything = marketplaces_for_operator(account_id=visit.presence.account.pk)
    rows, pager = paged(request, searched(everything, query, lambda row: row.name), lambda row: row.id)
    groups = dict(SharingGroup.objects.values_list("pk", "name"))
    feeds = fed_marketplaces()
    connections = dict(Connection.objects.values_list("pk", "name"))
    context = {
        "marketplaces": [_row(row, feeds, connections, groups) for row in rows],
        "pager": pager,
        "query": query,
        "total": len(everything),
    }
    return render(request, "operator/marketplaces.html", context)


def _row(
    row: KnownMarketplace, feeds: list[FedMarketplace], connections: dict[int, str], groups: dict[int, str]
) -> dict[str, Any]:
    own = [feed for feed in feeds if feed.marketplace_id == row.id]
    return {
        "id": row.id,
        "name": row.name,
        "url": reverse("web:operator-marketplace", args=[row.id]),
        "language": LANGUAGES.get(row.language, row.language),
        "group": groups.get(row.sharing_group_id or 0, ""),
        "connections": [connections[feed.connection_id] for feed in own],
        "syncing": any(feed.syncing for feed in own),
        "created_at": row.created_at,
    }


@require_http_methods(["GET", "HEAD", "POST"])
@needs_operator
def operator_marketplace_add(request: HttpRequest, visit: OperatorVisit) -> HttpResponse:
    """Make a marketplace."""
    form = MarketplaceForm(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            made = create_marketplace(
                name=form.cleaned_data["name"], language=form.cleaned_data["language"], actor=visit.actor, now=visit.now
            )
        except UnableToCreateMarketplace as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"{made.name} is there. Next: let a connection feed it, and add its staff.")
            return redirect("web:operator-marketplace", made.pk)
    context = {
        "form": form,
        "title": "Add marketplace",
        "lede": "A store with companies, users and settings of its own. Nothing of it shows in any other.",
        "submit": "Add marketplace",
        "back_url": reverse("web:operator-marketplaces"),
        "back": "Marketplaces",
    }
    return render(request, "operator/form.html", context, status=422 if form.errors else 200)


@require_safe
@needs_operator_in_marketplace
def operator_marketplace(request: HttpRequest, visit: MarketplaceVisit) -> HttpResponse:  # noqa: ARG001  # same for all
    """Show one marketplace as operators set it up."""
    return render(request, "operator/marketplace.html", marketplace_context())


def marketplace_context(**forms: Any) -> dict[str, Any]:
    """Return the page's context; ``form`` and ``staff_form`` may bring what was typed and what was wrong with it."""
    row = Marketplace.objects.select_related("sharing_group").get()
    states = {state.connection.pk: state for state in states_of_feeding()}
    feeds = list(Feed.objects.select_related("connection").order_by("connection__name"))
    others = Connection.objects.exclude(pk__in=[feed.connection_id for feed in feeds]).order_by("name")
    return {
        "marketplace": {"id": row.pk, "name": row.name, "created_at": row.created_at},
        "form": forms.get("form") or MarketplaceForm(initial={"name": row.name, "language": row.language}),
        "staff_form": forms.get("staff_form") or StaffForm(),
        "staff": staff_rows(staff_here(), row.pk),
        "switches": _switches(read_company_sync()),
        "feeds": [_feed(feed, states[feed.connection_id]) for feed in feeds],
        "other_connections": [
            {"name": other.name, "url": reverse("web:operator-feed", args=[row.pk, other.pk])} for other in others[:50]
        ],
        "group": _group(row.sharing_group),
    }


def _group(group: SharingGroup | None) -> dict[str, str] | None:
    return {"name": group.name, "url": reverse("web:operator-sharing-group", args=[group.pk])} if group else None


def _feed(feed: Feed, state: ConnectionState) -> dict[str, Any]:
    return {
        **connection_row(state),
        "filter": filter_in_words(filter_of(feed)),
        "feed_url": reverse("web:operator-feed", args=[feed.marketplace_id, feed.connection_id]),
        "remove_url": reverse("web:operator-feed-remove", args=[feed.marketplace_id, feed.connection_id]),
    }


_SWITCHES = {
    "company_sync": "Managers of this marketplace may switch Company Sync on. Disabled, nothing flows in, running "
    "syncs end, and the settings page says whom to ask.",
    "link_company": "Pending companies may be linked to companies of the marketplace, and tenants be connected.",
    "user_sync_microsoft": "Managers may let the people of linked Microsoft tenants become users of the marketplace. "
    "Disabled, nobody flows in and nobody is deactivated.",
    "user_sync_google": "The same for Google, and managers see Google tenants, to link them to companies.",
}


def _switches(switches: CompanySyncSwitches) -> list[dict[str, Any]]:
    allowed, fed = allowed_switches(), fed_for()
    rows = []
    for name, sentence in _SWITCHES.items():
        locked = name in NEEDS and name not in fed and name not in allowed
        off = "No effect while Company Sync is disabled or off." if name == "link_company" and not switches.on else ""
        rows.append(
            {
                "field": name, "name": SWITCH_NAMES[name], "on": name in allowed, "disabled": locked,
                "why": NEEDS[name] if locked else off, "sentence": sentence,
            }
        )  # fmt: skip
    return rows


@require_POST
@needs_operator_in_marketplace
def operator_marketplace_edit(request: HttpRequest, visit: MarketplaceVisit) -> HttpResponse:
    """Save name and language."""
    form = MarketplaceForm(request.POST)
    if form.is_valid():
        try:
            edit_marketplace(
                name=form.cleaned_data["name"], language=form.cleaned_data["language"],
                actor=visit.operator.actor, now=visit.operator.now,
            )  # fmt: skip
        except UnableToCreateMarketplace as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, "Saved.")
            return redirect("web:operator-marketplace", visit.marketplace_id)
    return render(request, "operator/marketplace.html", marketplace_context(form=form), status=422)


@require_POST
@needs_operator_in_marketplace
def operator_switches(request: HttpRequest, visit: MarketplaceVisit) -> HttpResponse:
    """Save the operator's switches. One that the page disabled is not sent, and keeps its value."""
    wanted = {name: name in request.POST for name in SWITCHES}
    try:
        set_entitlement(**wanted, actor=visit.operator.actor, now=visit.operator.now)
    except SettingsRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "Saved.")
    return redirect("web:operator-marketplace", visit.marketplace_id)
