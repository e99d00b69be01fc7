"""The set of the fault matrix: both providers emulated, and a marketplace that has read everything once."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tests.connections.directory_stage import close_kept
from tests.sync.people.stage import PeopleStage, make_stage
from tests.sync.stage import BUTTON, MANAGER, never

from tenantry.connections.models import CallLine, Connection
from tenantry.emulator.server import Emulator
from tenantry.isolation.scope import marketplace_scope
from tenantry.marketplace.models import CompanyDomain, Membership
from tenantry.providers.errors import ProviderError
from tenantry.sync.delegations import read_delegations
from tenantry.sync.domains import sync_domains
from tenantry.sync.driving import drive_details, drive_first_passes, drive_listing
from tenantry.sync.google.requests import request_google_listing
from tenantry.sync.models import (
    DirectoryUser,
    Finding,
    GoogleTenant,
    Observation,
    PendingCompany,
    PeopleReading,
    Run,
    RunTenant,
    Sighting,
    TenantLink,
    Trigger,
    UserLink,
)
from tenantry.sync.observe.listing import failure_of
from tenantry.sync.people.driving import PeopleStanding
from tenantry.sync.people.requests import request_people_sync
from tenantry.sync.people.runs import Wish
from tenantry.sync.requests import request_sync

FAST = 60_000
OPEN, SMALL, CENTER = 1, 2, 3
"""Companies: people through Graph on several pages, on one, and through the Partner Center on several."""
RENAMED = 5


@dataclass
class Told:
    """What a reading said: how it ended, its failures as pages show them, sentences about parts that lacked."""

    state: str
    failures: list[dict[str, Any]] = field(default_factory=list)
    sentences: list[str] = field(default_factory=list)

    @property
    def went_well(self) -> bool:
        return self.state == "done" and not self.failures and not self.sentences


def emulated() -> Emulator:
    """Return an emulator of little companies whose lists have several pages."""
    crowds = {OPEN: 12, CENTER: 12}
    emulator = Emulator(
        customers=14, google_customers=6, limit=0, google_quota=0, people=4, crowds=crowds, seed=5,
    )  # fmt: skip
    as_usual(emulator)
    return emulator


def as_usual(emulator: Emulator) -> None:
    """Take every fault and switch back."""
    emulator.faults.clear()
    emulator.switches.set({**type(emulator.switches)().as_dict(), "page_cap": 6, "people_cap": 5})
    emulator.google.switches.set({**type(emulator.google.switches)().as_dict(), "page_cap": 5})


@dataclass
class Play:
    """A marketplace fed by both providers. ``act`` reads a part of one of them as its job would."""

    stage: PeopleStage
    usual: set[str] = field(default_factory=set)

    @property
    def emulator(self) -> Emulator:
        return self.stage.emulator

    def connection(self, provider: str) -> Connection:
        found = self.stage.microsoft if provider == "microsoft" else self.stage.google
        assert found is not None
        return Connection.objects.get(pk=found.pk)

    def act(self, provider: str, what: str, company: int = OPEN) -> Told:
        """Read a week and a day later, and sit out what has to be waited for. ``company``: whose people."""
        self.stage.clock.pass_time(days=8)
        self._let_calls_pass()
        connection = self.connection(provider)
        told: Told = self._people(connection, company) if what == "people" else getattr(self, f"_{what}")(connection)
        told.sentences = [each for each in told.sentences if each not in self.usual]
        return told

    def _companies(self, connection: Connection) -> Told:
        run = None
        if connection.provider == "google":
            with self.stage.scope():
                request_google_listing(actor=MANAGER, now=self.stage.clock())
        else:
            (run,) = request_sync(
                marketplace_id=self.stage.marketplace_id, asked=BUTTON, now=self.stage.clock(), enqueue=False,
                connection_id=connection.pk,
            )  # fmt: skip
        observation = Observation.objects.filter(connection=connection, tenant=None).latest("id")
        self._until_done(lambda: drive_listing(observation.pk, clock=self.stage.clock, should_stop=never))
        drive_first_passes(connection.pk, clock=self.stage.clock, should_stop=never)
        self._let_calls_pass()
        self._until_done(lambda: drive_details(connection.pk, clock=self.stage.clock, should_stop=never))
        observation.refresh_from_db()
        ended: Run | Observation = observation
        if run is not None:
            with self.stage.scope():
                ended = Run.objects.get(pk=run.pk)
        failures = [each for each in (ended.failure, observation.failure) if each]
        found = Finding.objects.filter(observation=observation).order_by("reason")
        sentences = list(found.values_list("reason", flat=True).distinct())
        if not observation.complete and observation.state == "done":
            sentences.append("The list was not complete.")
        return Told(ended.state, failures[:1], sentences)

    def _until_done(self, drive: Any) -> None:
        for _ in range(8):
            standing = drive()
            if (
                standing is None
                or not getattr(standing, "left", True)
                or (standing.retry_at is None and not isinstance(standing, PeopleStanding))
            ):
                return
            self.stage.clock.now = max(self.stage.clock.now, standing.retry_at or self.stage.clock.now)
            self._let_calls_pass()

    def _let_calls_pass(self) -> None:
        """Let the line of calls be free: it goes by the database's clock, and the time of this play passes at once."""
        CallLine.objects.update(reserved_until=self.stage.clock.now - timedelta(days=3_650), per_second=900)

    def _people(self, connection: Connection, company: int) -> Told:
        wish = Wish(MANAGER, Trigger.BUTTON, company_id=self.stage.companies[company])
        (run,) = request_people_sync(
            marketplace_id=self.stage.marketplace_id, wish=wish, now=self.stage.clock(), enqueue=False,
            connection_id=connection.pk,
        )  # fmt: skip
        self._until_done(lambda: self.stage.drive(connection=connection))
        with self.stage.scope():
            ended = Run.objects.get(pk=run.pk)
            rows = list(RunTenant.objects.filter(run=ended).exclude(failure=None))
            unfinished = RunTenant.objects.filter(run=ended, complete=False, failure=None).exists()
        failures = [ended.failure] if ended.failure else [row.failure for row in rows if row.state == "failed"]
        readings = PeopleReading.objects.filter(connection=connection)
        sentences = sorted({each for row in readings for each in row.missing})
        if unfinished and not failures:
            sentences.append("A tenant's list was not complete.")
        return Told(ended.state, [each for each in failures if each], sentences)

    def _delegations(self, connection: Connection) -> Told:
        try:
            read_delegations(connection, now=self.stage.clock())
        except ProviderError as error:
            return Told("failed", [failure_of(error)])
        return Told("done")

    def _domains(self, connection: Connection) -> Told:
        company = self.stage.companies[OPEN] if connection.provider == "microsoft" else self.google_company
        synced = sync_domains(
            marketplace_id=self.stage.marketplace_id, company_id=company, actor=MANAGER, now=self.stage.clock()
        )
        return Told("done" if synced.read else "failed", [], list(synced.problems))

    @property
    def google_company(self) -> int:
        return self.stage.companies[SMALL + 2]


