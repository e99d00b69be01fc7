"""A small installation for tests: a marketplace or two on an emulated Partner Center, and the command line.

Used by every test that drives the whole: commands as processes, real HTTP, real commits.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import psycopg
from tests.commands import Ran, tenantry

from tenantry.audit.events import SYSTEM
from tenantry.connections.models import Connection
from tenantry.connections.services import MicrosoftConnection, save_microsoft_connection
from tenantry.emulator.server import Emulator
from tenantry.isolation.scope import marketplace_scope
from tenantry.marketplace.services import create_marketplace
from tenantry.sync.company_settings import save_company_sync
from tenantry.sync.entitlements import set_entitlement
from tenantry.sync.feeds import add_feed
from tenantry.sync.models import PendingCompany

__all__ = ["FAST", "Installed", "Ran", "connection_to", "install", "table_hashes", "tenantry"]

FAST = 60_000  # calls a minute: tests that are not about the rate do not wait for it


def connection_to(emulator: Emulator, **changed: Any) -> MicrosoftConnection:
    """Return what an operator would give to connect this emulator, with some of it changed."""
    given: dict[str, Any] = {
        "name": "Partner Center",
        "partner_tenant_id": emulator.partner_tenant_id,
        "application_id": emulator.web_application.client_id,
        "application_kind": "web",
        "settings": {
            "api": emulator.api_url,
            "authority": emulator.login_url,
            "ca_file": str(emulator.ca_file),
            "detail_calls_per_minute": FAST,
        },
        "credential": {"secret": emulator.web_application.secret},
    }
    return MicrosoftConnection(**{**given, **changed})


@dataclass(frozen=True, slots=True)
class Installed:
    """An installation in the test's database, fed by ``emulator``."""

    emulator: Emulator
    connection: Connection
    marketplaces: dict[str, int] = field(default_factory=dict)

    def pending(self, name: str, states: Iterable[str] = ("pending",)) -> dict[str, PendingCompany]:
        """Return the pending companies of a marketplace by tenant id."""
        with marketplace_scope(self.marketplaces[name]):
            rows = PendingCompany.objects.select_related("tenant").filter(state__in=list(states))
            return {row.tenant.external_id: row for row in rows}


def install(
    emulator: Emulator, *, now: datetime, marketplaces: dict[str, list[str]], syncing: Iterable[str] | None = None
) -> Installed:
    """Connect the emulator and let it feed ``marketplaces`` (name: countries); ``syncing`` have Company Sync on."""
    connection = save_microsoft_connection(connection_to(emulator), actor=SYSTEM, now=now)
    installed = Installed(emulator, connection)
    for name, countries in marketplaces.items():
        marketplace = create_marketplace(name=name, actor=SYSTEM, now=now)
        installed.marketplaces[name] = marketplace.pk
        with marketplace_scope(marketplace.pk):
            add_feed(connection=connection, countries=countries, actor=SYSTEM, now=now)
            set_entitlement(company_sync=True, actor=SYSTEM, now=now)
            if syncing is None or name in syncing:
                save_company_sync(company_sync=True, seen_version=0, actor=SYSTEM, now=now)
    return installed


def table_hashes(owner_url: str) -> dict[str, str]:
    """Return a hash over the content of every table, as the owner sees it."""
    with psycopg.connect(owner_url) as owner:
        names = owner.execute("select tablename::text from pg_tables where schemaname = 'public'").fetchall()
        hashes = {}
        for (name,) in names:
            query = f"select md5(coalesce(string_agg(t::text, chr(10) order by t::text), '')) from \"{name}\" t"  # noqa: S608  # our own tables
            row = owner.execute(query.encode()).fetchone()
            assert row is not None
            hashes[name] = row[0]
        return hashes
