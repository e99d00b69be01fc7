"""New relationships: companies that wait for a tenant, the reseller link, and where a tenant is."""

from datetime import datetime

from django.http import Http404
from ninja import Query, Schema
from pydantic import Field

from tenantry.api.areas import Area, Call, Place, Reply
from tenantry.api.companies import company_or_missing
from tenantry.api.problems import Problem
from tenantry.api.rules_shapes import RuleTold
from tenantry.api.shapes import (
    Done,
    Given,
    Id,
    PageQuery,
    PageShape,
    one_of,
    page_reply,
    refuse_strange,
    refuse_wrong_place,
)
from tenantry.connections.invitation_links import read_invitation_link
from tenantry.connections.models import Connection
from tenantry.core.permissions import Action
from tenantry.isolation.scope import marketplace_scope
from tenantry.listing import Order, page_of
from tenantry.sync.completing import complete_requests
from tenantry.sync.connecting import cancel_connect, request_connect
from tenantry.sync.explaining import explain_tenants
from tenantry.sync.models import ConnectRequest, ConnectState, Feed
from tenantry.sync.whereabouts import Found, find_tenant, named

area = Area("Relationships")
_NEWEST = Order("requested", "created_at", descending=True)


class ConnectQuery(PageQuery):
    """Which requests a list shows, newest first."""

    state: str = one_of(ConnectState.values, ConnectState.PENDING.value, "How they stand.")


class ConnectGiven(Given):
    """The tenant that a company waits for: its domain or its id."""

    tenant: str = Field(min_length=1, max_length=255)


class ConnectTold(Schema):
    """A company that waits for a tenant, or waited."""

    id: int
    company_id: int
    company: str
    domain: str
    tenant_id: str
    state: str
    problem: str
    requested_by: str
    created_at: datetime
    ended_at: datetime | None

    @classmethod
    def of(cls, row: ConnectRequest) -> "ConnectTold":
        """Return a request as an answer says it."""
        return cls(
            id=row.pk, company_id=row.company_id, company=row.company.name, domain=row.domain,
            tenant_id=row.tenant.external_id if row.tenant else row.external_id, state=row.state, problem=row.problem,
            requested_by=row.requested_by_name, created_at=row.created_at, ended_at=row.ended_at,
        )  # fmt: skip


class ConnectPage(PageShape):
    """A page of requests."""

    items: list[ConnectTold]


class LinkOfConnection(Schema):
    """A connection of the marketplace, and its link with which a customer accepts the relationship, once read."""

    connection_id: int
    connection: str
    enabled: bool
    link: str
    read_at: datetime | None

    @classmethod
    def of(cls, row: Connection) -> "LinkOfConnection":
        """Return a connection as an answer says it."""
        return cls(
            connection_id=row.pk, connection=row.name, enabled=row.enabled, link=row.relationship_link,
            read_at=row.relationship_link_at,
        )  # fmt: skip


class Links(Schema):
    """The connections that feed the marketplace, with their links."""

    items: list[LinkOfConnection]


class WhereQuery(Schema):
    """A domain or the id of a tenant, as it was pasted."""

    q: str = Field(min_length=1, max_length=300)


class WhereTold(Schema):
    """Where a tenant is, why, and what to do next."""

    where: str
    sentence: str
    next: str
    tenant_id: str
    name: str
    pending_id: int | None
    company_id: int | None
    as_of: datetime | None

    @classmethod
    def of(cls, found: Found) -> "WhereTold":
        """Return what was found as an answer says it."""
        tenant, answer = found.tenant, found.answer
        return cls(
            where=answer.where.value, sentence=answer.sentence, next=answer.next_step,
            tenant_id=tenant.external_id if tenant else "", name=tenant.name if tenant else "",
            pending_id=found.pending.pk if found.pending else None, company_id=found.company_id, as_of=found.as_of,
        )  # fmt: skip


class Whereabouts(Schema):
    """What is known of the tenant: at least one answer."""

    items: list[WhereTold]