def build(emulator: Emulator, now: datetime) -> Play:
    """Make the marketplace and read everything once, without any fault."""
    stage = make_stage(emulator, now)
    for row in (stage.microsoft, stage.google):
        assert row is not None
        paces = dict.fromkeys(("detail", "google", "licence"), FAST)
        row.settings |= {f"{name}_calls_per_minute": value for name, value in paces.items()}
        row.save()
    for index in (OPEN, SMALL, CENTER):
        stage.add(index)
    stage.tenant(RENAMED, readable=True)
    emulator.microsoft.people.consent(emulator.world.tenant_id(CENTER), granted=False)
    emulator.world.set_rights(emulator.world.tenant_id(CENTER), role_granted=True, readable=True)
    stage.add(SMALL + 2, google=True)
    stage.add(OPEN, google=True, company=stage.companies[OPEN])
    for provider in ("microsoft", "google"):
        stage.settle(provider, leavers="deactivate", licensed_only=True)
    play = Play(stage)
    for provider in ("microsoft", "google"):
        companies = (OPEN, SMALL, CENTER) if provider == "microsoft" else (OPEN, SMALL + 2)
        for what, company in [("companies", 0), ("domains", 0), *(("people", each) for each in companies)]:
            told = play.act(provider, what, company)
            assert (told.state, told.failures) == ("done", []), (provider, what, told)
            play.usual |= set(told.sentences)  # products of Google that nobody has
    assert play.act("microsoft", "delegations").went_well
    close_kept()
    return play


@contextmanager
def wrong(play: Play, cause: Any, phase: Any) -> Iterator[Any]:
    """Let the cause be in force at the phase; give the fault, which counts, or ``None`` for a switch."""
    emulator, row = play.emulator, play.connection(cause.provider)
    usual = dict(row.settings)
    if cause.connection:
        row.settings = {**usual, **cause.connection}
        row.save()
    switches = emulator.switches if cause.provider == "microsoft" else emulator.google.switches
    switches.set(dict(cause.switches))
    fault = None
    if cause.kind is not None:
        fault = emulator.faults.add(cause.kind, phase.path, query=phase.query, **cause.settings)
    try:
        yield fault
    finally:
        as_usual(emulator)
        if cause.connection:
            row.settings = usual
            row.save()


def kept(play: Play) -> dict[str, Any]:
    """Return what must not get lost: pending companies, sightings, people, their places, licences and roles."""
    with marketplace_scope(play.stage.marketplace_id):
        found: dict[str, Any] = {
            "pending companies": dict(PendingCompany.objects.values_list("tenant__external_id", "state")),
            "Google tenants": dict(GoogleTenant.objects.values_list("tenant__external_id", "state")),
            "links of tenants": set(TenantLink.objects.filter(ended_at=None).values_list("pk", flat=True)),
            "links of people": set(UserLink.objects.filter(ended_at=None).values_list("pk", flat=True)),
            "places of people": dict(Membership.objects.values_list("pk", "state")),
            "domains": set(CompanyDomain.objects.values_list("domain", "verified")),
        }
    people = DirectoryUser.objects.values_list("tenant_id", "external_id", "presence", "left_at", "admin")
    found["people"] = {row[:2]: row[2:] for row in people}
    licensed = DirectoryUser.objects.exclude(licences=None).exclude(licences=[])
    found["licences"] = {row[0]: row[1] for row in licensed.values_list("pk", "licences")}
    found["sightings"] = dict(Sighting.objects.values_list("pk", "ended_at"))
    found["delegated administration"] = dict(Sighting.objects.values_list("pk", "delegation_status"))
    return found
