"""The set of the sync's plays: marketplaces, a connection, and a driver that takes a sync through its steps."""

import uuid
from datetime import datetime, timedelta
from typing import Any

import psycopg
from tests.sync.world import World

from tenantry.audit.events import Actor, ActorKind
from tenantry.connections.models import Connection
from tenantry.isolation.scope import marketplace_scope
from tenantry.marketplace.companies.services import CompanyDraft, create_company
from tenantry.marketplace.models import CompanyOrigin
from tenantry.marketplace.services import create_marketplace
from tenantry.providers.base import TenantSource
from tenantry.sync.links import link_tenant
from tenantry.sync.models import (
    Change,
    CompanySyncSettings,
    Entitlement,
    Feed,
    Observation,
    PendingCompany,
    Run,
    RunState,
    Trigger,
)
from tenantry.sync.observe.details import next_due, read_side_by_side
from tenantry.sync.observe.keeping import keep_answers
from tenantry.sync.observe.listing import Standing, read_next_page
from tenantry.sync.requests import Asked, request_sync
from tenantry.sync.runs.lifecycle import begin_runs, live_runs
from tenantry.sync.runs.passes import after_listing, finish, replan_tenants

OPERATOR = Actor(ActorKind.OPERATOR, "Olga Operator", 1)
MANAGER = Actor(ActorKind.ACCOUNT, "Mia Manager", 2)
BUTTON = Asked(MANAGER, Trigger.BUTTON)
PREVIEW = Asked(MANAGER, Trigger.BUTTON, preview=True)


class Clock:
    """A clock that stands still until it is moved on."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def pass_time(self, **parts: float) -> None:
        self.now += timedelta(**parts)


def make_connection(name: str, clock: Clock) -> Connection:
    return Connection.objects.create(
        uid=uuid.uuid4(),
        name=name,
        provider="microsoft",
        partner_tenant_id=str(uuid.uuid4()),
        application_id=str(uuid.uuid4()),
        application_kind="web",
        created_at=clock(),
    )


def make_marketplace(name: str, clock: Clock, *connections: Connection, on: bool = True, **feed: Any) -> int:
    """Make a marketplace that these connections feed, with Company Sync switched on or off; its id."""
    marketplace = create_marketplace(name=name, actor=OPERATOR, now=clock())
    with marketplace_scope(marketplace.pk):
        Entitlement.objects.create(marketplace=marketplace, company_sync=True, changed_at=clock())
        CompanySyncSettings.objects.create(marketplace=marketplace, company_sync=on)
        for connection in connections:
            Feed.objects.create(marketplace=marketplace, connection=connection, created_at=clock(), **feed)
    return marketplace.pk


def switch(marketplace_id: int, *, on: bool) -> None:
    with marketplace_scope(marketplace_id):
        CompanySyncSettings.objects.update(company_sync=on)


def link(marketplace_id: int, connection: Connection, number: int, clock: Clock) -> None:
    with marketplace_scope(marketplace_id):
        company = create_company(
            draft=CompanyDraft(f"Company {number}", "DE"), origin=CompanyOrigin.IMPORT, actor=MANAGER, now=clock()
        )
        link_tenant(
            connection=connection,
            external_id=World.id_of(number),
            company=company,
            reason="Known by its contract.",
            actor=MANAGER,
            now=clock(),
        )


def never() -> bool:
    return False


class Sync:
    """Takes one connection through observation, runs and details, step by step or to the end."""

    def __init__(self, connection: Connection, world: TenantSource, clock: Clock) -> None:
        self.connection = connection
        self.world = world
        self.clock = clock

    def request(self, marketplace_id: int, asked: Asked = BUTTON) -> Run:
        runs = request_sync(
            marketplace_id=marketplace_id,
            asked=asked,
            now=self.clock(),
            enqueue=False,
            connection_id=self.connection.pk,
        )
        return runs[0]

    def observation(self) -> Observation:
        return Observation.objects.filter(connection=self.connection).latest("id")

    def page(self) -> Standing:
        return read_next_page(self.observation().pk, source=self.world, clock=self.clock)

    def list_all(self) -> Standing:
        """Read the listing to its end, sitting out what has to be waited for."""
        for _ in range(1_000):
            standing = self.page()
            if standing.retry_at is not None:
                self.clock.now = max(self.clock.now, standing.retry_at)
            elif not standing.goes_on:
                return standing
        raise AssertionError("The listing does not end.")

    def begin(self) -> None:
        for ref in begin_runs(self.observation().pk, now=self.clock()):
            after_listing(ref, self.connection.pk, clock=self.clock, should_stop=never)

    def read_details(self, *, batch: int = 40, batches: int = 1_000) -> int:
        """Read what is due in batches; return how many were read. Ends no run."""
        count = 0
        for _ in range(batches):
            due = next_due(self.connection.pk, limit=batch, now=self.clock())
            if not due:
                break
            answers = read_side_by_side(self.world, due, should_stop=never)
            changed = keep_answers(self.observation().pk, answers, now=self.clock())
            replan_tenants(self.connection.pk, changed, clock=self.clock)
            count += len(answers)
        return count

    def finish(self) -> None:
        for ref in live_runs(self.connection.pk):
            if ref.state == RunState.READING_DETAILS:
                finish(ref, clock=self.clock)

    def run(self, marketplace_id: int, asked: Asked = BUTTON) -> Run:
        """Ask for a sync and take it to its end; the run as it is then."""
        requested = self.request(marketplace_id, asked)
        self.list_all()
        self.begin()
        self.read_details()
        self.finish()
        return run_of(marketplace_id, requested.pk)


def run_of(marketplace_id: int, run_id: int) -> Run:
    with marketplace_scope(marketplace_id):
        return Run.objects.select_related("observation").get(pk=run_id)


def runs_of(marketplace_id: int) -> list[Run]:
    with marketplace_scope(marketplace_id):
        return list(Run.objects.order_by("id"))


def changes_of(marketplace_id: int, run_id: int) -> list[Change]:
    with marketplace_scope(marketplace_id):
        return list(Change.objects.filter(run_id=run_id).order_by("tenant_id", "id"))


def pending_of(marketplace_id: int) -> dict[str, PendingCompany]:
    """The pending companies of a marketplace by tenant id."""
    with marketplace_scope(marketplace_id):
        return {row.tenant.external_id: row for row in PendingCompany.objects.select_related("tenant")}


def states_of(marketplace_id: int) -> dict[int, str]:
    """The state of each pending company, by the number of its customer."""
    offset = int(uuid.UUID(World.id_of(0)))
    return {int(uuid.UUID(key)) - offset: row.state for key, row in pending_of(marketplace_id).items()}


def rows(url: str, query: str, *parameters: object) -> list[tuple[Any, ...]]:
    """Ask the database as its owner, who sees across marketplaces."""
    with psycopg.connect(url) as owner:
        return owner.execute(query.encode(), parameters or None).fetchall()


def execute(url: str, statement: str, *parameters: object) -> int:
    """Change the database as its owner; how many rows."""
    with psycopg.connect(url) as owner:
        return owner.execute(statement.encode(), parameters or None).rowcount
