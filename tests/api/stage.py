"""One row of everything in Northwind, for tests that go through all routes of the API."""

from datetime import datetime, timedelta
from itertools import pairwise
from uuid import uuid4

from django.utils import timezone
from tests.web.cast import OPERATOR, Cast, stage_of
from tests.web.directories import Somebody, add_directory
from tests.web.people import add_company, add_people
from tests.web.stage import ACTOR, customers

from tenantry.connections.models import Connection
from tenantry.isolation.scope import marketplace_scope
from tenantry.marketplace.companies.services import add_domain
from tenantry.marketplace.imports.services import start_import
from tenantry.marketplace.invitations.services import invite
from tenantry.marketplace.models import Company, CompanyDomain, Invitation, InvitationState, SharingGroup, StaffRole
from tenantry.sync.deciding.services import create_from_pending, ignore_pending
from tenantry.sync.models import (
    CompanySyncSettings,
    ConnectRequest,
    Entitlement,
    GoogleTenant,
    Hold,
    Run,
    RunKind,
    Tenant,
    Trigger,
    UserLink,
)
from tenantry.webhooks.again import send_test
from tenantry.webhooks.destinations import Destination
from tenantry.webhooks.services import EndpointDraft, create_endpoint

Ids = dict[str, int | str]


def fill(cast: Cast) -> Ids:
    """Put one row of each kind on Northwind's stage; return their ids by what addresses call them."""
    now = timezone.now()
    stage = stage_of(cast)
    run = stage.sync(customers(4))
    live = stage.request()
    company = add_company(cast.northwind, "Alpine", "alpine.example")
    eva, ida = add_people(company, "eva@alpine.example", "ida@alpine.example")
    with marketplace_scope(cast.northwind.pk):
        Entitlement.objects.update(link_company=True, user_sync_google=True)
        CompanySyncSettings.objects.update(sales_support=True, customer_support=False)
        ids = _rows(cast, company, run, eva.membership_id, now=now)
    (ada,) = add_people(company, "ada@alpine.example", role="administrator")
    (person,) = add_directory(company, cast.connection, Somebody("Nora New", "nora@alpine.example"))
    other, made = stage.pending(name="Customer 0001"), stage.pending(name="Customer 0002")
    with marketplace_scope(cast.northwind.pk):
        create_from_pending(pending_id=made.pk, seen_version=None, draft=None, invite=False, actor=OPERATOR, now=now)
        waiting = UserLink.objects.get(person=person).membership_id
        decision = ignore_pending(pending_id=other.pk, seen_version=None, reason_key="test", actor=OPERATOR, now=now)
    google = Connection.objects.create(
        uid=uuid4(), name="Google", provider="google", partner_tenant_id="", discovery="reseller",
        subject="admin@reseller.example", created_at=now,
    )  # fmt: skip
    group = SharingGroup.objects.create(name="Group", created_at=now)
    return ids | {
        "pending": stage.pending(name="Customer 0000").pk, "ignored": other.pk, "created": made.pk, "live run": live.pk,
        "administrator": ada.membership_id, "decision": decision.decision_id,
        "run": run.pk, "company": company.pk, "membership": ida.membership_id, "user": ida.user_id,
        "connection": cast.connection.pk, "marketplace": cast.northwind.pk, "group": group.pk,
        "google tenant": _google_tenant(cast, now=now),
        "person": person.pk, "waiting": waiting,
        "google": google.pk, "provider": "microsoft", **_webhooks(cast, now=now),
    }  # fmt: skip


def _webhooks(cast: Cast, *, now: datetime) -> Ids:
    draft = EndpointDraft("Billing", Destination("https://billing.example/", "93.184.215.14"))
    with marketplace_scope(cast.northwind.pk):
        endpoint = create_endpoint(draft=draft, actor=OPERATOR, now=now).endpoint
        return {
            "endpoint": endpoint.pk, "delivery": send_test(endpoint_id=endpoint.pk, actor=OPERATOR, now=now).pk
        }  # fmt: skip


def _google_tenant(cast: Cast, *, now: datetime) -> int:
    tenant = Tenant.objects.create(
        provider="google", cloud="global", external_id="C0abc12de", name="Guild", domain="guild.example",
        content_hash=uuid4(), first_seen_at=now, changed_at=now,
    )  # fmt: skip
    with marketplace_scope(cast.northwind.pk):
        return GoogleTenant.objects.create(
            marketplace=cast.northwind, tenant=tenant, sort_name="guild", domain="guild.example", content_hash=uuid4(),
            first_seen_at=now,
        ).pk  # fmt: skip


def _rows(cast: Cast, company: Company, run: Run, membership_id: int, *, now: datetime) -> Ids:
    add_domain(company_id=company.pk, domain="second.example", actor=ACTOR, now=now)
    job = start_import(file_name="a.csv", content=b"external_id,name\n1,One\n", actor=ACTOR, now=now)
    hold = Hold.objects.create(
        marketplace=cast.northwind, run=run, brake="creations", reason="Many.", count=0, created_at=now
    )
    decisions = Run.objects.create(
        marketplace=cast.northwind, kind=RunKind.DECISIONS, trigger=Trigger.DECISIONS, created_at=now
    )
    connect = ConnectRequest.objects.create(
        marketplace=cast.northwind, company=company, domain="wanted.example", requested_by_name="Max",
        created_at=now - timedelta(hours=1),
    )  # fmt: skip
    invitation = invite(membership_id=membership_id, actor=ACTOR, now=now)
    Invitation.objects.filter(pk=invitation.pk).update(state=InvitationState.SENT, sent_at=now)
    return {
        "domain": CompanyDomain.objects.get(domain="second.example").pk, "import": job.pk, "hold": hold.pk,
        "decision run": decisions.pk, "connect": connect.pk,
        "invitation": invitation.pk,
        "staff": StaffRole.objects.get(account=cast.accounts["colleague"]).pk,
    }  # fmt: skip


# The first part of an address that has an id behind it, and what that is the id of.
_OF = {
    "pending-companies": "pending", "decisions": "decision", "decision-runs": "decision run", "companies": "company",
    "memberships": "membership", "users": "user", "invitations": "invitation", "imports": "import", "runs": "run",
    "holds": "hold", "connect-requests": "connect", "relationship-links": "connection", "domains": "domain",
    "marketplaces": "marketplace", "staff": "staff", "feeds": "connection", "connections": "connection",
    "google-connections": "google", "google-tenants": "google tenant", "user-sync": "provider",
    "sharing-groups": "group", "directory-people": "person", "pending-users": "waiting",
    "webhook-endpoints": "endpoint", "webhook-deliveries": "delivery",
}  # fmt: skip


def parameters_of(path: str, ids: Ids) -> Ids:
    """Return the ids that an address of the description takes: ``/api/v1/companies/{pk}/domains/{domain_id}``."""
    parts = path.strip("/").split("/")
    found: Ids = {}
    for before, part in pairwise(parts):
        if part.startswith("{"):
            found[part.strip("{}")] = ids[_OF[before]]
    return found


def address_of(path: str, ids: Ids) -> str:
    """Return an address of the description with the ids of rows that are there, from behind the version on."""
    for name, value in parameters_of(path, ids).items():
        path = path.replace(f"{{{name}}}", str(value))
    return path.removeprefix("/api/v1")
