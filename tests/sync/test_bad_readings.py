"""What a provider can do wrong, through the emulator: nobody is lost by it, and what keeps failing is set aside."""

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from tests.connections.directory_stage import close_kept
from tests.installed import Installed, connection_to, install
from tests.sync.stage import BUTTON, OPERATOR, Clock

from tenantry.accounts.services import create_account
from tenantry.audit.events import SYSTEM
from tenantry.audit.models import Event
from tenantry.connections.models import Connection
from tenantry.connections.services import save_microsoft_connection
from tenantry.core.permissions import Role
from tenantry.emulator.server import Emulator
from tenantry.isolation.scope import marketplace_scope
from tenantry.marketplace.services import give_role
from tenantry.sync.driving import drive_details, drive_first_passes, drive_listing
from tenantry.sync.feeds import add_feed
from tenantry.sync.models import Finding, Hold, Notice, OperatorNotice, PendingCompany, Quarantine, Run, Sighting
from tenantry.sync.observe.states import Health, state_of
from tenantry.sync.quarantine.services import look_after, switch_connection
from tenantry.sync.requests import request_sync
from tenantry.sync.schedule import start_due_syncs

CUSTOMERS = 60
_MANY = 10_000 if os.environ.get("TENANTRY_ALL_SIZES") else 1_500  # `make thorough` goes through all of them
LIST, EACH = "/v1/customers", "/v1/customers/*"


def never() -> bool:
    return False


class Reading:
    """An installation whose syncs are driven to their end at a clock of the test."""

    def __init__(self, installed: Installed, clock: Clock) -> None:
        self.installed, self.clock = installed, clock
        self.connection, self.marketplace_id = installed.connection, installed.marketplaces["Northwind"]

    def run(self, *, details: bool = True, connection: Connection | None = None) -> Run:
        """Sync once, an hour after the last time; the run as it is then."""
        chosen = connection or self.connection
        self.clock.pass_time(hours=1, minutes=10)
        (run,) = request_sync(
            marketplace_id=self.marketplace_id, asked=BUTTON, now=self.clock(), enqueue=False, connection_id=chosen.pk
        )
        assert run.observation_id
        drive_listing(run.observation_id, clock=self.clock, should_stop=never)
        drive_first_passes(chosen.pk, clock=self.clock, should_stop=never)
        if details:
            drive_details(chosen.pk, clock=self.clock, should_stop=never)
        with marketplace_scope(self.marketplace_id):
            return Run.objects.get(pk=run.pk)

    def names(self) -> dict[str, str]:
        """The names of those who wait for a decision, by tenant id."""
        return {key: row.name for key, row in self.installed.pending("Northwind").items()}

    def quarantine(self) -> Quarantine:
        return Quarantine.objects.get(connection=self.connection, ended_at=None)

    def told(self) -> list[str]:
        """What the manager was told; operators were told the same."""
        with marketplace_scope(self.marketplace_id):
            kinds = list(Notice.objects.order_by("id").values_list("kind", flat=True))
        assert kinds == list(OperatorNotice.objects.order_by("id").values_list("kind", flat=True))
        return kinds


@pytest.fixture
def emulator(emulator_home: Path) -> Iterator[Emulator]:
    with Emulator(customers=CUSTOMERS, limit=0, home=emulator_home) as running:
        yield running


@pytest.fixture
def reading(database: str, emulator: Emulator, clock: Clock) -> Reading:
    installed = install(emulator, now=clock(), marketplaces={"Northwind": []})
    account = create_account(
        email="mia@people.example", name="Mia", password="correct-horse", is_operator=False, now=clock()
    )
    with marketplace_scope(installed.marketplaces["Northwind"]):
        give_role(account_id=account.pk, account_name="Mia", role=Role.MANAGER, actor=SYSTEM, now=clock())
    return Reading(installed, clock)


