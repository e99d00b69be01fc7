"""The context of the list of Google tenants (``google_tenants/list.html``)."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from tenantry.connections.models import Provider
from tenantry.core.matching import Match
from tenantry.marketplace.models import Company
from tenantry.sync.google.queries import companies_of, count_google_tenants, list_google_tenants, matches_of
from tenantry.sync.google.requests import NOTHING_FEEDS
from tenantry.sync.matching.words import certainty_word, match_words
from tenantry.sync.models import GoogleTenant, GoogleTenantState
from tenantry.sync.observe.states import states_of_feeding
from tenantry.web.addresses import address_of, pager, query_of
from tenantry.web.countries import country_name
from tenantry.web.operator.connections import connection_row
from tenantry.web.texts import legible

_TABS = {
    GoogleTenantState.NEEDS_LINK: "Needs link",
    GoogleTenantState.LINKED: "Linked",
    GoogleTenantState.IGNORED: "Ignored",
    GoogleTenantState.GONE: "No longer seen",
}
_EMPTY = {
    GoogleTenantState.NEEDS_LINK: ("Nothing waits", "Every Google tenant that is seen is linked or ignored."),
    GoogleTenantState.LINKED: ("None is linked yet", "Link a tenant to a company, and its people can flow in."),
    GoogleTenantState.IGNORED: ("None is ignored", "What is put aside stands here, and can be reopened."),
    GoogleTenantState.GONE: ("None has gone", "Tenants that no connection sees any more stand here."),
}


def list_context(request: HttpRequest) -> dict[str, Any]:
    """Return everything that the page needs."""
    state, words = _wanted(request)
    after, before = request.GET.get("after", ""), request.GET.get("before", "")
    page = list_google_tenants(state, words, after=after, before=before)
    companies = companies_of(page.rows) if state is GoogleTenantState.LINKED else {}
    matches = matches_of(page.rows) if state is GoogleTenantState.NEEDS_LINK else {}
    connections = [row for row in states_of_feeding() if row.connection.provider == Provider.GOOGLE]
    return {
        "rows": [_row(row, companies, matches) for row in page.rows],
        "pager": pager(request, page),
        "tabs": _tabs(state, words),
        "state": state.value,
        "words": words,
        "empty": _empty(state, words),
        "connections": [connection_row(each) for each in connections],
        "refusal": "" if connections else NOTHING_FEEDS,
    }


def _wanted(request: HttpRequest) -> tuple[GoogleTenantState, str]:
    given = request.GET.get("tab", "")
    state = GoogleTenantState(given) if given in GoogleTenantState.values else GoogleTenantState.NEEDS_LINK
    return state, request.GET.get("q", "").strip()[:200]


def _tabs(state: GoogleTenantState, words: str) -> list[dict[str, Any]]:
    counts = count_google_tenants(words)
    return [
        {
            "label": label,
            "url": reverse("web:google-tenants") + query_of({"tab": each.value, "q": words}),
            "active": each is state,
            "count": counts[each].count,
            "over": counts[each].over,
        }
        for each, label in _TABS.items()
    ]


def _empty(state: GoogleTenantState, words: str) -> dict[str, str]:
    if words:
        return {"title": "Nothing found", "sentence": "No tenant of this tab has these words in its name or domain."}
    title, sentence = _EMPTY[state]
    return {"title": title, "sentence": sentence}


def _row(row: GoogleTenant, companies: Mapping[int, Company], matches: Mapping[int, Sequence[Match]]) -> dict[str, Any]:
    tenant, company = row.tenant, companies.get(row.tenant_id)
    found = matches.get(row.pk, ())
    return {
        "pk": row.pk,
        "name": legible(tenant.name or tenant.domain),
        "domain": legible(tenant.domain),
        "country": tenant.country,
        "country_name": country_name(tenant.country) if tenant.country else "",
        "external_id": tenant.external_id,
        "url": address_of("web:google-tenant", row.pk),
        "company": legible(company.name) if company else "",
        "company_url": address_of("web:company-detail", company.pk) if company else "",
        "matches": match_words(len(found)),
        "certainty": certainty_word(int(found[0].certainty)) if found else "",
        "first_seen": row.first_seen_at,
        "decided_at": row.decided_at,
        "decided_by": row.decided_by_name,
        "closed": bool(tenant.missing or tenant.details_problem),
    }
