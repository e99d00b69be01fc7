import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from django.db import connections
from tests.sync.stage import (
    BUTTON,
    MANAGER,
    PREVIEW,
    Clock,
    Sync,
    changes_of,
    execute,
    make_connection,
    make_marketplace,
    pending_of,
    run_of,
    runs_of,
    states_of,
)
from tests.sync.world import World

from tenantry.audit.models import Event
from tenantry.connections.models import Connection
from tenantry.core.records import Contact
from tenantry.isolation.scope import marketplace_scope
from tenantry.providers.errors import AuthFailed
from tenantry.sync.models import Change, ChangeState, Observation, PendingCompany, RunState
from tenantry.sync.runs.applying import apply_next
from tenantry.sync.runs.lifecycle import begin_runs, end_run, live_runs, request_cancel
from tenantry.sync.runs.passes import apply_all, run_pass
from tenantry.sync.runs.planning import plan_next


def test_asking_again_joins_the_run_that_is_there(sync: Sync, northwind: int) -> None:
    assert sync.request(northwind).pk == sync.request(northwind).pk
    assert sync.request(northwind, PREVIEW).pk != sync.request(northwind).pk


def test_many_who_ask_at_once_get_one_run(sync: Sync, northwind: int) -> None:
    together = threading.Barrier(5)

    def ask(_: int) -> int:
        try:
            together.wait(10)
            return sync.request(northwind).pk
        finally:
            connections.close_all()

    with ThreadPoolExecutor(5) as pool:
        assert len(set(pool.map(ask, range(5)))) == 1
    assert len(runs_of(northwind)) == 1


def test_beginning_twice_or_at_once_makes_no_second_run(
    connection: Connection, sync: Sync, world: World, northwind: int, clock: Clock
) -> None:
    other = make_marketplace("Other", clock, connection)
    world.add(1)
    sync.request(northwind)
    sync.list_all()
    observation_id = sync.observation().pk

    def begin(_: int) -> None:
        begin_runs(observation_id, now=clock())
        connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(begin, range(4)))
    sync.begin()
    sync.read_details()
    sync.finish()
    begin_runs(observation_id, now=clock())
    assert [len(runs_of(northwind)), len(runs_of(other)), live_runs(connection.pk)] == [1, 1, []]


def test_runs_do_not_begin_while_the_list_is_read(sync: Sync, world: World, northwind: int, clock: Clock) -> None:
    world.add(*range(1, 9))
    sync.request(northwind)
    sync.page()
    assert begin_runs(sync.observation().pk, now=clock()) == []
    assert runs_of(northwind)[0].state == "waiting"


def test_a_failed_listing_fails_its_runs_and_changes_nothing(sync: Sync, world: World, northwind: int) -> None:
    world.add(1)
    sync.run(northwind)
    world.fail_with(AuthFailed("Wrong secret."))
    requested = sync.request(northwind)
    sync.list_all()
    sync.begin()
    run = run_of(northwind, requested.pk)
    assert (run.state, (run.failure or {})["what"], run.suspect) == ("failed", "Wrong secret.", "")
    assert states_of(northwind) == {1: "pending"}


def test_a_cancelled_observation_cancels_its_runs(sync: Sync, world: World, northwind: int) -> None:
    requested = sync.request(northwind)
    Observation.objects.update(state="cancelled")
    sync.begin()
    assert run_of(northwind, requested.pk).state == "cancelled"


def edit(northwind: int, number: int, **fields: object) -> None:
    with marketplace_scope(northwind):
        PendingCompany.objects.filter(tenant__external_id=World.id_of(number)).update(**fields)


def test_a_change_whose_row_was_edited_meanwhile_is_stale_and_planned_anew(
    sync: Sync, world: World, northwind: int, clock: Clock
) -> None:
    world.add(1, 2)
    sync.run(northwind)
    world.rename(1, "One")
    world.rename(2, "Two")
    requested = sync.request(northwind)
    sync.list_all()
    begin_runs(sync.observation().pk, now=clock())
    assert plan_next(requested.pk, marketplace_id=northwind, after=0, now=clock()) == 0
    edit(northwind, 1, state="ignored")
    applied = apply_next(requested.pk, marketplace_id=northwind, actor=MANAGER, now=clock())
    assert (applied.applied, applied.stale) == (1, 1)
    row = pending_of(northwind)[World.id_of(1)]
    assert (row.state, row.name) == ("ignored", "Customer 1 Ltd")
    sync.begin()
    sync.read_details()
    sync.finish()
    assert (states_of(northwind), pending_of(northwind)[World.id_of(1)].name) == ({1: "ignored", 2: "pending"}, "One")
    run = run_of(northwind, requested.pk)
    assert (run.counters["changes_stale"], run.counters["changes_applied"], run.suspect) == (1, 2, "")


