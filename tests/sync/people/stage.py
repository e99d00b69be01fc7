"""The set of User Sync: an emulator of both providers, a marketplace with linked companies, and runs to the end."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tests.connections.directory_stage import google_connection, microsoft_connection
from tests.sync.stage import MANAGER, Clock, make_marketplace

from tenantry.connections.models import CallLine, Connection
from tenantry.emulator.server import Emulator
from tenantry.emulator.staff import Someone
from tenantry.isolation.scope import marketplace_scope
from tenantry.marketplace.companies.services import CompanyDraft, create_company
from tenantry.marketplace.models import Company, CompanyOrigin, Membership, MembershipRole
from tenantry.marketplace.people.bringing import bring_person
from tenantry.sync.links import link_tenant
from tenantry.sync.models import (
    Change,
    Entitlement,
    PersonStanding,
    Run,
    Sighting,
    Tenant,
    Trigger,
    UserLink,
    UserSyncSettings,
)
from tenantry.sync.people.driving import PeopleStanding, drive_people
from tenantry.sync.people.requests import request_people_sync
from tenantry.sync.people.runs import Wish

ADMIN = "chief@tenantry.example"
BUTTON = Wish(MANAGER, Trigger.BUTTON)


def never() -> bool:
    return False


@dataclass
class PeopleStage:
    """``companies`` are the linked companies by the index of their emulated company."""

    emulator: Emulator
    clock: Clock
    microsoft: Connection
    marketplace_id: int
    google: Connection | None = None
    companies: dict[int, int] = field(default_factory=dict)

    @contextmanager
    def scope(self) -> Iterator[None]:
        with marketplace_scope(self.marketplace_id):
            yield

    def settle(self, provider: str = "microsoft", **settings: Any) -> None:
        """Save settings of User Sync as the manager would."""
        with self.scope():
            chosen = {"user_sync": True, "changed_at": self.clock(), **settings}
            UserSyncSettings.objects.update_or_create(
                marketplace_id=self.marketplace_id, provider=provider, defaults=chosen
            )

    def tenant(self, index: int, *, readable: bool = True) -> str:
        """The Microsoft tenant of an emulated company, open to the partner or not."""
        tenant = self.emulator.world.tenant_id(index)
        self.emulator.world.set_rights(tenant, role_granted=readable, readable=readable)
        self.emulator.microsoft.people.consent(tenant, granted=readable)
        return tenant

    def add(self, index: int, *, google: bool = False, company: int | None = None) -> int:
        """Link an emulated company's tenant to a company of the marketplace that has an administrator; the company."""
        connection = self.microsoft if not google else self.google
        assert connection is not None
        external = self.emulator.google.world.customer_id(index) if google else self.tenant(index)
        with self.scope():
            row = Company.objects.get(pk=company) if company else self._company(index)
            self._seen(connection, external)
            link_tenant(
                connection=connection, external_id=external, company=row, reason="Known.", actor=MANAGER,
                now=self.clock(),
            )  # fmt: skip
        self.companies.setdefault(index, row.pk)
        return row.pk

    def _company(self, index: int) -> Company:
        draft = CompanyDraft(f"Company {index}", "DE")
        row = create_company(draft=draft, origin=CompanyOrigin.BY_HAND, actor=MANAGER, now=self.clock())
        bring_person(
            company_id=row.pk, email=f"chief{index}@tenantry.example", first_name="Carla", last_name="Chief", phone="",
            language="", role=MembershipRole.ADMINISTRATOR, origin=CompanyOrigin.BY_HAND, actor=MANAGER,
            now=self.clock(),
        )  # fmt: skip
        return row

    def _seen(self, connection: Connection, external: str) -> None:
        tenant, _ = Tenant.objects.get_or_create(
            provider=connection.provider, cloud=connection.cloud, external_id=external,
            defaults={
                "name": external, "domain": f"{external}.example", "content_hash": connection.uid,
                "first_seen_at": self.clock(), "changed_at": self.clock(),
            },
        )  # fmt: skip
        Sighting.objects.get_or_create(
            connection=connection, tenant=tenant, defaults={
                "relationship": "reseller", "content_hash": connection.uid, "first_seen_at": self.clock(),
            },
        )  # fmt: skip

    def run(self, wish: Wish = BUTTON, *, connection: Connection | None = None) -> Run:
        """Ask for a run and take it to its end; the run as it is then."""
        used = connection or self.microsoft
        requested = self.request(wish, connection=used)
        for _ in range(50):
            standing = self.drive(connection=used)
            if not standing.left:
                break
            if standing.retry_at is not None:
                self.clock.now = max(self.clock.now, standing.retry_at)
        with self.scope():
            return Run.objects.get(pk=requested.pk)

    def request(self, wish: Wish = BUTTON, *, connection: Connection | None = None) -> Run:
        used = connection or self.microsoft
        [run] = request_people_sync(
            marketplace_id=self.marketplace_id, wish=wish, now=self.clock(), enqueue=False, connection_id=used.pk
        )
        return run

    def drive(self, *, connection: Connection | None = None, stop: Any = never) -> PeopleStanding:
        return drive_people((connection or self.microsoft).pk, clock=self.clock, should_stop=stop)

    def next_day(self, wish: Wish = BUTTON, *, connection: Connection | None = None) -> Run:
        """Let a day and a bit pass, then run."""
        self.clock.now += timedelta(hours=25)
        return self.run(wish, connection=connection)

    def someone(self, index: int, number: int) -> Someone:
        return self.emulator.microsoft.people.staff.someone(index, number)

    def user_id(self, index: int, number: int) -> str:
        return self.emulator.microsoft.people.user_id(self.someone(index, number))

    def member(self, index: int, number: int) -> Membership:
        """The membership that a person of the Microsoft directory is linked to, or was last."""
        with self.scope():
            return self._latest(self.user_id(index, number)).membership

    def link(self, index: int, number: int) -> UserLink:
        with self.scope():
            return self._latest(self.user_id(index, number))

    def _latest(self, external: str) -> UserLink:
        links = UserLink.objects.select_related("membership__user", "person")
        return links.filter(person__external_id=external).latest("id")

    def standing(self, external: str) -> tuple[str, str]:
        with self.scope():
            row = PersonStanding.objects.get(person__external_id=external)
            return row.verdict, row.reason

    def members(self, company: int) -> list[Membership]:
        with self.scope():
            return list(Membership.objects.select_related("user").filter(company_id=company).order_by("pk"))

    def changes(self, run: Run) -> dict[str, int]:
        """How many changes of the run there are of each kind and state."""
        with self.scope():
            found: dict[str, int] = {}
            for kind, state in Change.objects.filter(run=run).values_list("kind", "state"):
                key = f"{kind.removeprefix('user.')} {state}"
                found[key] = found.get(key, 0) + 1
            return found


def make_stage(emulator: Emulator, now: datetime) -> PeopleStage:
    """Make a marketplace with User Sync from both providers allowed and Microsoft's on."""
    clock = Clock(now)
    microsoft, google = microsoft_connection(emulator, now), google_connection(emulator, now)
    partner = f"microsoft:global:{microsoft.partner_tenant_id}"
    for key in (f"{partner}:people", f"{partner}:graph"):  # no test waits for a pace that is found slowly
        CallLine.objects.create(key=key, reserved_until=now, per_second=900)
    marketplace_id = make_marketplace("Northwind", clock, microsoft, google)
    with marketplace_scope(marketplace_id):
        Entitlement.objects.update(user_sync_microsoft=True, user_sync_google=True)
    stage = PeopleStage(emulator, clock, microsoft, marketplace_id, google)
    stage.settle(leavers="deactivate")
    return stage
