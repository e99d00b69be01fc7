"""Google tenants: the list, one with the companies that it may be, and the decisions on it."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from ninja import Query, Schema
from pydantic import Field

from tenantry.api.areas import Area, Call, Reply
from tenantry.api.deciding_shapes import IgnoreGiven, RejectGiven
from tenantry.api.pending_shapes import Candidate
from tenantry.api.problems import Problem
from tenantry.api.shapes import (
    Count,
    Done,
    Id,
    PageQuery,
    PageShape,
    count_of,
    one_of,
    page_reply,
    refuse_strange,
    refuse_wrong_place,
)
from tenantry.core.permissions import Action
from tenantry.sync.google.queries import (
    BY_NAME,
    companies_of,
    count_google_tenants,
    google_allowed,
    list_google_tenants,
    proposals_for_google,
)
from tenantry.sync.google.requests import NOT_ALLOWED, request_google_listing
from tenantry.sync.google.services import (
    ignore_google_tenant,
    link_google_tenant,
    reject_google_match,
    reopen_google_tenant,
    unlink_google_tenant,
)
from tenantry.sync.models import GoogleTenant, GoogleTenantState

area = Area("Google tenants")
_DECIDING: dict[str, Any] = {"versioned": True, "refuses": True}


class GoogleQuery(PageQuery):
    """Which Google tenants a list shows, by name."""

    q: str = Field("", max_length=200, description="Words of name or domain, or an id.")
    tab: str = one_of(GoogleTenantState.values, GoogleTenantState.NEEDS_LINK.value, "How they stand.")


class GoogleTold(Schema):
    """A Google tenant. ``version`` is what a decision names in ``If-Match``."""

    id: int
    version: int
    state: str
    tenant_id: str
    name: str
    domain: str
    country: str
    company_id: int | None
    first_seen_at: datetime
    decided_at: datetime | None
    decided_by: str
    reason: str

    @staticmethod
    def facts(row: GoogleTenant) -> dict[str, Any]:
        """Return the members of this shape. One query."""
        tenant, company = row.tenant, companies_of([row]).get(row.tenant_id)
        return {
            "id": row.pk, "version": row.version, "state": row.state, "tenant_id": tenant.external_id,
            "name": tenant.name, "domain": tenant.domain, "country": tenant.country,
            "company_id": company.pk if company else None, "first_seen_at": row.first_seen_at,
            "decided_at": row.decided_at, "decided_by": row.decided_by_name, "reason": row.reason,
        }  # fmt: skip


class GoogleRow(Schema):
    """A Google tenant as the list shows it."""

    id: int
    version: int
    state: str
    tenant_id: str
    name: str
    domain: str
    company_id: int | None


class GooglePage(PageShape):
    """A page of Google tenants, and how many are in each state."""

    items: list[GoogleRow]
    counts: dict[str, Count | None]


class GoogleDetail(GoogleTold):
    """A Google tenant with the companies that it may be."""

    candidates: list[Candidate]


@area.get("/google-tenants", Action.LINK_GOOGLE, GooglePage, refuses=True)
def list_all_google_tenants(call: Call, query: Query[GoogleQuery]) -> Reply:
    """List the Google tenants of the marketplace."""
    refuse_strange("tab", query.tab, GoogleTenantState.values)
    refuse_wrong_place(query, BY_NAME, GoogleTenant)
    _insist()
    page = list_google_tenants(
        GoogleTenantState(query.tab), query.q, after=query.after, before=query.before, size=query.limit
    )
    companies = companies_of(page.rows)
    items = [
        GoogleRow(
            id=row.pk, version=row.version, state=row.state, tenant_id=row.tenant.external_id, name=row.tenant.name,
            domain=row.domain, company_id=companies[row.tenant_id].pk if row.tenant_id in companies else None,
        )
        for row in page.rows
    ]  # fmt: skip
    counts = {state.value: count_of(count) for state, count in count_google_tenants(query.q).items()}
    return page_reply(call, GooglePage, page, items=items, counts=counts)


def _insist() -> None:
    if not google_allowed():
        raise Problem("refused", NOT_ALLOWED)


@area.post("/google-tenants/read", Action.LINK_GOOGLE, Done, status=202, refuses=True)
def read_google_tenants(call: Call) -> Done:
    """Have the lists of customers read now."""
    count = request_google_listing(**call.told)
    return Done(changed=bool(count), sentence="The list of customers is being read.")


def _row(pk: int) -> GoogleTenant:
    return GoogleTenant.objects.select_related("tenant").get(pk=pk)


@area.get("/google-tenants/{int:pk}", Action.LINK_GOOGLE, GoogleDetail)
def show_google_tenant(call: Call, pk: Id) -> Reply:
    """Show one Google tenant with the companies that it may be.

    The header `ETag` is what a decision sends as `If-Match`.
    """
    row = _row(pk)
    waits = row.state == GoogleTenantState.NEEDS_LINK
    candidates = [Candidate.of(each) for each in (proposals_for_google(row) if waits else [])]
    return Reply(GoogleDetail(**GoogleTold.facts(row), candidates=candidates), version=row.version)


def _decide(call: Call, pk: int, decide: Callable[..., GoogleTenant], **given: Any) -> Reply:
    version = _row(pk).version
    call.check_version(version)
    row = decide(pk=pk, seen_version=version, **given, **call.told)
    return Reply(GoogleTold(**GoogleTold.facts(row)), version=row.version)


@area.post("/google-tenants/{int:pk}/link", Action.LINK_GOOGLE, GoogleTold, **_DECIDING)
def link_google(call: Call, pk: Id, given: RejectGiven) -> Reply:
    """Link the tenant to a company. Its people follow under User Sync."""
    return _decide(call, pk, link_google_tenant, company_id=given.company_id)


@area.post("/google-tenants/{int:pk}/unlink", Action.LINK_GOOGLE, GoogleTold, **_DECIDING)
def unlink_google(call: Call, pk: Id) -> Reply:
    """Take the link back. The company and its people stay as they are."""
    return _decide(call, pk, unlink_google_tenant)


@area.post("/google-tenants/{int:pk}/ignore", Action.LINK_GOOGLE, GoogleTold, **_DECIDING)
def ignore_google(call: Call, pk: Id, given: IgnoreGiven) -> Reply:
    """Put the tenant aside, with a reason."""
    return _decide(call, pk, ignore_google_tenant, reason_key=given.reason_key, reason=given.reason)


@area.post("/google-tenants/{int:pk}/reopen", Action.LINK_GOOGLE, GoogleTold, **_DECIDING)
def reopen_google(call: Call, pk: Id) -> Reply:
    """Let an ignored tenant wait for a link again."""
    return _decide(call, pk, reopen_google_tenant)


@area.post("/google-tenants/{int:pk}/not-this-company", Action.LINK_GOOGLE, GoogleTold, **_DECIDING)
def not_this_google_company(call: Call, pk: Id, given: RejectGiven) -> Reply:
    """Say that the tenant is not this company: it is not proposed again."""
    return _decide(call, pk, reject_google_match, company_id=given.company_id)
