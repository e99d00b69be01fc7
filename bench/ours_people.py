"""Tenantry's side of ``bench.people``: connecting, linking, and one run as workers do it."""

from typing import Any

from tenantry.cli.installation import set_up_django

set_up_django()  # as the worker does it

import json  # noqa: E402  # Django must be set up first
import time  # noqa: E402  # same
import uuid  # noqa: E402  # same

from django.db import transaction  # noqa: E402  # same
from django.utils import timezone  # noqa: E402  # same

from tenantry.audit.events import Actor, ActorKind  # noqa: E402  # same
from tenantry.connections.google import opened_google  # noqa: E402  # same
from tenantry.connections.models import CallLine, Connection  # noqa: E402  # same
from tenantry.connections.secrets import seal_credential  # noqa: E402  # same
from tenantry.connections.sources import open_source  # noqa: E402  # same
from tenantry.core.records import TenantListing  # noqa: E402  # same
from tenantry.isolation.scope import marketplace_scope  # noqa: E402  # same
from tenantry.marketplace.companies.services import CompanyDraft, create_companies  # noqa: E402  # same
from tenantry.marketplace.models import CompanyOrigin  # noqa: E402  # same
from tenantry.marketplace.queries import every_marketplace_id  # noqa: E402  # same
from tenantry.marketplace.services import create_marketplace  # noqa: E402  # same
from tenantry.providers.google.credentials import ScopeSet  # noqa: E402  # same
from tenantry.sync.feeds import add_feed  # noqa: E402  # same
from tenantry.sync.models import Entitlement, Run, Tenant, TenantLink, Trigger, UserSyncSettings  # noqa: E402  # same
from tenantry.sync.observe.store import store_listing  # noqa: E402  # same
from tenantry.sync.people.driving import drive_people  # noqa: E402  # same
from tenantry.sync.people.requests import request_people_sync  # noqa: E402  # same
from tenantry.sync.people.runs import Wish  # noqa: E402  # same

BENCH = Actor(ActorKind.COMMAND_LINE, "benchmark")
_NO_LIMIT = 6_000_000


def connection_to(facts: dict[str, Any], name: str = "Google", *, limited: bool = False) -> Connection:
    """Return the connection of this name, made if there is none: without a limit of its own, or with the product's."""
    found = Connection.objects.filter(name=name).first()
    if found is not None:
        return found
    google, now = facts["google"], timezone.now()
    key = json.loads(google["key_file"])
    row = Connection(
        uid=uuid.uuid4(), name=name, provider="google", partner_tenant_id=google["account_id"],
        discovery="reseller", subject=google["subject"], service_account=key["client_email"],
        service_account_id=key["client_id"], created_at=now,
        settings={"google": google["url"], **({} if limited else {"google_calls_per_minute": _NO_LIMIT})},
    )  # fmt: skip
    seal_credential(row, {"service_account": google["key_file"]}, now=now)
    row.save()
    if not limited:
        CallLine.objects.get_or_create(
            key=f"google:{row.service_account_id}:{row.subject}",
            defaults={"reserved_until": now, "per_second": _NO_LIMIT / 60},
        )
    return row


def customer_ids(facts: dict[str, Any]) -> list[str]:
    """Return the ids of all customers."""
    connection_to(facts)
    return list(Tenant.objects.order_by("id").values_list("external_id", flat=True))


def access_token(facts: dict[str, Any]) -> str:
    """Return an access token for reading people."""
    return opened_google(connection_to(facts)).tokens.access_token(ScopeSet.USERS)


def link_everything(facts: dict[str, Any], *, limited: bool) -> None:
    """Read the list of customers and link each to a company of a new marketplace, with User Sync on."""
    link_some(connection_to(facts, limited=limited), slice(None))


def link_some(connection: Connection, which: slice) -> None:
    """Let the connection see these customers of its list alone, and link each to a company of the marketplace."""
    now = timezone.now()
    records = _listed(connection)[which]
    with transaction.atomic():
        stored = store_listing(connection, records, now=now)
    with marketplace_scope(_marketplace()):
        add_feed(connection=connection, countries=[], actor=BENCH, now=now)
        drafts = [CompanyDraft(f"Customer {pk}") for pk in stored.tenant_ids]
        ids = create_companies(drafts=drafts, origin=CompanyOrigin.BY_HAND, actor=BENCH, now=now)
        TenantLink.objects.bulk_create(
            TenantLink(marketplace_id=_marketplace(), tenant_id=tenant, company_id=company, created_at=now)
            for tenant, company in zip(stored.tenant_ids, ids, strict=True)
        )


def _listed(connection: Connection) -> list[TenantListing]:
    with open_source(connection) as source:
        page = source.list_tenants(None)
        records = list(page.records)
        while page.cursor is not None:
            page = source.list_tenants(page.cursor)
            records += page.records
    return records


def _marketplace() -> int:
    """Return the only marketplace, made with User Sync on if there is none yet."""
    known = every_marketplace_id()
    if known:
        return known[0]
    now = timezone.now()
    marketplace = create_marketplace(name="Northwind Cloud", actor=BENCH, now=now)
    with marketplace_scope(marketplace.pk):
        Entitlement.objects.update_or_create(
            marketplace=marketplace, defaults={"user_sync_google": True, "changed_at": now}
        )
        UserSyncSettings.objects.create(marketplace=marketplace, provider="google", user_sync=True, changed_at=now)
    return int(marketplace.pk)


def sync_people(facts: dict[str, Any], *, until: float = float("inf")) -> int:
    """Run User Sync over everything; return how many people were seen. At ``until``, of the monotonic clock, stop."""
    connection = connection_to(facts)
    [marketplace_id] = every_marketplace_id()
    [run] = request_people_sync(
        marketplace_id=marketplace_id, wish=Wish(BENCH, Trigger.COMMAND_LINE), now=timezone.now(), enqueue=False
    )
    while drive_people(connection.pk, clock=timezone.now, should_stop=lambda: time.monotonic() >= until).left:
        if time.monotonic() >= until:
            return 0
    with marketplace_scope(marketplace_id):
        done = Run.objects.get(pk=run.pk)
    if done.state != "done" or done.suspect:
        raise SystemExit(f"The run did not end well: {done.state} {done.suspect} {done.failure}")
    return int(done.counters["people_seen"])
