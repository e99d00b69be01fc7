from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connections

from tenantry.connections.models import Connection
from tenantry.core.records import Ending, InvalidRecord, Relationship, TenantListing
from tenantry.isolation.scope import marketplace_scope
from tenantry.providers.errors import AuthFailed, CursorExpired, Throttled, Unavailable
from tenantry.sync.models import (
    Finding,
    Observation,
    ObservationPage,
    ObservationState,
    PendingCompany,
    Sighting,
    Tenant,
)
from tenantry.sync.observe.listing import RETRY_AFTER, read_next_page
from tenantry.sync.runs.lifecycle import join_or_start_observation
from tests.database_content import table_hashes
from tests.sync.stage import Clock, Sync, make_connection, rows, states_of
from tests.sync.world import World

VERSIONS = "select relation, xmin::text, ctid::text from (select 't' relation, id, xmin, ctid from sync_tenant union all \
select 's', id, xmin, ctid from sync_sighting) r order by relation, id"


def listed(sync: Sync, *, preview: bool = False) -> Observation:
    """Read the listing once more, without any run; the observation at its end."""
    join_or_start_observation(sync.connection.pk, preview=preview, now=sync.clock())
    sync.list_all()
    return sync.observation()


def missing(number: int) -> tuple[int, bool, bool]:
    sighting = Sighting.objects.get(tenant__external_id=World.id_of(number))
    return sighting.missing_listings, sighting.missing_since is not None, sighting.ended_at is not None


def test_an_unchanged_listing_writes_no_tenant_and_no_sighting(sync: Sync, world: World, owner_url: str) -> None:
    world.add(*range(1, 9))
    first = listed(sync)
    before = rows(owner_url, VERSIONS)
    second = listed(sync)
    assert rows(owner_url, VERSIONS) == before
    assert (first.new, first.changed, second.new, second.changed) == (8, 0, 0, 0)
    assert (second.pages, second.records, second.repeated, second.complete) == (3, 8, 0, True)


def test_only_what_differs_is_written(sync: Sync, world: World, owner_url: str) -> None:
    world.add(*range(1, 9))
    listed(sync)
    before = dict(enumerate(rows(owner_url, VERSIONS)))
    world.rename(4, "Another Name")
    world.change(6, relationship=Relationship.ADVISOR)
    world.add(9)
    second = listed(sync)
    after = rows(owner_url, VERSIONS)
    assert (second.new, second.changed) == (1, 2)
    # Two sightings, and one tenant: a relationship is no content of the tenant itself.
    assert sum(row not in after for row in before.values()) == 3
    assert Tenant.objects.get(external_id=World.id_of(4)).name == "Another Name"


def test_a_blank_in_the_listing_erases_nothing(sync: Sync, world: World) -> None:
    world.add(1)
    listed(sync)
    world.change(1, name="", domain="")
    listed(sync)
    tenant = Tenant.objects.get()
    assert (tenant.name, tenant.domain) == ("Customer 1 Ltd", "customer1.onmicrosoft.com")


def test_a_tenant_twice_on_a_page_and_on_two_pages_counts_once(sync: Sync, world: World) -> None:
    world.add(1, 2, 3)
    again = TenantListing(World.id_of(1), "Customer 1 Ltd", "customer1.onmicrosoft.com", Relationship.RESELLER)
    world.extra = [again, again]
    observation = listed(sync)
    assert (observation.records, observation.repeated, observation.new) == (5, 2, 3)
    assert Tenant.objects.count() == 3


def test_of_two_records_of_a_tenant_on_one_page_the_last_one_counts(sync: Sync, world: World) -> None:
    world.extra = [
        TenantListing(World.id_of(1), name, "one.example", Relationship.RESELLER) for name in ("First", "Last")
    ]
    listed(sync)
    assert Tenant.objects.get().name == "Last"


def test_a_killed_reader_goes_on_at_the_page_it_was_on(sync: Sync, world: World) -> None:
    world.add(*range(1, 9))
    join_or_start_observation(sync.connection.pk, preview=False, now=sync.clock())
    sync.page()
    asked = len(world.listed)
    observation = Sync(sync.connection, world, sync.clock).list_all()
    assert observation.state == ObservationState.DONE
    assert world.listed[asked:] == ["1-of-this-listing", "2-of-this-listing"]
    assert sync.observation().records == 8


def test_a_page_that_two_processes_read_counts_once(sync: Sync, world: World, clock: Clock) -> None:
    world.add(*range(1, 31))
    observation_id = join_or_start_observation(sync.connection.pk, preview=False, now=clock()).pk

    def read_all(_: int) -> None:
        while read_next_page(observation_id, source=world, clock=clock).goes_on:
            pass
        connections.close_all()

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(read_all, range(3)))
    observation = sync.observation()
    assert (observation.records, observation.pages, observation.repeated) == (30, 10, 0)
    numbers = ObservationPage.objects.order_by("number").values_list("number", flat=True)
    assert list(numbers) == list(range(10))
    assert Tenant.objects.count() == 30