def test_a_row_that_vanished_or_appeared_makes_its_change_stale(
    sync: Sync, world: World, northwind: int, clock: Clock
) -> None:
    world.add(1, 2)
    requested = sync.request(northwind)
    sync.list_all()
    begin_runs(sync.observation().pk, now=clock())
    plan_next(requested.pk, marketplace_id=northwind, after=0, now=clock())
    apply_all(live_runs(sync.connection.pk)[0], clock=clock)
    with marketplace_scope(northwind):
        Change.objects.update(state="planned")
    applied = apply_next(requested.pk, marketplace_id=northwind, actor=MANAGER, now=clock())
    assert (applied.applied, applied.stale) == (0, 2)


def test_applying_twice_changes_nothing(sync: Sync, world: World, northwind: int, clock: Clock) -> None:
    world.add(1, 2)
    requested = sync.request(northwind)
    sync.list_all()
    (ref,) = begin_runs(sync.observation().pk, now=clock())
    plan_next(requested.pk, marketplace_id=northwind, after=0, now=clock())
    plan_next(requested.pk, marketplace_id=northwind, after=0, now=clock())
    assert len(changes_of(northwind, requested.pk)) == 2
    assert apply_all(ref, clock=clock)
    before = {key: row.changed_at for key, row in pending_of(northwind).items()}
    clock.pass_time(minutes=1)
    assert not apply_all(ref, clock=clock)
    assert run_pass(ref, clock=clock)
    assert {key: row.changed_at for key, row in pending_of(northwind).items()} == before


def test_several_processes_apply_each_change_once(sync: Sync, world: World, northwind: int, clock: Clock) -> None:
    world.page_size = 500
    world.add(*range(1, 1_201))
    requested = sync.request(northwind)
    sync.list_all()
    (ref,) = begin_runs(sync.observation().pk, now=clock())

    def work(_: int) -> None:
        run_pass(ref, clock=clock)
        connections.close_all()

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(work, range(3)))
    with marketplace_scope(northwind):
        states = list(Change.objects.filter(run_id=requested.pk).values_list("state", flat=True))
        assert PendingCompany.objects.count() == 1_200
        assert Event.objects.filter(action="sync.pending_add.applied").count() == 1_200
    assert states.count("applied") == 1_200
    assert set(states) <= {"applied", "stale"}


def test_two_connections_bring_a_tenant_they_both_see_once(
    sync: Sync, world: World, northwind: int, clock: Clock, owner_url: str
) -> None:
    other_world = World()
    other = Sync(make_connection("Other", clock), other_world, clock)
    execute(
        owner_url,
        "insert into sync_feed (marketplace_id, connection_id, countries, domains, indirect_resellers, tenant_ids, "
        "created_at) values (%s, %s, '{}', '{}', '{}', '{}', now())",
        northwind,
        other.connection.pk,
    )
    world.add(1, 2)
    other_world.add(2, 3)
    sync.run(northwind)
    other.run(northwind)
    assert states_of(northwind) == {1: "pending", 2: "pending", 3: "pending"}
    world.leave(2)
    for _ in range(3):
        sync.run(northwind)
    assert states_of(northwind)[2] == "pending"
    other_world.leave(2)
    for _ in range(3):
        run = other.run(northwind)
    assert (states_of(northwind)[2], run.suspect) == ("withdrawn", "")
    other_world.come_back(2)
    other.run(northwind)
    assert pending_of(northwind)[World.id_of(2)].connection_id == other.connection.pk


