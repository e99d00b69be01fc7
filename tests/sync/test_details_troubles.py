import time
from datetime import datetime, timedelta

import pytest
from tests.conftest import NOW
from tests.sync.stage import Clock, Sync, make_connection, make_marketplace, never, pending_of, states_of
from tests.sync.world import World

from tenantry.connections.models import Connection
from tenantry.core.records import Address, Contact, Relationship, TenantDetails, TenantListing
from tenantry.providers.errors import (
    AuthFailed,
    ConsentMissing,
    Malformed,
    NotFound,
    ProviderError,
    Throttled,
    Unavailable,
)
from tenantry.sync.models import Finding, Sighting, Tenant
from tenantry.sync.observe.details import Due, count_due, make_all_due, next_due, read_side_by_side, wanted_by_feeds
from tenantry.sync.observe.keeping import keep_answers, refresh_at
from tenantry.sync.observe.snapshots import SNAPSHOT_COLUMNS, snapshot_of_row


def tenant(number: int) -> Tenant:
    return Tenant.objects.get(external_id=World.id_of(number))


def sighting(number: int) -> Sighting:
    return Sighting.objects.get(tenant__external_id=World.id_of(number))


@pytest.mark.parametrize("error", [NotFound("No such customer \x00."), ConsentMissing("Not allowed.", permission="X")])
def test_a_refusal_is_a_problem_on_the_row_and_is_tried_again_the_next_day(
    sync: Sync, world: World, northwind: int, clock: Clock, error: ProviderError
) -> None:
    world.add(1, 2)
    world.refuse(1, error)
    run = sync.run(northwind)
    row = pending_of(northwind)[World.id_of(1)]
    assert (row.state, row.problems) == ("pending", ["details_refused"])
    assert tenant(1).details_problem == error.message.replace("\x00", "�")
    assert sighting(1).details_due_at == refresh_at(World.id_of(1), read_at=clock())
    assert (run.state, run.counters["details_read"], run.counters["details_failed"]) == ("done", 1, 1)
    finding = Finding.objects.get()
    assert (finding.kind, finding.reference) == ("details not read", World.id_of(1))
    world.allow(1)
    clock.pass_time(hours=26)
    sync.run(northwind)
    row = pending_of(northwind)[World.id_of(1)]
    assert (row.problems, row.contact_email) == ([], "ada1@customer1.example")


def test_a_refusal_after_a_reading_blanks_nothing(sync: Sync, world: World, northwind: int, clock: Clock) -> None:
    world.add(1)
    sync.run(northwind)
    world.refuse(1, ConsentMissing("Not allowed any more.", permission="X"))
    clock.pass_time(hours=26)
    sync.run(northwind)
    row = pending_of(northwind)[World.id_of(1)]
    assert (row.contact_email, row.country, row.problems) == ("ada1@customer1.example", "DE", ["details_refused"])


@pytest.mark.parametrize(
    ("error", "waits"),
    [
        (Malformed("Garbled.", where="x"), [15, 60, 360, 1440, 1440]),
        (Unavailable("Down."), [1, 15, 60, 360, 1440, 1440]),
        (Throttled("Slow down.", after=120), [2, 2, 2]),
    ],
)
def test_a_failed_reading_is_tried_again_after_growing_waits_and_blanks_nothing(
    sync: Sync, world: World, northwind: int, *, clock: Clock, error: ProviderError, waits: list[int]
) -> None:
    world.add(1)
    sync.run(northwind)
    before = pending_of(northwind)[World.id_of(1)].contact_email
    make_all_due(sync.connection, now=clock())
    world.refuse(1, error)
    for minutes in waits:
        assert sync.read_details() == 1
        assert sighting(1).details_due_at == clock() + timedelta(minutes=minutes)
        assert sync.read_details() == 0
        clock.pass_time(minutes=minutes)
    assert pending_of(northwind)[World.id_of(1)].contact_email == before
    world.allow(1)
    assert sync.read_details() == 1
    assert sighting(1).details_failures == 0


@pytest.mark.parametrize(
    ("error", "tries"),
    [(NotFound("No."), 28), (ConsentMissing("No.", permission="x"), 28), (Malformed("Garbled.", where="x"), 31)],
)
def test_what_is_refused_or_fails_for_28_days_is_given_up_until_something_new_is_seen_of_it(
    sync: Sync, world: World, northwind: int, *, clock: Clock, error: ProviderError, tries: int
) -> None:
    world.add(1)
    sync.run(northwind)
    make_all_due(sync.connection, now=clock())
    world.refuse(1, error)
    begun, tried = clock(), 0
    while (due_at := sighting(1).details_due_at) is not None:
        clock.now = max(clock(), due_at)
        tried += sync.read_details()
    assert tried == tries
    assert timedelta(days=26) < clock() - begun <= timedelta(days=31)
    world.allow(1)
    world.rename(1, "Something New Ltd")
    sync.run(northwind)
    assert (sighting(1).details_failures, sighting(1).details_due_at is None) == (0, False)


