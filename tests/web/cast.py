"""The fixed cast of the pages' tests, and what each of them may enter.

``owner`` manages Northwind, ``colleague`` is its sales support, ``stranger`` manages Contoso, ``operator``
runs the installation, ``nobody`` has an account and no role.
"""

import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.test import Client
from django.utils import timezone
from tests.web.stage import Stage

from tenantry.accounts.models import Account
from tenantry.accounts.services import create_account
from tenantry.audit.events import Actor, ActorKind
from tenantry.connections.models import Connection
from tenantry.connections.services import MicrosoftConnection, save_microsoft_connection
from tenantry.core.permissions import Role
from tenantry.isolation.scope import marketplace_scope
from tenantry.marketplace.models import Marketplace
from tenantry.marketplace.services import create_marketplace, give_role
from tenantry.sync.company_settings import save_company_sync
from tenantry.sync.entitlements import set_entitlement
from tenantry.sync.feeds import add_feed

PASSWORD = "correct-horse-battery"
OPERATOR = Actor(ActorKind.OPERATOR, "Olga Operator")
_NAMES = {
    "owner": "Max Owner",
    "colleague": "Kim Colleague",
    "stranger": "Sam Stranger",
    "operator": "Olga Operator",
    "nobody": "Nina Nobody",
}


@dataclass(frozen=True)
class Cast:
    """Who visits, by name; ``client`` signs one of them in. ``anonymous`` is everybody else."""

    accounts: dict[str, Account]
    northwind: Marketplace
    contoso: Marketplace
    connection: Connection
    clients: dict[str, Client] = field(default_factory=dict)

    def client(self, who: str) -> Client:
        if who not in self.clients:
            client = Client()
            if who != "anonymous":
                client.force_login(self.accounts[who])
            self.clients[who] = client
        return self.clients[who]

    def actor(self, who: str) -> Actor:
        """Return somebody as the audit names them."""
        return Actor(ActorKind.ACCOUNT, self.accounts[who].name, self.accounts[who].pk)

    def enter(self, who: str, marketplace: Marketplace) -> Client:
        """Let somebody go to work in a marketplace."""
        client = self.client(who)
        client.post("/marketplace/", {"marketplace": marketplace.pk})
        return client


def make_cast(now: datetime) -> Cast:
    """Write the cast into the test's database: two marketplaces on one Partner Center."""
    accounts = {
        who: create_account(
            email=f"{who}@people.example", name=name, password=PASSWORD, is_operator=who == "operator", now=now
        )
        for who, name in _NAMES.items()
    }
    given = MicrosoftConnection("Partner Center EU", str(uuid.uuid4()), str(uuid.uuid4()), "web")
    connection = save_microsoft_connection(given, actor=OPERATOR, now=now)
    northwind = create_marketplace(name="Northwind", actor=OPERATOR, now=now)
    contoso = create_marketplace(name="Contoso", actor=OPERATOR, now=now)
    roles = {
        northwind: (("owner", Role.MANAGER), ("colleague", Role.SALES_SUPPORT)),
        contoso: (("stranger", Role.MANAGER),),
    }
    for marketplace, people in roles.items():
        with marketplace_scope(marketplace.pk):
            for who, role in people:
                give_role(account_id=accounts[who].pk, account_name=who, role=role, actor=OPERATOR, now=now)
            add_feed(connection=connection, countries=[], actor=OPERATOR, now=now)
            set_entitlement(company_sync=True, actor=OPERATOR, now=now)
    return Cast(accounts, northwind, contoso, connection)


def switch_on(marketplace: Marketplace) -> None:
    """Switch the marketplace's Company Sync on, as its manager did three days ago."""
    with marketplace_scope(marketplace.pk):
        save_company_sync(
            company_sync=True, seen_version=0, actor=Actor(ActorKind.ACCOUNT, "Max Owner"),
            now=timezone.now() - timedelta(days=3),
        )  # fmt: skip


def stage_of(cast: Cast) -> Stage:
    """Return Northwind's stage with Company Sync on and nothing on it yet."""
    switch_on(cast.northwind)
    return Stage(cast.northwind, cast.connection)
