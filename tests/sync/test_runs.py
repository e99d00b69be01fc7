from datetime import timedelta
from typing import Any

import pytest
from tests.sync.stage import (
    Clock,
    Sync,
    changes_of,
    execute,
    link,
    make_marketplace,
    pending_of,
    run_of,
    runs_of,
    states_of,
    switch,
)
from tests.sync.world import World

from tenantry.audit.models import Event
from tenantry.audit.queries import personal_values
from tenantry.connections.models import Connection
from tenantry.core.records import Relationship
from tenantry.core.search import search_ranges
from tenantry.isolation.scope import marketplace_scope
from tenantry.providers.errors import Unavailable
from tenantry.sync.models import PendingCompany, PendingKey, Run
from tenantry.sync.requests import SyncRefused
from tenantry.sync.runs.lifecycle import live_runs


def test_a_first_run_brings_every_customer_in(sync: Sync, world: World, northwind: int, clock: Clock) -> None:
    world.add(1, 2, 3, 4, 5)
    world.add(6, relationship=Relationship.ADVISOR)
    run = sync.run(northwind)
    assert (run.state, run.complete, run.suspect, run.note, run.ended_at) == ("done", True, "", "", clock())
    assert states_of(northwind) == dict.fromkeys(range(1, 6), "pending")
    assert run.counters == {
        "records": 6, "records_invalid": 0, "records_repeated": 0, "details_read": 5, "details_failed": 0,
        "details_total": 0, "tenants_seen": 6, "tenants_with_changes": 5, "tenants_skipped_not_reseller": 1,
        "tenants_skipped": 1, "changes": 10, "changes_applied": 10,
    }  # fmt: skip


def test_each_row_says_why_it_changed(sync: Sync, world: World, northwind: int) -> None:
    world.add(1)
    run = sync.run(northwind)
    added, read = changes_of(northwind, run.pk)
    assert (added.kind, added.before, added.reason) == (
        "pending.add",
        None,
        "Customer tenant that no company here is linked to.",
    )
    assert (read.kind, read.before, read.reason) == (
        "pending.update",
        added.after,
        "Details were read from the provider.",
    )
    world.change(1, relationship=Relationship.NONE)
    (gone,) = changes_of(northwind, sync.run(northwind).pk)
    assert (gone.kind, gone.state, gone.subject, gone.subject_name) == (
        "pending.withdraw",
        "applied",
        World.id_of(1),
        "Customer 1 Ltd",
    )
    assert gone.reason == "The Partner Center now says the relationship is 'none', not 'reseller'."
    world.change(1, relationship=Relationship.RESELLER)
    back = changes_of(northwind, sync.run(northwind).pk)
    assert [change.kind for change in back] == ["pending.return"]


def test_a_snoozed_tenant_that_leaves_is_put_off_no_longer(
    sync: Sync, world: World, northwind: int, clock: Clock
) -> None:
    world.add(1, 2)
    sync.run(northwind)
    until = clock() + timedelta(days=30)
    with marketplace_scope(northwind):
        PendingCompany.objects.update(state="snoozed", snoozed_until=until)
    world.change(1, relationship=Relationship.NONE)
    world.change(2, name="Renamed Ltd")
    sync.run(northwind)
    left, stayed = (pending_of(northwind)[World.id_of(number)] for number in (1, 2))
    assert (left.state, left.snoozed_until) == ("withdrawn", None)
    assert (stayed.state, stayed.snoozed_until) == ("snoozed", until)


def test_rows_are_there_before_their_details_are_read(sync: Sync, world: World, northwind: int) -> None:
    world.add(1, 2)
    sync.request(northwind)
    sync.list_all()
    sync.begin()
    assert {row.problems[0] for row in pending_of(northwind).values()} == {"details_not_read"}
    sync.read_details(batch=1, batches=1)
    assert sorted(len(row.problems) for row in pending_of(northwind).values()) == [0, 1]