def test_a_run_that_is_cut_off_goes_on_where_it_was(sync: Sync, world: World, northwind: int, clock: Clock) -> None:
    world.add(*range(1, 6))
    requested = sync.request(northwind)
    sync.list_all()
    (ref,) = begin_runs(sync.observation().pk, now=clock())
    plan_next(requested.pk, marketplace_id=northwind, after=0, now=clock())
    assert not run_pass(ref, clock=clock, should_stop=lambda: True)
    assert runs_of(northwind)[0].state == RunState.APPLYING
    sync.begin()
    sync.read_details()
    sync.finish()
    run = run_of(northwind, requested.pk)
    assert (run.state, run.suspect, run.counters["changes_applied"]) == ("done", "", 10)


@pytest.mark.parametrize("step", ["requested", "begun", "some details"])
def test_a_run_can_be_cancelled_wherever_it_is(sync: Sync, world: World, northwind: int, step: str) -> None:
    world.add(1, 2, 3)
    requested = sync.request(northwind)
    sync.list_all()
    if step != "requested":
        sync.begin()
    if step == "some details":
        sync.read_details(batch=1, batches=1)
    with marketplace_scope(northwind):
        assert request_cancel(requested.pk, actor=MANAGER, now=sync.clock())
        assert not request_cancel(requested.pk, actor=MANAGER, now=sync.clock())
    kept = states_of(northwind)
    sync.begin()
    sync.finish()
    run = run_of(northwind, requested.pk)
    assert (run.state, run.suspect, run.note) == ("cancelled", "", "")
    assert states_of(northwind) == kept
    with marketplace_scope(northwind):
        assert not Change.objects.filter(state=ChangeState.PLANNED).exists()
        assert not request_cancel(requested.pk, actor=MANAGER, now=sync.clock())
    assert sync.run(northwind).state == "done"
    assert states_of(northwind) == dict.fromkeys((1, 2, 3), "pending")


def test_a_newer_run_takes_over_what_an_older_one_left(sync: Sync, world: World, northwind: int) -> None:
    world.add(1, 2, 3)
    first = sync.request(northwind)
    sync.list_all()
    sync.begin()
    sync.read_details(batch=1, batches=1)
    second = sync.run(northwind)
    older = run_of(northwind, first.pk)
    assert (older.state, older.note) == ("done", f"What was left went on in run {second.pk}.")
    assert (second.state, second.suspect, sum(world.read.values())) == ("done", "", 3)


def test_a_newer_preview_takes_an_older_ones_place_and_leaves_the_run_alone(
    sync: Sync, world: World, northwind: int
) -> None:
    world.add(1, 2, 3)
    run = sync.request(northwind)
    preview = sync.request(northwind, PREVIEW)
    sync.list_all()
    sync.begin()
    newer = sync.request(northwind, PREVIEW)
    sync.list_all()
    sync.begin()
    assert (run_of(northwind, preview.pk).state, run_of(northwind, run.pk).state) == ("cancelled", "details")
    sync.read_details()
    sync.finish()
    assert (run_of(northwind, newer.pk).state, run_of(northwind, run.pk).state) == ("previewed", "done")


def test_ending_a_run_twice_keeps_the_first_end(sync: Sync, world: World, northwind: int, clock: Clock) -> None:
    world.add(1)
    run = sync.run(northwind)
    sync.request(northwind)
    (ref,) = live_runs(sync.connection.pk)
    clock.pass_time(hours=1)
    end_run(replace(ref, run_id=run.pk), state=RunState.FAILED, now=clock())
    assert run_of(northwind, run.pk).state == "done"


def test_a_tenant_that_changes_all_the_time_does_not_hold_a_run_for_ever(
    sync: Sync, world: World, northwind: int, clock: Clock
) -> None:
    world.add(1)
    run = sync.run(northwind)
    assert run.state == "done"
    for number in range(3):
        world.change_contact(1, Contact("Ada", f"Number{number}", "ada@x.example"))
        world.rename(1, f"Name {number}")
        assert sync.run(northwind).state == "done"
    assert pending_of(northwind)[World.id_of(1)].name == "Name 2"


def test_a_large_marketplace_is_planned_in_batches(sync: Sync, world: World, northwind: int) -> None:
    world.page_size = 1_000
    world.add(*range(1, 2_502))
    sync.request(northwind)
    sync.list_all()
    sync.begin()
    assert len(states_of(northwind)) == 2_501


def test_who_asked_is_on_the_run(sync: Sync, northwind: int) -> None:
    run = sync.request(northwind, BUTTON)
    assert (run.requested_by, run.trigger) == ("Mia Manager", "button")
