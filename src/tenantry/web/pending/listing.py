"""The context of the pending companies' list (``pending/list.html`` and ``pending/_table.html``)."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from tenantry.core.permissions import Action
from tenantry.listing import BoundedCount
from tenantry.listing.tabs import total_of
from tenantry.sync.deciding.refusals import why_not_link
from tenantry.sync.pending.filters import (
    ADMIN_CHOICES,
    AGE_CHOICES,
    FILTERS,
    MATCH_CHOICES,
    PROBLEM_CHOICES,
    PendingFilter,
)
from tenantry.sync.pending.queries import (
    DEFAULT_ORDER,
    TABS,
    Listed,
    Wanted,
    countries_in,
    feeding_connections,
    order_of,
)
from tenantry.sync.runs.queries import latest_syncs
from tenantry.sync.switches import read_company_sync
from tenantry.web.access import Visit
from tenantry.web.addresses import pager, query_of
from tenantry.web.amounts import bounded
from tenantry.web.pending.rows import Offer, rows_of
from tenantry.web.runs.words import is_live, tone_of
from tenantry.web.selects import country_options, select

TAB_WORDS = {
    "pending": "Needs decision",
    "held": "Held",
    "ignored": "Ignored",
    "snoozed": "Snoozed",
    "done": "Done",
}
_EMPTY_TABS = {
    "held": "Nothing is held back. What a brake stops waits here for your release.",
    "ignored": "Nobody has ignored a company.",
    "snoozed": "No company is put off to a later day.",
    "done": "No company was created, linked or withdrawn yet.",
}
_SORTS = (
    ("name", "Name, A to Z"),
    ("-name", "Name, Z to A"),
    ("country", "Country, A to Z"),
    ("-country", "Country, Z to A"),
    ("domain", "Primary domain, A to Z"),
    ("-domain", "Primary domain, Z to A"),
    ("contact", "Primary contact, A to Z"),
    ("-contact", "Primary contact, Z to A"),
    ("-match", "Best match first"),
    ("match", "No match first"),
    ("-problems", "With problems first"),
    ("problems", "Without problems first"),
    ("-first_seen", "Newest first"),
    ("first_seen", "Oldest first"),
)
_BULK_WORDS = {"link": "Link", "create": "Create", "ignore": "Ignore…", "snooze": "Snooze…", "reopen": "Reopen"}


def wanted_by(request: HttpRequest) -> Wanted:
    """Read what a person looks at from the URL. Anything that makes no sense counts as not given."""
    tab = request.GET.get("tab", "")
    return Wanted(
        tab=tab if tab in TABS else "pending",
        filters={name: request.GET.get(name, "") for name in FILTERS},
        order=order_of(request.GET.get("sort", "")),
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
    )


def kept_query(wanted: Wanted, *, tab: str | None = None, place: bool = False) -> str:
    """Return the query string that shows the same again: in another tab if given, at the same ``place`` if asked."""
    tab = tab or wanted.tab
    kept = {"tab": "" if tab == "pending" else tab, **{name: wanted.filters[name] for name in FILTERS}}
    kept["sort"] = "" if wanted.order == DEFAULT_ORDER else wanted.order.tag
    return query_of(kept | ({"after": wanted.after, "before": wanted.before} if place else {}))


def list_context(request: HttpRequest, visit: Visit, wanted: Wanted, listed: Listed) -> dict[str, Any]:
    """Return everything that the list and its table need."""
    address = reverse("web:pending-list")
    total = total_of(wanted.tab, listed.counts, listed.page)
    switches = read_company_sync()
    may_decide = visit.presence.may(Action.DECIDE_PENDING)
    offer = Offer(decides=may_decide, links=not why_not_link(switches))
    query = kept_query(wanted)
    rows = rows_of(listed.page.rows, offer, query, now=visit.now)
    return {
        "rows": rows,
        "bulk": _bulk(wanted, offer) if may_decide and rows else None,
        "export_url": reverse("web:pending-export") + query if rows else "",
        "total": bounded(total),
        "sort": wanted.order.tag,
        "pager": pager(request, listed.page),
        "tabs": [_tab(name, wanted, listed.counts[name]) for name in TABS],
        "filters": _filters(wanted, listed.applied, address),
        "shows_state": wanted.tab == "done",
        "held_note": _held_note(visit) if wanted.tab == "held" and rows else None,
        "empty": "" if rows else _why_empty(wanted, listed, on=switches.on),
        "empty_note": _EMPTY_TABS.get(wanted.tab, ""),
        "last_sync": _last_sync(),
        "can_sync": switches.on and visit.presence.may(Action.START_RUN),
    }


def _held_note(visit: Visit) -> dict[str, str]:
    """Say where what is held is let go, to those who may with the way there."""
    if visit.presence.may(Action.RELEASE_HOLDS):
        note = "A brake stopped these before they were created. You see why, and release or reject them, in"
        return {"text": note, "url": reverse("web:hold-list"), "link": "Held"}
    text = "A brake stopped these before they were created. A marketplace manager releases or rejects them."
    return {"text": text, "url": "", "link": ""}


def _bulk(wanted: Wanted, offer: Offer) -> dict[str, Any] | None:
    """Return what can be done with ticked rows of the tab, and what a form must carry to mean all of the filter."""
    actions = {
        "pending": ("link", "create", "ignore", "snooze"),
        "held": ("link", "create", "ignore", "snooze"),
        "snoozed": ("create", "ignore", "reopen"),
        "ignored": ("reopen",),
    }.get(wanted.tab, ())
    shown = [action for action in actions if action != "link" or offer.links]
    kept = {"tab": wanted.tab, **{name: wanted.filters[name] for name in FILTERS}}
    return {
        "actions": [{"name": action, "label": _BULK_WORDS[action]} for action in shown],
        "hidden": [{"name": name, "value": value} for name, value in kept.items() if value],
        "address": reverse("web:pending-bulk"),
        "export": reverse("web:pending-export"),
    }


def _tab(name: str, wanted: Wanted, count: BoundedCount | None) -> dict[str, Any]:
    url = reverse("web:pending-list") + kept_query(wanted, tab=name)
    return {"label": TAB_WORDS[name], "url": url, "active": name == wanted.tab, **bounded(count)}


def _filters(wanted: Wanted, applied: PendingFilter, address: str) -> dict[str, Any]:
    values = {name: str(value or "") for name, value in applied.values.items()}
    values["country"] = values["country"].upper()
    hidden = [] if wanted.tab == "pending" else [{"name": "tab", "value": wanted.tab}]
    connections = feeding_connections()
    countries = country_options(countries_in(TABS[wanted.tab]), values["country"])
    selects = [
        select("match", "Match: any", values["match"], MATCH_CHOICES),
        select("country", "Country: any", values["country"], countries),
        select("problem", "Problem: any", values["problem"], PROBLEM_CHOICES),
        select("age", "First seen: any", values["age"], AGE_CHOICES),
        select("admin", "Delegated admin: any", values["admin"], ADMIN_CHOICES),
    ]
    if len(connections) > 1 or values["connection"]:
        options = [(str(pk), name) for pk, name in connections]
        selects.append(select("connection", "Connection: any", values["connection"], options))
    cleared = Wanted(wanted.tab, dict.fromkeys(FILTERS, ""), wanted.order)
    return {
        "action": address,
        "search": {"value": wanted.filters["q"], "label": "Search name, domain, tenant id or contact"},
        "selects": selects,
        "hidden": hidden,
        "sorts": {"value": wanted.order.tag, "options": [{"value": value, "label": label} for value, label in _SORTS]},
        "clear_url": address + kept_query(cleared),
        "filtered": applied.narrowed,
    }


def _why_empty(wanted: Wanted, listed: Listed, *, on: bool) -> str:
    if listed.applied.narrowed:
        return "filtered"
    if wanted.tab != "pending":
        return "tab"
    if not on:
        return "sync-off"
    return "all-done" if any(count and count.count for count in listed.counts.values()) else "nothing-yet"


def _last_sync() -> dict[str, Any] | None:
    run = next(iter(latest_syncs(1)), None)
    if run is None:
        return None
    return {
        "pk": run.pk,
        "at": run.ended_at or run.created_at,
        "ok": tone_of(run) != "bad",
        "running": is_live(run),
    }