def test_every_change_is_an_event_with_the_persons_values_sealed(sync: Sync, world: World, northwind: int) -> None:
    world.add(1)
    run = sync.run(northwind)
    with marketplace_scope(northwind):
        events = list(Event.objects.filter(run_id=run.pk).order_by("id"))
        actions = [event.action for event in events]
        update = events[-2]
        assert actions == [
            "sync.run.requested",
            "sync.pending_add.applied",
            "sync.pending_update.applied",
            "sync.run.finished",
        ]
        assert personal_values(update) == {
            "after.contact_name": "Ada Number1",
            "after.contact_email": "ada1@customer1.example",
        }
        assert "ada" not in f"{update.before} {update.after}".casefold()
        assert update.person is not None
        assert update.person.subject == f"contact:{World.id_of(1)}"


def test_pending_companies_are_found_by_their_words(sync: Sync, world: World, northwind: int) -> None:
    world.add(1, 2)
    world.rename(2, "日本情報通信")
    sync.run(northwind)

    def found(query: str) -> set[str]:
        with marketplace_scope(northwind):
            rows = PendingCompany.objects.all()
            for start, below in search_ranges(query):
                keys = PendingKey.objects.filter(key__gte=start, key__lt=below).values("pending_id")
                rows = rows.filter(pk__in=keys)
            return set(rows.values_list("name", flat=True))

    first, second = {"Customer 1 Ltd"}, {"日本情報通信"}
    assert found("cust ltd") == first
    assert (found("通信"), found("ada2"), found("customer2.example")) == (second, second, second)
    assert (found("customer1.onmicrosoft.com"), found(World.id_of(1)), found("ada number")) == (
        first,
        first,
        first | second,
    )
    world.rename(2, "Renamed")
    sync.run(northwind)
    assert (found("通信"), found("rena")) == (set(), {"Renamed"})


def test_linked_tenants_are_not_pending(sync: Sync, world: World, northwind: int, clock: Clock) -> None:
    world.add(1, 2, 3)
    sync.request(northwind)
    sync.list_all()
    link(northwind, sync.connection, 1, clock)
    sync.begin()
    sync.read_details()
    link(northwind, sync.connection, 2, clock)
    sync.finish()
    assert states_of(northwind) == {2: "linked", 3: "pending"}
    run = sync.run(northwind)
    assert (run.counters["tenants_skipped_linked"], run.counters["changes"], run.suspect) == (2, 0, "")


def test_a_country_waits_for_the_details(connection: Connection, sync: Sync, world: World, clock: Clock) -> None:
    alpine = make_marketplace("Alpine", clock, connection, countries=["CH"])
    world.add(1, 2, country="CH")
    world.add(3, 4, 5, country="DE")
    sync.request(alpine)
    sync.list_all()
    sync.begin()
    assert states_of(alpine) == {}
    sync.read_details(batch=1, batches=1)
    (ref,) = live_runs(connection.pk)
    sync.read_details()
    sync.finish()
    run = run_of(alpine, ref.run_id)
    assert states_of(alpine) == {1: "pending", 2: "pending"}
    assert (run.counters["tenants_skipped_out_of_scope"], run.suspect) == (3, "")


def test_what_waits_for_details_is_counted_so(connection: Connection, sync: Sync, world: World, clock: Clock) -> None:
    alpine = make_marketplace("Alpine", clock, connection, countries=["CH"])
    world.add(1, 2)
    world.refuse(1, Unavailable("Down."))
    run = sync.run(alpine)
    assert (run.counters["tenants_waiting_for_details"], run.counters["tenants_skipped_out_of_scope"]) == (1, 1)
    assert run.suspect == ""


@pytest.mark.parametrize(
    ("feed", "expected"),
    [
        ({"domains": ["customer2.example"]}, {2}),
        ({"domains": ["customer2.onmicrosoft.com"]}, {2}),
        ({"indirect_resellers": ["r-3"]}, {3}),
        ({"tenant_ids": [World.id_of(1), World.id_of(2)], "countries": ["CH"]}, {2}),
        ({"countries": ["CH"], "indirect_resellers": ["r-3"]}, set()),
    ],
)
def test_each_filter_of_a_feed_keeps_others_out(
    connection: Connection, sync: Sync, world: World, clock: Clock, *, feed: dict[str, Any], expected: set[int]
) -> None:
    alpine = make_marketplace("Alpine", clock, connection, **feed)
    world.add(1, country="DE")
    world.add(2, country="CH")
    world.add(3, country="DE")
    world.change(3, indirect_reseller_id="r-3")
    run = sync.run(alpine)
    assert (set(states_of(alpine)), run.suspect) == (expected, "")