def test_a_failure_of_the_connection_leaves_every_row_due(sync: Sync, world: World, northwind: int) -> None:
    world.add(*range(1, 31))
    sync.request(northwind)
    sync.list_all()
    world.refuse(1, AuthFailed("Wrong secret."))
    due = next_due(sync.connection.pk, limit=40, now=sync.clock())
    answers = read_side_by_side(world, due, should_stop=never)
    assert len(answers) <= 30
    keep_answers(sync.observation().pk, answers, now=sync.clock())
    assert Finding.objects.count() == 0
    left = count_due(sync.connection.pk, now=sync.clock())
    assert left == 30 - sum(answer.details is not None for answer in answers)
    assert sync.observation().details_failed == 0


def test_reading_stops_when_it_is_asked_to(sync: Sync, world: World, northwind: int) -> None:
    world.add(*range(1, 31))
    sync.request(northwind)
    sync.list_all()
    due = next_due(sync.connection.pk, limit=40, now=sync.clock())
    assert read_side_by_side(world, due, should_stop=lambda: sum(world.read.values()) >= 5) != []
    assert sum(world.read.values()) < 30
    assert keep_answers(sync.observation().pk, [], now=sync.clock()) == []


def test_killed_between_two_batches_it_goes_on_with_what_is_due(sync: Sync, world: World, northwind: int) -> None:
    world.add(*range(1, 11))
    sync.request(northwind)
    sync.list_all()
    sync.begin()
    sync.read_details(batch=4, batches=1)
    again = Sync(sync.connection, world, sync.clock)
    assert again.read_details(batch=4) == 6
    assert set(world.read.values()) == {1}


def test_feeds_that_name_tenants_restrict_what_is_read(
    connection: Connection, world: World, clock: Clock, sync: Sync
) -> None:
    world.add(*range(1, 7))
    first = make_marketplace("First", clock, connection, tenant_ids=[World.id_of(1), World.id_of(2)])
    make_marketplace("Second", clock, connection, tenant_ids=[World.id_of(2), World.id_of(3)])
    make_marketplace("Off", clock, connection, on=False)
    assert wanted_by_feeds(connection.pk) == [World.id_of(number) for number in (1, 2, 3)]
    sync.run(first)
    assert set(world.read) == {World.id_of(number) for number in (1, 2, 3)}
    assert set(states_of(first)) == {1, 2}


def test_one_feed_that_takes_all_has_all_read_and_none_has_none_read(
    connection: Connection, clock: Clock, sync: Sync
) -> None:
    assert wanted_by_feeds(connection.pk) == []
    make_marketplace("First", clock, connection, tenant_ids=[World.id_of(1)])
    make_marketplace("Second", clock, connection, countries=["DE"])
    assert wanted_by_feeds(connection.pk) is None


def test_tenants_that_are_no_customers_are_not_read(sync: Sync, world: World, northwind: int) -> None:
    world.add(1, relationship=Relationship.ADVISOR)
    world.add(2, relationship=Relationship.UNKNOWN)
    world.add(3)
    sync.run(northwind)
    assert set(world.read) == {World.id_of(3)}
    assert set(states_of(northwind)) == {3}


def test_a_relationship_that_only_the_details_call_ended_is_watched_until_it_is_back(
    sync: Sync, world: World, northwind: int, clock: Clock
) -> None:
    class TwoMinds(World):
        """Its listing goes on to say reseller."""

        @staticmethod
        def _row(tenant: TenantDetails) -> TenantListing:
            return TenantListing(tenant.external_id, tenant.name, tenant.domain, Relationship.RESELLER)

    sync.world = two_minds = TwoMinds()
    two_minds.add(1)
    sync.run(northwind)
    two_minds.change(1, relationship=Relationship.NONE)
    clock.pass_time(hours=26)
    sync.run(northwind)
    assert states_of(northwind) == {1: "withdrawn"}
    sync.run(northwind)
    assert states_of(northwind) == {1: "withdrawn"}
    two_minds.change(1, relationship=Relationship.RESELLER)
    clock.pass_time(hours=26)
    sync.run(northwind)
    assert states_of(northwind) == {1: "pending"}


def test_two_complete_misses_and_a_refused_reading_end_a_relationship(
    sync: Sync, world: World, northwind: int, clock: Clock
) -> None:
    world.add(1, 2)
    sync.run(northwind)
    world.leave(2)
    clock.pass_time(hours=1)
    sync.run(northwind)
    assert states_of(northwind) == {1: "pending", 2: "pending"}
    clock.pass_time(hours=1)
    run = sync.run(northwind)
    assert states_of(northwind) == {1: "pending", 2: "withdrawn"}
    assert sighting(2).ended_at == clock()
    assert run.suspect == ""
    assert Finding.objects.get(kind="relationship ended").tenant_id == tenant(2).pk
    clock.pass_time(hours=1)
    assert sync.run(northwind).counters["changes"] == 0
    world.come_back(2)
    run = sync.run(northwind)
    assert states_of(northwind) == {1: "pending", 2: "pending"}
    assert run.suspect == ""


