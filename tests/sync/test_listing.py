from concurrent.futures import ThreadPoolExecutor

from django.db import connections
from tests.sync.stage import Clock, Sync, rows, states_of
from tests.sync.world import World

from tenantry.core.records import Ending, InvalidRecord, Relationship, TenantListing
from tenantry.providers.errors import Unavailable
from tenantry.sync.models import (
    Finding,
    Observation,
    ObservationPage,
    ObservationState,
    Sighting,
    Tenant,
)
from tenantry.sync.observe.listing import read_next_page
from tenantry.sync.runs.lifecycle import join_or_start_observation

VERSIONS = (
    "select relation, xmin::text, ctid::text from (select 't' relation, id, xmin, ctid from sync_tenant union all \
select 's', id, xmin, ctid from sync_sighting) r order by relation, id"
)


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
    assert (observation.failure or {})["kind"] == "CursorExpired"


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
