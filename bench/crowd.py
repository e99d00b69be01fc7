"""Fills a database with one marketplace of very many pending companies and companies, as its owner, by COPY."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from bench.filling import Cursor, copy_rows, count_tables, without_indexes

from tenantry.core.search import fold, search_keys
from tenantry.core.tenants import Snapshot
from tenantry.emulator.world import World

MARKETPLACE = 1
CONTACTS = 20_000
BORN = datetime(2026, 1, 1, tzinfo=UTC)
# Of each hundred rows: most need a decision, the rest is spread over the other tabs.
_STATES = ["pending"] * 80 + ["held"] * 5 + ["ignored"] * 5 + ["snoozed"] * 3 + ["created"] * 4 + ["linked"] * 3
_PROBLEMS: list[list[str]] = [[]] * 90 + [["contact_missing"]] * 6 + [["details_refused"]] * 3 + [["details_not_read"]]
COMPANY_TABLES = ["marketplace_company", "marketplace_companykey"]


def fill(dsn: str, *, pending: int, companies: int, environment: dict[str, str]) -> None:
    """Write the marketplace, its manager, a connection with its feed, the rows and their search keys; then count."""
    subprocess.run([sys.executable, "-m", "bench.crowd"], env=environment, check=True)
    world = World(seed=7, customers=pending + companies)
    contacts = [world.customer(tenant_id).contact for tenant_id, _ in zip(world.tenant_ids(), range(CONTACTS))]  # noqa: B905  # as many as there are
    with psycopg.connect(dsn) as owner, owner.cursor() as cursor:
        with without_indexes(cursor, ["sync_tenant", "sync_pendingcompany", "sync_pendingkey", *COMPANY_TABLES]):
            copy_rows(cursor, _TENANTS, _tenants(world, pending))
            copy_rows(cursor, _PENDING, _pending(world, contacts, pending))
            copy_rows(cursor, _PENDING_KEYS, _pending_keys(world, contacts, pending))
            copy_companies(cursor, world, start=pending, count=companies, marketplace=MARKETPLACE)
        for table in ("sync_tenant", "sync_pendingcompany"):
            _number_on(cursor, table)
    count_tables(dsn)


def copy_companies(cursor: Cursor, world: World, *, start: int, count: int, marketplace: int) -> None:
    """Write ``count`` companies with their search keys, named as the rows of the world from ``start`` on."""
    copy_rows(cursor, _COMPANIES, _companies(world, start, count, marketplace))
    copy_rows(cursor, _COMPANY_KEYS, _company_keys(world, start, count, marketplace))
    _number_on(cursor, "marketplace_company")


def _number_on(cursor: Cursor, table: str) -> None:
    cursor.execute(f"select setval(pg_get_serial_sequence('{table}', 'id'), (select max(id) from {table}))".encode())  # noqa: S608  # our own names


_TENANTS = (
    "copy sync_tenant (id, provider, cloud, external_id, name, domain, country, content_hash, details_at, "
    "first_seen_at, changed_at) from stdin"
)
_PENDING = (
    "copy sync_pendingcompany (id, marketplace_id, tenant_id, connection_id, state, name, sort_name, country, domain, "
    "contact_name, contact_email, sort_contact, problems, content_hash, first_seen_at, changed_at, certainty, "
    "match_count, decided_at) from stdin"
)
_PENDING_KEYS = "copy sync_pendingkey (marketplace_id, pending_id, key) from stdin"
_COMPANIES = (
    "copy marketplace_company (id, marketplace_id, name, sort_name, status, origin, country, external_id, created_at) "
    "from stdin"
)
_COMPANY_KEYS = "copy marketplace_companykey (marketplace_id, company_id, key) from stdin"


def _moment(number: int) -> datetime:
    return BORN + timedelta(seconds=number * 17)


def _country(number: int) -> str:
    return ("DE", "FR", "AT", "US", "GB", "JP", "NL", "PL", "CH", "SE", "BR", "LI")[min(11, (number * 7919 % 97) // 8)]


def _shown(world: World, contacts: list[Any], number: int) -> Snapshot:
    row, person = world.row(number), contacts[number % len(contacts)]
    return Snapshot(
        row.name, _country(number), row.domain, f"{person.first} {person.last}".strip(), person.email,
        tuple(_PROBLEMS[number * 31 % 100]),
    )  # fmt: skip


def _tenants(world: World, count: int) -> Iterator[tuple[Any, ...]]:
    for number in range(count):
        row, now = world.row(number), _moment(number)
        digest = Snapshot(row.name, "", row.domain, "", "", ()).content_hash
        yield (
            number + 1, "microsoft", "global", row.tenant_id, row.name, row.domain, _country(number), digest, now, now,
            now,
        )  # fmt: skip


def _pending(world: World, contacts: list[Any], count: int) -> Iterator[tuple[Any, ...]]:
    for number in range(count):
        shown, now, state = _shown(world, contacts, number), _moment(number), _STATES[number * 37 % 100]
        by_contact = fold(shown.contact_name or shown.contact_email)[:200]
        certainty = (0, 0, 0, 0, 0, 0, 1, 2, 3, 4)[number * 13 % 10]
        yield (
            number + 1, MARKETPLACE, number + 1, 1, state, shown.name, fold(shown.name)[:200], shown.country,
            shown.domain, shown.contact_name, shown.contact_email, by_contact,
            list(shown.problems), shown.content_hash, now, now, certainty, int(certainty > 0),
            now if state in {"created", "linked", "ignored"} else None,
        )  # fmt: skip


def _pending_keys(world: World, contacts: list[Any], count: int) -> Iterator[tuple[Any, ...]]:
    for number in range(count):
        shown = _shown(world, contacts, number)
        mailbox, _, domain = shown.contact_email.partition("@")
        keys = search_keys(
            [shown.name, shown.contact_name, mailbox], {shown.domain, domain} - {""}, [world.tenant_id(number)]
        )
        for key in keys:
            yield (MARKETPLACE, number + 1, key)


def _companies(world: World, start: int, count: int, marketplace: int) -> Iterator[tuple[Any, ...]]:
    for number in range(count):
        name = world.row(start + number).name[:300]
        status = "enabled" if number % 3 else "without_login"
        yield (
            number + 1, marketplace, name, fold(name)[:300], status, "import", _country(number), f"C{number}",
            _moment(number),
        )  # fmt: skip


def _company_keys(world: World, start: int, count: int, marketplace: int) -> Iterator[tuple[Any, ...]]:
    for number in range(count):
        row = world.row(start + number)
        for key in search_keys([row.name], [row.domain], []):
            yield (marketplace, number + 1, key)


EMAIL = "manager@northwind.example"
PASSWORD = "correct horse battery"  # noqa: S105  # of a database that lives for minutes


def make_marketplace() -> None:
    """Make the marketplace, its manager, connection and feed through the services. In a process of its own."""
    import django  # noqa: PLC0415  # settings read the environment that the caller gave

    django.setup()
    from tenantry.accounts.services import create_account  # noqa: PLC0415  # after django.setup
    from tenantry.audit.events import SYSTEM  # noqa: PLC0415  # same
    from tenantry.connections.services import MicrosoftConnection, save_microsoft_connection  # noqa: PLC0415  # same
    from tenantry.core.permissions import Role  # noqa: PLC0415  # same
    from tenantry.isolation.scope import marketplace_scope  # noqa: PLC0415  # same
    from tenantry.marketplace.services import create_marketplace, give_role  # noqa: PLC0415  # same
    from tenantry.sync.feeds import add_feed  # noqa: PLC0415  # same

    account = create_account(email=EMAIL, name="Max", password=PASSWORD, is_operator=False, now=BORN)
    wanted = MicrosoftConnection(
        name="Partner Center", partner_tenant_id="8b1b7e3c-0000-4000-8000-000000000001",
        application_id="8b1b7e3c-0000-4000-8000-000000000002", application_kind="web", settings={},
        credential={"secret": "never used"},
    )  # fmt: skip
    connection = save_microsoft_connection(wanted, actor=SYSTEM, now=BORN)
    marketplace = create_marketplace(name="Northwind", actor=SYSTEM, now=BORN)
    with marketplace_scope(marketplace.pk):
        give_role(account_id=account.pk, account_name="Max", role=Role.MANAGER, actor=SYSTEM, now=BORN)
        add_feed(connection=connection, countries=[], actor=SYSTEM, now=BORN)


if __name__ == "__main__":
    make_marketplace()