@pytest.mark.parametrize("kind", ["empty_list", "half_list"])
def test_a_list_that_is_empty_or_half_with_200_ok_loses_nobody_however_often(
    reading: Reading, emulator: Emulator, kind: str
) -> None:
    reading.run()
    before = reading.names()
    assert len(before) == CUSTOMERS
    emulator.faults.add(kind, LIST)
    for _ in range(4):
        assert reading.run().state == "done"
        assert reading.names() == before
    emulator.faults.clear()
    reading.run()
    assert reading.names() == before
    assert not Sighting.objects.exclude(missing_since=None, ended_at=None).exists()
    assert reading.told() == []


def test_when_everybody_is_renamed_everybody_has_the_new_name_and_nothing_else_happens(
    reading: Reading, emulator: Emulator
) -> None:
    reading.run()
    before = reading.names()
    for number, tenant_id in enumerate(before):
        emulator.world.rename(tenant_id, f"Renamed {number}")
    run = reading.run()
    assert sorted(reading.names().values()) == sorted(f"Renamed {number}" for number in range(CUSTOMERS))
    assert run.counters["changes_applied"] == run.counters["changes"] == CUSTOMERS
    with marketplace_scope(reading.marketplace_id):
        assert not Hold.objects.exists()


def test_one_bad_row_of_ten_thousand_is_told_and_stops_nothing(
    database: str, emulator_home: Path, clock: Clock
) -> None:
    with Emulator(customers=_MANY, limit=0, home=emulator_home) as emulator:
        reading = Reading(install(emulator, now=clock(), marketplaces={"Northwind": []}), clock)
        emulator.faults.add("no_id", LIST, times=1)
        run = reading.run(details=False)
    with marketplace_scope(reading.marketplace_id):
        assert PendingCompany.objects.count() in {_MANY - 1, _MANY}  # the bad row may be of somebody who is no customer
    assert Finding.objects.filter(kind="invalid record").count() == 1
    assert run.failure is None
    assert not Quarantine.objects.exists()


def test_a_tenant_whose_details_never_work_is_tried_later_and_later_and_the_others_are_read(
    reading: Reading, emulator: Emulator, clock: Clock
) -> None:
    poison = sorted(emulator.world.tenant_ids())[5]
    emulator.faults.add("malformed", f"{LIST}/{poison}*")
    waits = []
    for _ in range(2):
        run = reading.run()
        sighting = Sighting.objects.get(tenant__external_id=poison)
        assert sighting.details_due_at is not None
        waits.append(sighting.details_due_at - clock())
        assert run.state == "done"
        clock.now = max(clock.now, sighting.details_due_at)
    assert [wait.total_seconds() / 3_600 for wait in waits] == [0.25, 1]
    assert Sighting.objects.filter(details_failures=0).exclude(details_at=None).count() >= CUSTOMERS - 1
    assert not Quarantine.objects.exists()


def test_a_tenant_that_two_connections_see_stays_when_one_of_them_loses_it(
    reading: Reading, emulator: Emulator, tmp_path: Path, clock: Clock
) -> None:
    with Emulator(customers=CUSTOMERS, limit=0, home=tmp_path) as other:
        given = connection_to(other, name="Partner Center US")
        assert set(other.world.tenant_ids()) == set(emulator.world.tenant_ids())
        second = save_microsoft_connection(given, actor=SYSTEM, now=clock())
        with marketplace_scope(reading.marketplace_id):
            add_feed(connection=second, countries=[], actor=SYSTEM, now=clock())
        reading.run()
        reading.run(connection=second)
        lost = sorted(other.world.tenant_ids())[3]
        other.world.leave(lost)
        for _ in range(3):
            reading.run(connection=second)
        ended = Sighting.objects.get(tenant__external_id=lost, connection=second)
        assert ended.ended_at is not None
        assert lost in reading.names()
        emulator.world.leave(lost)
        for _ in range(3):
            reading.run()
        assert lost not in reading.names()


def test_credentials_that_are_revoked_in_the_middle_set_the_connection_aside_at_once(
    reading: Reading, emulator: Emulator, clock: Clock
) -> None:
    run = _run_until_revoked(reading, emulator)
    assert run.state == "failed"
    assert run.failure is not None
    assert (run.failure["kind"], "secret has expired" in run.failure["what"]) == ("AuthFailed", True)
    assert len(reading.names()) == CUSTOMERS, "what was applied stays"
    aside = reading.quarantine()
    assert (aside.brake, aside.next_try_at) == ("credentials", clock() + timedelta(days=1))
    assert reading.told() == ["quarantine_credentials"]
    assert state_of(reading.connection).health == Health.SET_ASIDE


