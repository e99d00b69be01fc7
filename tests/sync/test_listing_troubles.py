from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connections
from tests.database_content import table_hashes
from tests.sync.stage import Clock, Sync, make_connection
from tests.sync.world import World

from tenantry.connections.models import Connection
from tenantry.core.records import Ending, InvalidRecord, Relationship, TenantListing, TenantPage
from tenantry.isolation.scope import marketplace_scope
from tenantry.providers.errors import AuthFailed, CursorExpired, Throttled, Unavailable
from tenantry.sync.models import (
    Finding,
    Observation,
    ObservationState,
    PendingCompany,
    Sighting,
    Tenant,
)
from tenantry.sync.observe.listing import RETRY_AFTER, read_next_page
from tenantry.sync.runs.lifecycle import join_or_start_observation


def listed(sync: Sync, *, preview: bool = False) -> Observation:
    """Read the listing once more, without any run; the observation at its end."""
    join_or_start_observation(sync.connection.pk, preview=preview, now=sync.clock())
    sync.list_all()
    return sync.observation()


def test_a_page_that_comes_again_and_again_ends_the_listing_unclean(sync: Sync, world: World) -> None:
    world.add(*range(1, 30))
    world.repeat_pages(10)
    observation = listed(sync)
    assert (observation.state, observation.complete, observation.pages) == (ObservationState.DONE, False, 3)


class Circle(World):
    """Goes round three pages for ever, each time under new cursors."""

    def list_tenants(self, cursor: str | None) -> TenantPage:
        number = int(cursor.split("-")[0]) if cursor else 0
        page = self._page(number % 3)
        return TenantPage(page.records, (), Ending.MORE, f"{number + 1}-of-this-circle")


class Air(World):
    """Empty pages for ever."""

    def list_tenants(self, cursor: str | None) -> TenantPage:
        number = int(cursor or 0)
        page = self._page(0)
        return TenantPage(page.records if number == 0 else (), (), Ending.MORE, str(number + 1))


class Stuck(World):
    """Gives the cursor that it was asked with."""

    def list_tenants(self, cursor: str | None) -> TenantPage:
        self.listed.append(cursor)
        return TenantPage(self._page(0).records, (), Ending.MORE, "the-same")


@pytest.mark.parametrize(("kind", "most"), [(Circle, 50), (Air, 25), (Stuck, 2)])
def test_a_listing_without_end_ends_unclean(connection: Connection, clock: Clock, kind: type[World], most: int) -> None:
    world = kind()
    world.add(*range(1, 10))
    sync = Sync(connection, world, clock)
    observation = listed(sync)
    assert (observation.state, observation.complete) == (ObservationState.DONE, False)
    assert observation.pages <= most


def test_records_that_no_table_can_hold_become_findings(sync: Sync, world: World) -> None:
    world.add(1)
    good = TenantListing(World.id_of(2), "株" * 4_000 + "\x00\ud800\u202e🦊", "x.example", Relationship.RESELLER)
    world.extra = [
        good,
        TenantListing(World.id_of(3), "Long domain", "x" * 300, Relationship.RESELLER),
        TenantListing(World.id_of(4), "Zero domain", "x\x00.example", Relationship.RESELLER),
        TenantListing("i" * 65, "Long id", "x.example", Relationship.RESELLER),
        TenantListing("", "No id", "x.example", Relationship.RESELLER),
    ]
    world.invalid = [InvalidRecord("\x00" * 300, "half a pair: \udfff")]
    observation = listed(sync)
    assert (observation.state, observation.records, observation.invalid) == (ObservationState.DONE, 7, 5)
    assert Tenant.objects.get(external_id=World.id_of(2)).name == "株" * 4_000 + "��\u202e🦊"
    assert Tenant.objects.count() == 2
    assert Finding.objects.filter(observation=observation, kind="invalid record").count() == 5


def test_findings_stop_at_a_thousand_and_the_count_goes_on(sync: Sync, world: World) -> None:
    world.add(1)
    world.invalid = [InvalidRecord(f"row {number}", "Not usable.") for number in range(1_200)]
    observation = listed(sync)
    assert (observation.invalid, Finding.objects.count()) == (1_200, 1_000)


def test_a_passing_failure_is_tried_again_at_growing_distances_and_forgotten_on_success(
    sync: Sync, world: World, clock: Clock
) -> None:
    world.add(1)
    join_or_start_observation(sync.connection.pk, preview=False, now=clock())
    world.fail_with(*[Unavailable("Down \x00.", request_id="r1")] * 3)
    for wait in RETRY_AFTER:
        assert sync.page().retry_at == clock() + wait
        failure = sync.observation().failure or {}
        assert (failure["kind"], failure["what"], failure["request_id"]) == ("Unavailable", "Down �.", "r1")
    assert sync.page().state == ObservationState.DONE
    assert (sync.observation().failure, sync.observation().failures_in_a_row) == (None, 0)


