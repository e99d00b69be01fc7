from datetime import timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st
from tests.conftest import NOW
from tests.sync.stage import Clock, Sync, pending_of
from tests.sync.world import World

from tenantry.core.records import Address, Contact, Relationship
from tenantry.sync.models import Sighting, Tenant
from tenantry.sync.observe.details import count_due, make_all_due, next_due
from tenantry.sync.observe.keeping import refresh_at


def tenant(number: int) -> Tenant:
    return Tenant.objects.get(external_id=World.id_of(number))


def sighting(number: int) -> Sighting:
    return Sighting.objects.get(tenant__external_id=World.id_of(number))


@given(st.uuids())
def test_details_are_old_after_a_day_and_at_most_two_hours(external_id: UUID) -> None:
    due = refresh_at(str(external_id), read_at=NOW)
    assert timedelta(hours=24) <= due - NOW < timedelta(hours=26)
    assert due == refresh_at(str(external_id), read_at=NOW)


def test_refreshes_are_spread_evenly() -> None:
    quarters = [0] * 4
    for number in range(2_000):
        wait = refresh_at(World.id_of(number), read_at=NOW) - NOW - timedelta(hours=24)
        quarters[int(wait / timedelta(minutes=30))] += 1
    assert all(400 < quarter < 600 for quarter in quarters)


def test_everything_that_was_read_is_kept(sync: Sync, world: World, northwind: int, clock: Clock) -> None:
    world.add(1)
    world.change(
        1,
        registration_number="HRB 1",
        delegated_admin=True,
        indirect_reseller_id="r-1",
        missing=("Address: not shown.",),
        contact=Contact("Ada", "Berg", "ada@x.example", "+41 1", "de-CH"),
        address=Address("CH", "ZH", "Zürich", "8000", "Gasse 1", "Hof", "+41 2"),
    )
    sync.run(northwind)
    row = tenant(1)
    assert (row.name, row.domain, row.domains) == (
        "Customer 1 Ltd",
        "customer1.onmicrosoft.com",
        ["customer1.example"],
    )
    assert (row.contact_first_name, row.contact_last_name, row.contact_email) == ("Ada", "Berg", "ada@x.example")
    assert (row.contact_phone, row.contact_language) == ("+41 1", "de-CH")
    assert (row.country, row.registration_number, row.delegated_admin) == ("CH", "HRB 1", True)
    assert (row.indirect_reseller_id, row.missing, row.details_at) == ("r-1", ["Address: not shown."], clock())
    assert row.address == {
        "country": "CH", "region": "ZH", "city": "Zürich", "postal_code": "8000", "line1": "Gasse 1", "line2": "Hof",
        "phone": "+41 2",
    }  # fmt: skip
    shown = pending_of(northwind)[World.id_of(1)]
    assert (shown.name, shown.country, shown.domain) == ("Customer 1 Ltd", "CH", "customer1.example")
    assert (shown.contact_name, shown.contact_email, shown.problems) == ("Ada Berg", "ada@x.example", [])


def test_a_blank_reading_erases_nothing(sync: Sync, world: World, northwind: int, clock: Clock) -> None:
    world.add(1)
    world.change(1, registration_number="HRB 1", delegated_admin=True, indirect_reseller_id="r-1")
    sync.run(northwind)
    before = dict(Tenant.objects.values().get())
    world.change(
        1, name="", domain="", contact=Contact(), address=Address(), domains=None, registration_number="",
        delegated_admin=None, indirect_reseller_id="", missing=("Primary contact: not allowed.",),
    )  # fmt: skip
    clock.pass_time(hours=26)
    sync.run(northwind)
    after = dict(Tenant.objects.values().get())
    differing = {name for name in before if before[name] != after[name]}
    assert differing == {"missing", "details_at"}


def test_the_longest_waiting_is_read_first(sync: Sync, world: World, northwind: int, clock: Clock) -> None:
    world.add(1, 2)
    sync.request(northwind)
    sync.list_all()
    clock.pass_time(minutes=1)
    sync.begin()
    world.add(3)
    sync.request(northwind)
    sync.list_all()
    due = next_due(sync.connection.pk, limit=5, now=clock())
    assert [one.external_id for one in due] == [World.id_of(number) for number in (1, 2, 3)]
    assert next_due(sync.connection.pk, limit=2, now=clock()) == due[:2]
    assert next_due(sync.connection.pk, limit=5, now=clock() - timedelta(minutes=2)) == []


def test_details_are_read_once_a_day_and_a_second_run_says_that_nothing_was_to_do(
    sync: Sync, world: World, northwind: int, clock: Clock
) -> None:
    world.add(*range(1, 8))
    sync.run(northwind)
    assert sum(world.read.values()) == 7
    clock.pass_time(hours=23, minutes=59)
    run = sync.run(northwind)
    assert sum(world.read.values()) == 7
    assert run.counters["changes"] == 0
    assert run.note == "Nothing changed since the last run, and no details were due: 0 changes, 0 detail reads."
    clock.pass_time(hours=2, minutes=2)
    run = sync.run(northwind)
    assert sum(world.read.values()) == 14
    assert (run.note, run.counters["details_read"], run.counters["changes"]) == ("", 7, 0)


def test_a_changed_contact_is_found_by_the_daily_refresh(
    sync: Sync, world: World, northwind: int, clock: Clock
) -> None:
    world.add(1)
    sync.run(northwind)
    world.change_contact(1, Contact("Ben", "Cole", "ben@customer1.example"))
    sync.run(northwind)
    assert pending_of(northwind)[World.id_of(1)].contact_email == "ada1@customer1.example"
    clock.pass_time(hours=26)
    sync.run(northwind)
    assert pending_of(northwind)[World.id_of(1)].contact_name == "Ben Cole"


def test_what_the_listing_shows_changed_is_read_at_once(sync: Sync, world: World, northwind: int) -> None:
    world.add(1, 2)
    sync.run(northwind)
    world.rename(2, "Renamed")
    world.change_contact(2, Contact("Ben", "Cole", "ben@x.example"))
    run = sync.run(northwind)
    assert world.read == {World.id_of(1): 1, World.id_of(2): 2}
    row = pending_of(northwind)[World.id_of(2)]
    assert (row.name, row.contact_name, run.counters["changes"]) == ("Renamed", "Ben Cole", 2)


def test_all_can_be_asked_for_again(sync: Sync, world: World, northwind: int, clock: Clock) -> None:
    world.add(1, 2)
    world.add(3, relationship=Relationship.ADVISOR)
    sync.run(northwind)
    assert make_all_due(sync.connection, now=clock()) == 2
    assert count_due(sync.connection.pk, now=clock()) == 2
