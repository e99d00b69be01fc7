"""Pending companies: the list, one of them, and the search for a company to link it to."""

from typing import Any

from django.http import Http404
from ninja import Query

from tenantry.api.areas import Area, Call, Reply
from tenantry.api.pending_shapes import (
    Candidate,
    CompaniesFound,
    CompanyFound,
    CompanySearch,
    DecisionTold,
    Happened,
    PendingDetail,
    PendingFilters,
    PendingPage,
    PendingQuery,
    PendingRow,
    Sighted,
    Trouble,
)
from tenantry.api.shapes import Address, Id, counts_of, page_reply, refuse_strange, refuse_wrong, refuse_wrong_place
from tenantry.core.permissions import Action
from tenantry.sync.deciding.answering import OPEN_STATES
from tenantry.sync.deciding.queries import best_matches, decisions_of, proposals_for
from tenantry.sync.deciding.refusals import why_not_link
from tenantry.sync.matching.searching import find_companies
from tenantry.sync.models import PendingCompany, Tenant
from tenantry.sync.pending.facts import events_of, sightings_of
from tenantry.sync.pending.queries import COLUMNS, TABS, Wanted, list_pending, order_of
from tenantry.sync.switches import read_company_sync

area = Area("Pending companies")


def pending_or_missing(pk: int) -> PendingCompany:
    """Return the row. What another marketplace has is not found, like what nobody has."""
    pending = PendingCompany.objects.select_related("tenant", "connection").filter(pk=pk).first()
    if pending is None:
        raise Http404
    return pending


def filters_in(given: PendingFilters) -> dict[str, str]:
    """Return the filters as the one filter of pending companies takes them."""
    return {name: str(getattr(given, name) or "") for name in PendingFilters.model_fields}


@area.get("/pending-companies", Action.SEE_PENDING, PendingPage)
def list_pending_companies(call: Call, query: Query[PendingQuery]) -> Reply:
    """List pending companies.

    With the filters, the search and the orders of the page; `counts` says how many fit in every tab.
    """
    refuse_strange("tab", query.tab, TABS)
    if query.sort:
        refuse_strange("sort", query.sort.removeprefix("-"), COLUMNS)
    order = order_of(query.sort or "")
    refuse_wrong_place(query, order, PendingCompany)
    wanted = Wanted(query.tab, filters_in(query), order, query.after, query.before, query.limit)
    listed = list_pending(wanted, now=call.caller.now, beside=("connection", "tenant"))
    refuse_wrong(listed.applied)
    rows = listed.page.rows
    best = best_matches(row.pk for row in rows if row.match_count)
    items = [PendingRow(**PendingRow.facts(row, best.get(row.pk))) for row in rows]
    return page_reply(call, PendingPage, listed.page, items=items, counts=counts_of(listed.counts))


@area.get("/pending-companies/{int:pk}", Action.SEE_PENDING, PendingDetail)
def show_pending_company(call: Call, pk: Id) -> Reply:
    """Show one pending company with its matches, their evidence, and its history.

    The header `ETag` is what a decision sends as `If-Match`.
    """
    return _detail(pending_or_missing(pk))


def _detail(row: PendingCompany) -> Reply:
    proposals = proposals_for(row) if row.state in OPEN_STATES else []
    best = best_matches([row.pk]).get(row.pk) if row.match_count else None
    refusal = why_not_link(read_company_sync())
    content = PendingDetail(
        **PendingRow.facts(row, best), **_of_tenant(row.tenant), troubles=Trouble.all_of(row),
        sightings=[Sighted.of(seen) for seen in sightings_of(row)],
        candidates=[Candidate.of(proposal) for proposal in proposals],
        decisions=[DecisionTold.of(decision) for decision in decisions_of(row)],
        history=Happened.all_of(events_of(row)), may_link=not refusal and row.state in OPEN_STATES,
        link_refusal=refusal,
    )  # fmt: skip
    return Reply(content, version=row.version)


def _of_tenant(tenant: Tenant) -> dict[str, Any]:
    return {
        "domains": tenant.domains,
        "address": Address.of(tenant.address),
        "address_phone": str((tenant.address or {}).get("phone") or ""),
        "registration_number": tenant.registration_number,
        "contact_phone": tenant.contact_phone,
        "contact_language": tenant.contact_language,
        "delegated_admin": tenant.delegated_admin,
        "indirect_reseller": tenant.indirect_reseller_id,
        "cloud": tenant.cloud,
        "details_read_at": tenant.details_at,
    }


@area.get("/pending-companies/{int:pk}/companies", Action.SEE_PENDING, CompaniesFound)
def find_companies_for(call: Call, pk: Id, query: Query[CompanySearch]) -> CompaniesFound:  # every route gets its call
    """Search the marketplace's companies for one to link the tenant to."""
    pending_or_missing(pk)
    found = find_companies(query.q.strip())
    return CompaniesFound(items=[CompanyFound.of(company) for company in found.companies], more=found.more)


@area.get("/pending-companies/{int:pk}/companies/{int:company_id}", Action.SEE_PENDING, Candidate)
def compare_with_company(call: Call, pk: Id, company_id: Id) -> Candidate:  # same
    """Compare the tenant with any company of the marketplace: what speaks for and against it."""
    first = next(iter(proposals_for(pending_or_missing(pk), chosen=company_id)), None)
    if first is None or first.company.pk != company_id:
        raise Http404
    return Candidate.of(first)