def test_a_failure_that_lasts_ends_the_observation(sync: Sync, world: World) -> None:
    world.fail_with(*[Unavailable("Down.")] * 4)
    observation = listed(sync)
    assert (observation.state, observation.ended_at is not None) == (ObservationState.FAILED, True)


def test_the_provider_may_ask_for_a_longer_wait(sync: Sync, world: World, clock: Clock) -> None:
    join_or_start_observation(sync.connection.pk, preview=False, now=clock())
    world.fail_with(Throttled("Slow down.", after=120))
    assert sync.page().retry_at == clock() + timedelta(seconds=120)


def test_a_failure_that_waiting_cannot_mend_ends_the_observation_at_once(sync: Sync, world: World) -> None:
    world.fail_with(AuthFailed("Wrong secret."))
    observation = listed(sync)
    assert observation.state == ObservationState.FAILED
    failure = observation.failure or {}
    assert failure["fault"] == "the connection's configuration"
    assert "tenantry connect" in failure["next"]


def test_a_page_of_an_observation_that_ended_meanwhile_is_dropped(sync: Sync, clock: Clock) -> None:
    class Cancelling(World):
        def list_tenants(self, cursor: str | None) -> TenantPage:
            Observation.objects.update(state=ObservationState.CANCELLED)
            return super().list_tenants(cursor)

    world = Cancelling()
    world.add(1)
    observation = join_or_start_observation(sync.connection.pk, preview=False, now=clock())
    standing = read_next_page(observation.pk, source=world, clock=clock)
    assert (standing.state, standing.goes_on) == (ObservationState.CANCELLED, False)
    assert Tenant.objects.count() == 0


def test_an_error_nobody_foresaw_leaves_the_observation_where_it_was(sync: Sync, world: World, owner_url: str) -> None:
    world.add(1)
    listed(sync)
    join_or_start_observation(sync.connection.pk, preview=False, now=sync.clock())
    sync.observation()
    before = table_hashes(owner_url)
    Observation.objects.filter(state="waiting").update(state="listing")
    before["sync_observation"] = table_hashes(owner_url)["sync_observation"]
    world.fail_with(ZeroDivisionError())  # type: ignore[arg-type]  # what no provider may raise
    with pytest.raises(ZeroDivisionError):
        sync.page()
    assert table_hashes(owner_url) == before


def test_two_connections_that_see_the_same_tenant_share_it(
    sync: Sync, world: World, clock: Clock, northwind: int
) -> None:
    world.add(1, 2)
    listed(sync)
    sync.read_details()
    other_world = World()
    other_world.add(2, 3)
    other = Sync(make_connection("Other", clock), other_world, clock)
    observation = listed(other)
    assert (observation.new, Tenant.objects.count(), Sighting.objects.count()) == (2, 3, 4)
    known = Tenant.objects.get(external_id=World.id_of(2))
    assert (known.contact_email, known.country) == ("ada2@customer2.example", "DE")
    world.hide(2)
    listed(sync)
    assert sorted(Sighting.objects.filter(tenant=known).values_list("missing_listings", flat=True)) == [0, 1]


def test_two_connections_may_write_the_same_new_tenants_at_once(clock: Clock, database: str) -> None:
    syncs = []
    for number in range(3):
        world = World(page_size=50)
        world.add(*(range(1, 101) if number % 2 else range(100, 0, -1)))
        syncs.append(Sync(make_connection(f"C{number}", clock), world, clock))

    def read(sync: Sync) -> None:
        listed(sync)
        connections.close_all()

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(read, syncs))
    assert (Tenant.objects.count(), Sighting.objects.count()) == (100, 300)


def test_one_observation_at_a_time_whoever_asks_at_once(connection: Connection, clock: Clock) -> None:
    def ask(_: int) -> int:
        try:
            return join_or_start_observation(connection.pk, preview=False, now=clock()).pk
        finally:
            connections.close_all()

    with ThreadPoolExecutor(6) as pool:
        assert len(set(pool.map(ask, range(6)))) == 1


def test_a_sync_that_joins_a_preview_makes_it_more_than_a_preview(connection: Connection, clock: Clock) -> None:
    first = join_or_start_observation(connection.pk, preview=True, now=clock())
    assert first.preview_only
    assert not join_or_start_observation(connection.pk, preview=False, now=clock()).preview_only
    assert not join_or_start_observation(connection.pk, preview=True, now=clock()).preview_only


def test_an_observation_expects_what_the_last_complete_one_saw(sync: Sync, world: World) -> None:
    world.add(*range(1, 6))
    assert listed(sync).expected is None
    assert listed(sync).expected == 5


def test_what_is_missing_is_judged_once_the_marketplaces_rows_stay(sync: Sync, world: World, northwind: int) -> None:
    world.add(*range(1, 4))
    sync.run(northwind)
    world.hide(3)
    sync.run(northwind)
    with marketplace_scope(northwind):
        assert PendingCompany.objects.filter(state="pending").count() == 3


def test_cursor_expired_on_the_first_page_is_just_another_start(sync: Sync, world: World) -> None:
    world.add(1)
    world.fail_with(CursorExpired("What place?"))
    assert listed(sync).generation == 2