@pytest.mark.parametrize(
    "error", [Unavailable("Down."), ConsentMissing("Not allowed.", permission="X"), Throttled("Slow.", after=1)]
)
def test_a_missed_tenant_whose_reading_fails_otherwise_is_not_ended(
    sync: Sync, world: World, northwind: int, error: ProviderError
) -> None:
    world.add(1, 2)
    sync.run(northwind)
    world.hide(2)
    world.refuse(2, error)
    for _ in range(3):
        sync.run(northwind)
    assert (sighting(2).ended_at, states_of(northwind)[2]) == (None, "pending")


def test_a_refused_reading_of_a_tenant_that_is_listed_does_not_end_it(
    sync: Sync, world: World, northwind: int, clock: Clock
) -> None:
    world.add(1)
    world.refuse(1, NotFound("Not there."))
    for _ in range(3):
        sync.run(northwind)
        clock.pass_time(hours=26)
    assert (sighting(1).ended_at, states_of(northwind)) == (None, {1: "pending"})


def test_a_reading_that_the_listing_overtook_stays_due(sync: Sync, world: World, northwind: int, clock: Clock) -> None:
    world.add(1)
    sync.request(northwind)
    sync.list_all()
    sync.begin()
    due = next_due(sync.connection.pk, limit=5, now=clock())
    answers = read_side_by_side(world, due, should_stop=never)
    clock.pass_time(seconds=5)
    world.rename(1, "Newer")
    sync.request(northwind)
    sync.list_all()
    keep_answers(sync.observation().pk, answers, now=clock())
    assert count_due(sync.connection.pk, now=clock()) == 1
    sync.begin()
    sync.read_details()
    sync.finish()
    assert pending_of(northwind)[World.id_of(1)].name == "Newer"


def test_a_refusal_does_not_hide_what_another_connection_reads(
    sync: Sync, world: World, northwind: int, clock: Clock
) -> None:
    world.add(1)
    sync.run(northwind)
    other_world = World()
    other_world.add(1)
    other_world.refuse(1, ConsentMissing("Not allowed.", permission="X"))
    other = Sync(make_connection("Other", clock), other_world, clock)
    second = make_marketplace("Second", clock, other.connection)
    other.run(second)
    assert (tenant(1).details_problem, pending_of(second)[World.id_of(1)].problems) == ("", [])


def test_the_content_hash_always_fits_what_is_stored(sync: Sync, world: World, northwind: int, clock: Clock) -> None:
    world.add(*range(1, 8))
    world.refuse(3, NotFound("Not there."))
    sync.run(northwind)
    world.rename(2, "Renamed")
    world.change_contact(4, Contact())
    clock.pass_time(hours=26)
    sync.run(northwind)
    for row in Tenant.objects.values("content_hash", *SNAPSHOT_COLUMNS):
        assert snapshot_of_row(row).content_hash == row["content_hash"]


def test_strange_details_are_kept_as_far_as_a_table_can(sync: Sync, world: World, northwind: int) -> None:
    world.add(1)
    sync.request(northwind)
    sync.list_all()
    sync.begin()
    world.change(
        1,
        name="\x00\ud800🦊" + "n" * 4_000,
        domain="d" * 300,
        domains=("x" * 300, "y\x00", "good.example"),
        contact=Contact("\x00", "\u202eRTL", "a\ud800@b.example", "\x00", "\x00"),
        address=Address("Germany\x00", "\x00", city="\udfff"),
        registration_number="\x00",
        indirect_reseller_id="r" * 100,
        missing=("\x00",),
    )
    assert sync.read_details() == 1
    row = pending_of(northwind)[World.id_of(1)]
    assert (row.domain, row.country, row.contact_email) == ("good.example", "", "a�@b.example")
    assert row.name == "��🦊" + "n" * 4_000


def test_keeping_a_batch_is_fast_enough_for_the_published_rate(sync: Sync, world: World, northwind: int) -> None:
    world.page_size = 500
    world.add(*range(1, 401))
    sync.request(northwind)
    sync.list_all()
    answers = read_side_by_side(world, next_due(sync.connection.pk, limit=400, now=sync.clock()), should_stop=never)
    began = time.monotonic()
    for start in range(0, 400, 40):
        keep_answers(sync.observation().pk, answers[start : start + 40], now=sync.clock())
    took = (time.monotonic() - began) / 10
    assert took < 0.5


def test_a_due_row_names_its_mark() -> None:
    moment = datetime(2026, 1, 1, tzinfo=NOW.tzinfo)
    assert Due(1, 2, "x", doubted=False, due_at=moment).due_at == moment


def test_a_tenant_that_one_listing_missed_is_not_read_before_a_second_did(
    sync: Sync, world: World, northwind: int, clock: Clock
) -> None:
    world.add(1, 2)
    sync.run(northwind)
    world.hide(2)
    clock.pass_time(hours=26)
    sync.run(northwind)
    assert world.read == {World.id_of(1): 2, World.id_of(2): 1}
    sync.run(northwind)
    assert world.read == {World.id_of(1): 2, World.id_of(2): 2}
