"""The demo's Google: a connection to the emulator, one customer linked to a company, one that resembles a company."""

from contextlib import suppress
from datetime import datetime
from itertools import islice
from typing import Any

from django.db import transaction

from tenantry.audit.events import Actor
from tenantry.connections.google_services import GoogleConnection, save_google_connection
from tenantry.connections.models import Connection, GoogleDiscovery, Provider
from tenantry.connections.sources import open_source
from tenantry.core.records import TenantDetails, TenantListing
from tenantry.core.user_settings import Leavers, ScopeRules, UserSettings
from tenantry.isolation.scope import marketplace_scope
from tenantry.marketplace.companies.services import CompanyDraft, DomainDraft, create_company
from tenantry.marketplace.models import Company, CompanyOrigin, Marketplace
from tenantry.providers.errors import ConsentMissing, NotFound
from tenantry.sync.entitlements import set_entitlement
from tenantry.sync.feeds import add_feed
from tenantry.sync.google.requests import request_google_listing
from tenantry.sync.links import link_tenant
from tenantry.sync.observe.store import store_listing
from tenantry.sync.user_settings import save_user_settings

_READ = 4
_CALLS_PER_MINUTE = 2_400  # what Google publishes, and the emulator keeps


def connect_google(facts: dict[str, Any], *, actor: Actor, now: datetime) -> Connection:
    """Save the connection to an emulator that wrote these facts, or let the one that is there follow it."""
    google = facts["google"]
    given = GoogleConnection(
        name="Google Workspace (emulated)",
        discovery=GoogleDiscovery.RESELLER,
        subject=google["subject"],
        account_id=google["account_id"],
        settings={"google": google["url"], "google_calls_per_minute": _CALLS_PER_MINUTE},
        key=google["key_file"],
    )
    return save_google_connection(given, actor=actor, now=now)


def let_google_in(
    marketplace: Marketplace, connection: Connection, *, operator: Actor, actor: Actor, now: datetime
) -> None:
    """Feed the marketplace with Google's customers, link the first, and switch User Sync from Google on.

    The list is asked for as a manager would: the others come in by the worker's job. Talks HTTP: never in a
    transaction.
    """
    listed, read = _read(connection)
    with transaction.atomic():
        store_listing(connection, listed, now=now)
    with marketplace_scope(marketplace.pk):
        add_feed(connection=connection, countries=[], actor=operator, now=now)
        set_entitlement(user_sync_google=True, actor=operator, now=now)
        for number, tenant in enumerate(read[:2]):
            company = _company_of(tenant, actor=actor, now=now)
            if number == 0:
                link_tenant(
                    connection=connection, external_id=tenant.external_id, company=company,
                    reason="Linked before the demo.", actor=actor, now=now,
                )  # fmt: skip
        wanted = UserSettings(user_sync=True, scope=ScopeRules(no_disabled=True), leavers=Leavers.DEACTIVATE)
        save_user_settings(provider=Provider.GOOGLE, wanted=wanted, seen_version=0, actor=actor, now=now)
        request_google_listing(actor=actor, now=now)


def _read(connection: Connection) -> tuple[list[TenantListing], list[TenantDetails]]:
    """Return the first customers as listed, and those of them that may be read."""
    found = []
    with open_source(connection) as source:
        listed = list(islice(source.list_tenants(None).records, _READ))
        for record in listed:
            with suppress(ConsentMissing, NotFound):
                found.append(source.read_tenant(record.external_id))
    return listed, found


def _company_of(tenant: TenantDetails, *, actor: Actor, now: datetime) -> Company:
    """Return the company with the tenant's name, whose people may be at Microsoft as well; else make it."""
    known = Company.objects.filter(name=tenant.name).order_by("pk").first()
    domains = tuple(DomainDraft(each) for each in (tenant.domain,) if each)
    draft = CompanyDraft(tenant.name, domains=domains)
    return known or create_company(draft=draft, origin=CompanyOrigin.BY_HAND, actor=actor, now=now)