def test_a_tenant_that_a_feed_no_longer_carries_is_withdrawn_and_says_so(
    sync: Sync, world: World, northwind: int, owner_url: str
) -> None:
    world.add(1, country="DE")
    world.add(2, country="CH")
    sync.run(northwind)
    execute(owner_url, "update sync_feed set countries = '{CH}'")
    run = sync.run(northwind)
    assert (states_of(northwind), run.suspect) == ({1: "withdrawn", 2: "pending"}, "")
    assert "filter" in changes_of(northwind, run.pk)[0].reason
    execute(owner_url, "update sync_feed set countries = '{}'")
    sync.run(northwind)
    assert states_of(northwind) == {1: "pending", 2: "pending"}


def test_a_marketplace_that_is_off_gets_no_run_and_no_rows(
    connection: Connection, sync: Sync, world: World, northwind: int, clock: Clock
) -> None:
    off = make_marketplace("Off", clock, connection, on=False)
    world.add(1, 2)
    sync.run(northwind)
    assert (runs_of(off), states_of(off)) == ([], {})
    with pytest.raises(SyncRefused, match="Company Sync is off"):
        sync.request(off)
    switch(off, on=True)
    sync.run(northwind)
    assert states_of(off) == {1: "pending", 2: "pending"}


@pytest.mark.parametrize("step", ["requested", "begun", "some details"])
def test_switching_off_stops_a_run_wherever_it_is(
    sync: Sync, world: World, northwind: int, clock: Clock, step: str
) -> None:
    world.add(1, 2, 3)
    requested = sync.request(northwind)
    sync.list_all()
    if step != "requested":
        sync.begin()
    if step == "some details":
        sync.read_details(batch=1, batches=1)
    before = {key: (row.state, row.changed_at) for key, row in pending_of(northwind).items()}
    switch(northwind, on=False)
    clock.pass_time(minutes=1)
    sync.begin()
    sync.read_details()
    sync.finish()
    run = run_of(northwind, requested.pk)
    assert (run.state, run.note) == ("cancelled", "Company Sync was switched off.")
    assert {key: (row.state, row.changed_at) for key, row in pending_of(northwind).items()} == before


def test_two_marketplaces_see_and_keep_only_their_own(
    connection: Connection, sync: Sync, world: World, northwind: int, clock: Clock
) -> None:
    alpine = make_marketplace("Alpine", clock, connection, countries=["CH"])
    world.add(1, 2)
    world.add(3, country="CH")
    sync.run(northwind)
    assert (set(states_of(northwind)), set(states_of(alpine))) == ({1, 2, 3}, {3})
    link(alpine, connection, 3, clock)
    sync.run(alpine)
    assert (states_of(northwind)[3], states_of(alpine)[3]) == ("pending", "linked")
    runs = runs_of(alpine)
    assert [run.marketplace_id for run in runs] == [alpine] * 2
    with marketplace_scope(northwind):
        assert not Run.objects.filter(pk__in=[run.pk for run in runs]).exists()
        assert not Event.objects.filter(run_id__in=[run.pk for run in runs]).exists()


def test_one_listing_serves_all_marketplaces_that_the_connection_feeds(
    connection: Connection, sync: Sync, world: World, northwind: int, clock: Clock
) -> None:
    other = make_marketplace("Other", clock, connection)
    world.add(1, 2, 3, 4)
    first, second = sync.request(northwind), sync.request(other)
    assert first.observation_id == second.observation_id
    sync.list_all()
    sync.begin()
    sync.read_details()
    sync.finish()
    assert len(world.listed) == 2
    assert set(world.read.values()) == {1}
    assert [run.state for run in runs_of(northwind) + runs_of(other)] == ["done", "done"]