@area.get("/connect-requests", Action.CONNECT_TENANT, ConnectPage)
def list_connect_requests(call: Call, query: Query[ConnectQuery]) -> Reply:
    """List the companies that wait for a tenant, or waited."""
    refuse_strange("state", query.state, ConnectState.values)
    refuse_wrong_place(query, _NEWEST, ConnectRequest)
    rows = ConnectRequest.objects.filter(state=query.state).select_related("company", "tenant")
    page = page_of([rows], _NEWEST, after=query.after, before=query.before, size=query.limit)
    return page_reply(call, ConnectPage, page, items=[ConnectTold.of(row) for row in page.rows])


@area.post("/companies/{int:pk}/connect-requests", Action.CONNECT_TENANT, ConnectTold, status=201, refuses=True)
def connect_tenant(call: Call, pk: Id, given: ConnectGiven) -> Reply:
    """Let a company wait for a tenant. One that is here is linked at once."""
    company_or_missing(pk)
    made = request_connect(company_id=pk, given=given.tenant, **call.told)
    complete_requests(now=call.caller.now, request=made.pk)
    return Reply(ConnectTold.of(ConnectRequest.objects.select_related("company", "tenant").get(pk=made.pk)))


@area.post("/connect-requests/{int:pk}/cancel", Action.CONNECT_TENANT, Done, refuses=True)
def cancel_connect_request(call: Call, pk: Id) -> Done:
    """Wait for a tenant no longer."""
    cancel_connect(pk=pk, **call.told)
    return Done(changed=True, sentence="Cancelled. The tenant, when it shows up, waits like any other.")


def _feeding() -> list[Connection]:
    return list(Connection.objects.filter(pk__in=Feed.objects.values("connection_id")).order_by("name"))


@area.get("/relationship-links", Action.CONNECT_TENANT, Links)
def list_relationship_links(call: Call) -> Links:
    """List the links with which a customer accepts the marketplace's reseller as theirs."""
    return Links(items=[LinkOfConnection.of(row) for row in _feeding()])


@area.post(
    "/relationship-links/{int:connection_id}/read", Action.CONNECT_TENANT, LinkOfConnection, place=Place.OUTSIDE,
    refuses=True, asks_provider=True,
)  # fmt: skip
def read_relationship_link(call: Call, connection_id: Id) -> LinkOfConnection:
    """Ask the provider for the link, and keep it."""
    with marketplace_scope(call.caller.marketplace_id):
        row = next((each for each in _feeding() if each.pk == connection_id), None)
    if row is None:
        raise Http404
    read_invitation_link(row, now=call.caller.now)
    return LinkOfConnection.of(Connection.objects.get(pk=connection_id))


@area.get("/whereabouts", Action.SEE_PENDING, Whereabouts)
def where_is_tenant(call: Call, query: Query[WhereQuery]) -> Whereabouts:
    """Say where a tenant is: pending, linked, excluded by a rule, not visible; and what to do next."""
    return Whereabouts(items=[WhereTold.of(found) for found in found_by(query.q)])


class ExplainedTold(Schema):
    """Where a tenant is, and what each rule says of it now."""

    answer: WhereTold
    rules: list[RuleTold]


class Explanations(Schema):
    """What is known of the tenant, rule by rule."""

    items: list[ExplainedTold]


@area.get("/explanations", Action.SEE_PENDING, Explanations)
def explain_tenant(call: Call, query: Query[WhereQuery]) -> Explanations:
    """Say why a tenant is as it is: each rule with what it was given, and its answer."""
    external_id, domain = _named(query.q)
    found = explain_tenants(external_id=external_id, domain=domain)
    items = [
        ExplainedTold(answer=WhereTold.of(each.found), rules=[RuleTold.of(rule) for rule in each.rules])
        for each in found
    ]
    return Explanations(items=items)


def _named(given: str) -> tuple[str, str]:
    external_id, domain = named(given)
    if not external_id and not domain:
        sentence = "This is neither a domain nor the ID of a tenant."
        raise Problem("invalid", sentence, errors={"q": sentence})
    return external_id, domain


def found_by(given: str, *, connection: Connection | None = None) -> list[Found]:
    """Return where the tenant is that was pasted. Raises :class:`Problem` for what is neither domain nor id."""
    external_id, domain = _named(given)
    return find_tenant(external_id=external_id, domain=domain, connection=connection)