def test_an_expired_cursor_starts_over_and_old_pages_do_not_count(sync: Sync, world: World) -> None:
    world.add(*range(1, 9))
    world.invalid = [InvalidRecord("row 3", "The row is not an object.")]
    listed(sync)
    world.hide(1)
    world.expire_cursor_at(2)
    observation = listed(sync)
    assert (observation.generation, observation.complete, observation.records, observation.invalid) == (2, True, 8, 1)
    assert Finding.objects.filter(observation=observation).count() == 1
    world.come_back(1)
    listed(sync)
    join_or_start_observation(sync.connection.pk, preview=False, now=sync.clock())
    world.expire_cursor_at(1)
    sync.page()  # customer 1 is on this page, of a generation that will not count
    world.hide(1)
    sync.list_all()
    assert missing(1) == (1, True, False)


def test_cursors_that_never_hold_fail_after_five_starts(sync: Sync, world: World) -> None:
    world.add(*range(1, 9))
    join_or_start_observation(sync.connection.pk, preview=False, now=sync.clock())
    for _ in range(5):
        world.expire_cursor_at(1)
        sync.page()
        sync.page()
    observation = sync.observation()
    assert (observation.state, observation.generation) == (ObservationState.FAILED, 5)
    assert observation.failure["kind"] == "CursorExpired"


def test_an_ambiguous_end_marks_nobody_absent(sync: Sync, world: World) -> None:
    world.add(*range(1, 9))
    listed(sync)
    world.ending = Ending.AMBIGUOUS
    world.hide(5)
    for _ in range(3):
        assert not listed(sync).complete
    assert missing(5) == (0, False, False)


def test_a_failed_listing_marks_nobody_absent(sync: Sync, world: World) -> None:
    world.add(*range(1, 9))
    listed(sync)
    for number in range(4, 9):
        world.hide(number)
    world.fail_with(*[Unavailable("Down.")] * 10)
    assert listed(sync).state == ObservationState.FAILED
    assert {row.missing_listings for row in Sighting.objects.all()} == {0}


def test_a_tenant_is_doubted_from_its_second_miss_on_and_trusted_when_it_returns(
    sync: Sync, world: World, clock: Clock
) -> None:
    world.add(*range(1, 5))
    listed(sync)
    Sighting.objects.update(details_due_at=None)
    world.hide(2)
    listed(sync)
    assert missing(2) == (1, True, False)
    assert Sighting.objects.exclude(details_due_at=None).count() == 0
    listed(sync)
    assert missing(2) == (2, True, False)
    assert Sighting.objects.get(details_due_at=clock()).tenant.external_id == World.id_of(2)
    world.come_back(2)
    listed(sync)
    assert missing(2) == (0, False, False)


def test_a_listing_for_a_preview_alone_raises_no_doubt(sync: Sync, world: World) -> None:
    world.add(1, 2)
    listed(sync)
    world.hide(2)
    listed(sync, preview=True)
    assert missing(2) == (0, False, False)


def test_an_empty_listing_that_says_all_is_well_harms_nobody(sync: Sync, world: World, northwind: int) -> None:
    world.add(*range(1, 6))
    sync.run(northwind)
    for number in range(1, 6):
        world.hide(number)
    for _ in range(3):
        run = sync.run(northwind)
        assert (run.state, run.complete, run.suspect) == ("done", True, "")
        sync.clock.pass_time(hours=1)
    assert set(states_of(northwind).values()) == {"pending"}
    assert len(states_of(northwind)) == 5


def test_a_record_that_could_not_be_used_does_not_make_its_tenant_missing(sync: Sync, world: World) -> None:
    world.add(1, 2)
    listed(sync)
    world.hide(2)
    world.invalid = [InvalidRecord(World.id_of(2), "The row has no company profile.")]
    listed(sync)
    assert missing(2) == (0, False, False)


def test_a_page_that_comes_again_and_again_ends_the_listing_unclean(sync: Sync, world: World) -> None:
    world.add(*range(1, 30))
    world.repeat_pages(10)
    observation = listed(sync)
    assert (observation.state, observation.complete, observation.pages) == (ObservationState.DONE, False, 3)


class Circle(World):
    """Goes round three pages for ever, each time under new cursors."""

    def list_tenants(self, cursor: str | None):  # type: ignore[no-untyped-def]  # as the one it overrides
        number = int(cursor.split("-")[0]) if cursor else 0
        page = self._page(number % 3)
        return type(page)(page.records, (), Ending.MORE, f"{number + 1}-of-this-circle")


class Air(World):
    """Empty pages for ever."""

    def list_tenants(self, cursor: str | None):  # type: ignore[no-untyped-def]  # as the one it overrides
        number = int(cursor or 0)
        page = self._page(0)
        return type(page)(page.records if number == 0 else (), (), Ending.MORE, str(number + 1))


class Stuck(World):
    """Gives the cursor that it was asked with."""

    def list_tenants(self, cursor: str | None):  # type: ignore[no-untyped-def]  # as the one it overrides
        return type(self._page(0))(self._page(0).records, (), Ending.MORE, "the-same")


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
    good = TenantListing(World.id_of(2), "株" * 4_000 + "\x00\ud800‮🦊", "x.example", Relationship.RESELLER)
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
    assert Tenant.objects.get(external_id=World.id_of(2)).name == "株" * 4_000 + "��‮🦊"
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
        failure = sync.observation().failure
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
    assert observation.failure["fault"] == "the connection's configuration"
    assert "tenantry connect" in observation.failure["next"]


def test_a_page_of_an_observation_that_ended_meanwhile_is_dropped(sync: Sync, clock: Clock) -> None:
    class Cancelling(World):
        def list_tenants(self, cursor: str | None):  # type: ignore[no-untyped-def]  # as the one it overrides
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