def _run_until_revoked(reading: Reading, emulator: Emulator) -> Run:
    """Sync while the secret ends after the list was read."""
    reading.clock.pass_time(hours=1)
    (run,) = request_sync(
        marketplace_id=reading.marketplace_id, asked=BUTTON, now=reading.clock(), enqueue=False,
        connection_id=reading.connection.pk,
    )  # fmt: skip
    assert run.observation_id
    drive_listing(run.observation_id, clock=reading.clock, should_stop=never)
    drive_first_passes(reading.connection.pk, clock=reading.clock, should_stop=never)
    emulator.switches.set({"secret_expired": True})
    emulator.revoke_access_tokens()
    drive_details(reading.connection.pk, clock=reading.clock, should_stop=never)
    with marketplace_scope(reading.marketplace_id):
        return Run.objects.get(pk=run.pk)


def test_what_is_set_aside_is_tried_once_a_day_and_let_back_by_a_try_that_works(
    reading: Reading, emulator: Emulator, clock: Clock
) -> None:
    reading.run()
    emulator.switches.set({"secret_expired": True})
    emulator.revoke_access_tokens()
    reading.run()
    clock.pass_time(hours=20)
    assert start_due_syncs(now=clock()) == 0
    clock.pass_time(hours=4)
    assert start_due_syncs(now=clock()) == 1
    assert start_due_syncs(now=clock()) == 0
    assert reading.quarantine().tries == 1
    emulator.switches.set({"secret_expired": False})
    close_kept()  # the library that signs in remembers a refusal for a minute of real time
    assert reading.run().state == "done"
    assert not Quarantine.objects.filter(ended_at=None).exists()
    assert reading.told() == ["quarantine_credentials", "quarantine_over"]
    clock.pass_time(hours=1, minutes=10)
    assert start_due_syncs(now=clock()) == 1


def test_when_most_tenants_fail_the_run_ends_and_the_connection_is_set_aside(
    reading: Reading, emulator: Emulator, clock: Clock
) -> None:
    emulator.faults.add("status", EACH, status=404)
    run = reading.run()
    assert run.state == "failed"
    assert run.failure is not None
    assert "rows failed (limit 40 %)" in run.failure["what"]
    assert reading.quarantine().brake == "errors"
    assert reading.told() == ["quarantine_errors"]
    assert len(reading.names()) == CUSTOMERS
    emulator.faults.clear()
    clock.pass_time(hours=24)
    assert reading.run().state == "done"
    assert reading.told() == ["quarantine_errors", "quarantine_over"]


def test_people_are_told_on_some_days_and_on_day_28_the_connection_is_switched_off(
    reading: Reading, emulator: Emulator, clock: Clock
) -> None:
    emulator.switches.set({"secret_expired": True})
    reading.run()
    aside = reading.quarantine()
    days_told = []
    for half in range(2 * 30):
        before = len(reading.told())
        look_after(aside.pk, now=aside.begun_at + timedelta(hours=12 * half))
        if len(reading.told()) > before:
            days_told.append(half / 2)
    assert days_told == [1, 7, 21, 27, 28]
    assert reading.told()[-1] == "quarantine_off"
    assert not Connection.objects.get(pk=reading.connection.pk).enabled
    switch_connection(connection_id=reading.connection.pk, enabled=True, actor=OPERATOR, now=clock())
    assert reading.told()[-1] == "quarantine_over"
    actions = set(Event.objects.filter(target_kind="connection").values_list("action", flat=True))
    assert {"connections.connection.set_aside", "connections.connection.let_back"} <= actions


def test_a_provider_that_is_down_sets_nothing_aside(reading: Reading, emulator: Emulator) -> None:
    reading.run()
    emulator.faults.add("status", LIST, status=503)
    reading.run(details=False)
    assert not Quarantine.objects.exists()
