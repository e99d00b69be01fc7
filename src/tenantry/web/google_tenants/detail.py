"""The context of the page of one Google tenant (``google_tenants/detail.html``)."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from tenantry.core.permissions import Action
from tenantry.marketplace.models import Company
from tenantry.sync.deciding.reasons import IGNORE_REASONS
from tenantry.sync.google.queries import companies_of, proposals_for_google
from tenantry.sync.matching.searching import Found, find_companies
from tenantry.sync.models import GoogleTenant, GoogleTenantState, Tenant
from tenantry.web.access import Visit
from tenantry.web.countries import country_name
from tenantry.web.pending.candidates import cards_of
from tenantry.web.pending.forms import BIGGEST
from tenantry.web.texts import legible

_TONES = {
    GoogleTenantState.NEEDS_LINK: "wait",
    GoogleTenantState.LINKED: "good",
    GoogleTenantState.IGNORED: "off",
    GoogleTenantState.GONE: "off",
}
_LINK_SENTENCE = (
    "Links the tenant. Changes nothing of the company. Its people flow in once User Sync from Google is on."
)
_FORMS = ("link", "unlink", "ignore", "reopen", "reject")


def detail_context(request: HttpRequest, visit: Visit, row: GoogleTenant) -> dict[str, Any]:
    """Return everything that the page needs."""
    open_now = row.state in {GoogleTenantState.NEEDS_LINK, GoogleTenantState.IGNORED}
    sought = request.GET.get("company_q", "").strip()[:200]
    chosen = request.GET.get("company", "")
    number = int(chosen) if chosen.isascii() and chosen.isdigit() and 0 < int(chosen[:20]) <= BIGGEST else None
    proposals = proposals_for_google(row, chosen=number) if open_now else []
    company = companies_of([row]).get(row.tenant_id)
    state = GoogleTenantState(row.state)
    return {
        "tenant": {
            "name": legible(row.tenant.name or row.tenant.domain), "word": str(state.label), "tone": _TONES[state],
            "state": row.state, "first_seen": row.first_seen_at,
        },
        "fact_groups": [{"title": "Google customer", "facts": _facts(row.tenant)}],
        "missing": [legible(each) for each in (row.tenant.details_problem, *row.tenant.missing) if each],
        "company": _company(company),
        "decided": {"by": row.decided_by_name, "at": row.decided_at} if row.decided_at else None,
        "reason": legible(IGNORE_REASONS.get(row.reason, row.reason)),
        "reasons": list(IGNORE_REASONS.items()),
        "cards": cards_of(row.tenant, proposals),
        "decidable": open_now and visit.presence.may(Action.LINK_GOOGLE),
        "can_link": open_now,
        "link_only": True,
        "link_sentence": _LINK_SENTENCE,
        "version": row.version,
        "sought": sought,
        "found": _found(row, find_companies(sought)) if sought and open_now else None,
        "urls": {name: reverse(f"web:google-tenant-{name}", args=[row.pk]) for name in _FORMS},
        "back_url": reverse("web:google-tenants"),
    }  # fmt: skip


def _facts(tenant: Tenant) -> list[dict[str, Any]]:
    address = tenant.address or {}
    city = " ".join(part for part in (address.get("postal_code", ""), address.get("city", "")) if part)
    lines = [address.get("line1", ""), city, country_name(tenant.country) if tenant.country else ""]
    contact = " ".join(part for part in (tenant.contact_first_name, tenant.contact_last_name) if part)
    return [
        {"label": "Name", "value": legible(tenant.name), "missing": "not told yet"},
        {"label": "Customer ID", "value": tenant.external_id, "kind": "id"},
        {"label": "Primary domain", "value": legible(tenant.domain)},
        {"label": "Domains", "value": [legible(each) for each in tenant.domains or ()], "kind": "lines",
         "missing": "not known", "as_of": tenant.details_at},
        {"label": "Address", "value": [legible(line) for line in lines if line], "kind": "lines"},
        {"label": "Contact", "value": legible(contact)},
        {"label": "Contact's e-mail", "value": legible(tenant.contact_email), "kind": "email"},
    ]  # fmt: skip


def _company(company: Company | None) -> dict[str, Any] | None:
    if company is None:
        return None
    return {"name": legible(company.name), "url": reverse("web:company-detail", args=[company.pk])}


def _found(row: GoogleTenant, found: Found) -> dict[str, Any]:
    page = reverse("web:google-tenant", args=[row.pk])
    return {
        "more": found.more,
        "companies": [
            {
                "name": legible(company.name),
                "country": company.country,
                "status": company.get_status_display(),
                "url": f"{page}?company={company.pk}#candidates",
            }
            for company in found.companies
        ],
    }
