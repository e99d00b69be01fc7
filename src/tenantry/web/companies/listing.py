"""The context of the companies' list (``companies/list.html`` and ``companies/_table.html``), and its export."""

from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from tenantry.core.addresses import readable_domain
from tenantry.core.permissions import Action
from tenantry.listing.tabs import total_of
from tenantry.marketplace.companies.queries import (
    ALL,
    DEFAULT_ORDER,
    NEEDS_ADMINISTRATOR,
    TABS,
    Beside,
    Listed,
    Wanted,
    countries_of_companies,
    every_company,
    order_of,
)
from tenantry.marketplace.models import Company, CompanyOrigin
from tenantry.web.access import Visit
from tenantry.web.addresses import pager, query_of
from tenantry.web.amounts import bounded
from tenantry.web.companies.words import status_badge
from tenantry.web.countries import country_name
from tenantry.web.selects import country_options, select
from tenantry.web.texts import legible

_TAB_WORDS = {
    ALL: "All",
    "enabled": "Enabled",
    "pending": "Pending",
    "without-login": "Without login",
    "disabled": "Disabled",
    NEEDS_ADMINISTRATOR: "Needs administrator",
}
_EMPTY_TABS = {
    "enabled": "A company is enabled when the first of its people accepts an invitation.",
    "pending": "A company is pending from its first invitation until somebody accepts.",
    "without-login": "Everybody's company has at least one invitation.",
    "disabled": "No company is disabled.",
    NEEDS_ADMINISTRATOR: "Every company has an administrator.",
}
_SORTS = (
    ("name", "Name, A to Z"),
    ("-name", "Name, Z to A"),
    ("-created", "Newest first"),
    ("created", "Oldest first"),
)
_KEPT = ("q", "country", "origin")
EXPORT_HEADS = (
    "name", "status", "country", "domains", "people", "needs administrator", "registration number", "external id",
    "phone", "website", "contact name", "contact e-mail", "contact phone", "origin", "created",
)  # fmt: skip


def wanted_by(request: HttpRequest) -> Wanted:
    """Read what a person looks at from the URL. Anything that makes no sense counts as not given."""
    tab = request.GET.get("tab", "")
    return Wanted(
        tab=tab if tab in TABS else ALL,
        filters={name: request.GET.get(name, "") for name in _KEPT},
        order=order_of(request.GET.get("sort", "")),
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
    )


def kept_query(wanted: Wanted, *, tab: str | None = None, place: bool = False) -> str:
    """Return the query string that shows the same again: in another tab if given, at the same ``place`` if asked."""
    tab = tab or wanted.tab
    kept = {"tab": "" if tab == ALL else tab, **{name: wanted.filters[name] for name in _KEPT}}
    kept["sort"] = "" if wanted.order == DEFAULT_ORDER else wanted.order.tag
    return query_of(kept | ({"after": wanted.after, "before": wanted.before} if place else {}))


def list_context(request: HttpRequest, visit: Visit, wanted: Wanted, listed: Listed) -> dict[str, Any]:
    """Return everything that the list and its table need."""
    address = reverse("web:company-list")
    rows = [_row(company, listed.beside[company.pk]) for company in listed.page.rows]
    return {
        "rows": rows,
        "total": bounded(total_of(wanted.tab, listed.counts, listed.page)),
        "sort": wanted.order.tag,
        "pager": pager(request, listed.page),
        "tabs": [
            {
                "label": _TAB_WORDS[name],
                "url": address + kept_query(wanted, tab=name),
                "active": name == wanted.tab,
                **bounded(listed.counts[name]),
            }
            for name in TABS
        ],
        "filters": _filters(wanted, listed, address),
        "export_url": reverse("web:company-export") + kept_query(wanted),
        "can_edit": visit.presence.may(Action.EDIT_COMPANIES),
        "empty": "" if rows else _why_empty(wanted, listed),
        "empty_note": _EMPTY_TABS.get(wanted.tab, ""),
    }


def _row(company: Company, beside: Beside) -> dict[str, Any]:
    return {
        "pk": company.pk,
        "name": legible(company.name),
        "status": status_badge(company),
        "country": company.country,
        "country_name": country_name(company.country),
        "domain": readable_domain(beside.domains[0]) if beside.domains else "",
        "more_domains": max(0, len(beside.domains) - 1),
        "people": beside.people,
        "needs_administrator": not company.has_had_administrator,
        "relationship_ended": company.relationship_ended_at is not None,
        "origin": company.get_origin_display(),
        "created": company.created_at,
    }


def _filters(wanted: Wanted, listed: Listed, address: str) -> dict[str, Any]:
    values = {name: str(value or "") for name, value in listed.applied.values.items()}
    values["country"] = values["country"].upper()
    cleared = Wanted(wanted.tab, dict.fromkeys(_KEPT, ""), wanted.order)
    countries = country_options(countries_of_companies(), values["country"])
    return {
        "action": address,
        "search": {"value": wanted.filters["q"], "label": "Search name, domain, id or contact"},
        "selects": [
            select("country", "Country: any", values["country"], countries),
            select("origin", "Origin: any", values["origin"], [(each.value, each.label) for each in CompanyOrigin]),
        ],
        "hidden": [] if wanted.tab == ALL else [{"name": "tab", "value": wanted.tab}],
        "sorts": {"value": wanted.order.tag, "options": [{"value": value, "label": label} for value, label in _SORTS]},
        "clear_url": address + kept_query(cleared),
        "filtered": listed.applied.narrowed,
    }


def _why_empty(wanted: Wanted, listed: Listed) -> str:
    if listed.applied.narrowed:
        return "filtered"
    return "tab" if wanted.tab != ALL else "none"


def export_rows(wanted: Wanted) -> Iterator[tuple[object, ...]]:
    """Return the rows of the export, in the order of ``EXPORT_HEADS``."""
    for company, beside in every_company(wanted):
        yield (
            company.name, company.get_status_display(), company.country, " ".join(beside.domains), beside.people,
            "" if company.has_had_administrator else "yes", company.registration_number, company.external_id,
            company.phone, company.website, company.contact_name, company.contact_email, company.contact_phone,
            company.get_origin_display(), company.created_at,
        )  # fmt: skip
