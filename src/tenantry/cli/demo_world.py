"""What the demo starts with: two marketplaces on one Partner Center, one on Google as well, and a first sync."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from tenantry.accounts.models import Account
from tenantry.accounts.services import create_account
from tenantry.audit.events import Actor, ActorKind
from tenantry.cli.demo_companies import ADMINISTRATOR, let_administrator_in, read_alike, seed_companies
from tenantry.cli.demo_google import connect_google, let_google_in
from tenantry.connections.models import Connection, Provider
from tenantry.connections.services import MicrosoftConnection, save_microsoft_connection
from tenantry.connections.sources import open_source
from tenantry.core.permissions import Role
from tenantry.core.records import Relationship, TenantListing
from tenantry.core.user_settings import Leavers, ScopeRules, UserSettings
from tenantry.isolation.scope import marketplace_scope
from tenantry.marketplace.companies.services import CompanyDraft, create_company
from tenantry.marketplace.models import CompanyOrigin, Marketplace
from tenantry.marketplace.services import create_marketplace, give_role
from tenantry.sync.company_settings import save_company_sync
from tenantry.sync.entitlements import set_entitlement
from tenantry.sync.feeds import add_feed
from tenantry.sync.links import link_tenant
from tenantry.sync.models import Trigger
from tenantry.sync.observe.store import store_listing
from tenantry.sync.people.requests import request_people_sync
from tenantry.sync.people.runs import Wish
from tenantry.sync.requests import Asked, request_sync
from tenantry.sync.user_settings import save_user_settings

_DEMO = Actor(ActorKind.SYSTEM, "Demo")
COUNTRY = "AT"
COMPANIES = 150
CALLS_PER_MINUTE = 2_400
CALLS_AT_ONCE = 8


def seed_demo(facts: dict[str, Any], *, password: str, linked: int) -> None:
    """Fill an empty installation from an emulator's ready file; do nothing when it was filled before."""
    now = timezone.now()
    if Account.objects.exists():
        _follow_emulator(facts, now=now)
        return
    operator, manager, kim, sue, carl, ada = (
        create_account(email=email, name=name, password=password, is_operator=is_operator, now=now)
        for email, name, is_operator in (
            ("operator@tenantry.example", "Olga Operator", True),
            ("manager@northwind.example", "Max Manager", False),
            ("kim@northwind.example", "Kim Lee", False),
            ("sue@northwind.example", "Sue Sales", False),
            ("carl@northwind.example", "Carl Customer-Support", False),
            (ADMINISTRATOR, "Ada Harbour", False),
        )
    )
    as_operator = Actor(ActorKind.OPERATOR, operator.name, operator.pk)
    connection = save_microsoft_connection(connection_to(facts), actor=as_operator, now=now)
    northwind = create_marketplace(name="Northwind Cloud", actor=as_operator, now=now)
    alpine = create_marketplace(name="Alpine Marketplace", actor=as_operator, now=now)
    _equip(northwind, connection, [manager, kim], countries=[], actor=as_operator, now=now)
    _equip(alpine, connection, [kim], countries=[COUNTRY], actor=as_operator, now=now)
    _settle(northwind, connection, linked=linked, administrator=ada, now=now)
    with marketplace_scope(northwind.pk):
        for account, role in ((sue, Role.SALES_SUPPORT), (carl, Role.CUSTOMER_SUPPORT)):
            give_role(account_id=account.pk, account_name=account.name, role=role, actor=as_operator, now=now)
        save_company_sync(company_sync=True, seen_version=0, actor=_DEMO, now=now)
        request_sync(marketplace_id=northwind.pk, asked=Asked(_DEMO, Trigger.SETTINGS), now=now)
    google = connect_google(facts, actor=as_operator, now=now)
    let_google_in(northwind, google, operator=as_operator, actor=_DEMO, now=now)
    _let_people_in(northwind, as_operator, now=now)


def _let_people_in(marketplace: Marketplace, operator: Actor, *, now: datetime) -> None:
    """Switch User Sync on: guests and blocked people stay out, and who leaves is deactivated."""
    with marketplace_scope(marketplace.pk):
        set_entitlement(user_sync_microsoft=True, actor=operator, now=now)
        scope = ScopeRules(no_guests=True, no_disabled=True)
        wanted = UserSettings(user_sync=True, scope=scope, leavers=Leavers.DEACTIVATE)
        save_user_settings(provider=Provider.MICROSOFT, wanted=wanted, seen_version=0, actor=_DEMO, now=now)
    request_people_sync(marketplace_id=marketplace.pk, wish=Wish(_DEMO, Trigger.SETTINGS), now=now)


def connection_to(facts: dict[str, Any]) -> MicrosoftConnection:
    """Return the connection to an emulator that wrote these facts, signed in as its web application."""
    return MicrosoftConnection(
        name="Partner Center (emulated)",
        partner_tenant_id=facts["partner_tenant_id"],
        application_id=facts["web_application"]["client_id"],
        application_kind="web",
        settings={
            "api": facts["api_url"],
            "authority": facts["login_url"],
            "graph": facts["graph_url"],
            "ca_file": facts["ca_file"],
            "detail_calls_per_minute": CALLS_PER_MINUTE,
            "calls_at_once": CALLS_AT_ONCE,
        },
        credential={"secret": facts["web_application"]["secret"]},
        refresh_token=facts["service_user"]["refresh_token"],
    )


def _follow_emulator(facts: dict[str, Any], *, now: datetime) -> None:
    """A kept demo meets an emulator on other ports: follow it."""
    save_microsoft_connection(connection_to(facts), actor=_DEMO, now=now)
    connect_google(facts, actor=_DEMO, now=now)


def _equip(
    marketplace: Marketplace, connection: Connection, managers: Sequence[Account], *, countries: list[str],
    actor: Actor, now: datetime,
) -> None:  # fmt: skip
    with marketplace_scope(marketplace.pk):
        for account in managers:
            give_role(account_id=account.pk, account_name=account.name, role=Role.MANAGER, actor=actor, now=now)
        add_feed(connection=connection, countries=countries, actor=actor, now=now)
        set_entitlement(company_sync=True, link_company=True, actor=actor, now=now)


def _settle(
    marketplace: Marketplace, connection: Connection, *, linked: int, administrator: Account, now: datetime
) -> None:
    """Let companies be there already, as in a marketplace that has been at work for a while: some of them linked."""
    with open_source(connection) as source:
        page = source.list_tenants(None)
        customers = [record for record in page.records if record.relationship is Relationship.RESELLER]
        chosen: list[TenantListing] = customers[:: max(1, len(customers) // linked)][:linked]
        waiting = [record for record in customers if record not in chosen]
        details = read_alike(source, waiting)
    with transaction.atomic():
        store_listing(connection, chosen, now=now)
    with marketplace_scope(marketplace.pk):
        seed_companies(details, most=COMPANIES - linked - 1, actor=_DEMO, now=now)
        let_administrator_in(administrator, actor=_DEMO, now=now)
        for record in chosen:
            company = create_company(
                draft=CompanyDraft(record.name), origin=CompanyOrigin.BY_HAND, actor=_DEMO, now=now
            )
            link_tenant(
                connection=connection, external_id=record.external_id, company=company,
                reason="Linked before the demo.",
                actor=_DEMO, now=now,
            )  # fmt: skip
