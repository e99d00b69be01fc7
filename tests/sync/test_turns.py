"""A small marketplace does not wait for a large one on the same connection, when its feed names its tenants."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.installed import FAST, connection_to
from tests.sync.stage import Clock, Sync, make_marketplace, never, runs_of, states_of
from tests.sync.world import World

from tenantry.audit.events import SYSTEM
from tenantry.connections.models import Connection
from tenantry.connections.services import save_microsoft_connection
from tenantry.emulator.server import Emulator
from tenantry.sync.driving import drive_details, drive_first_passes, drive_listing
from tenantry.sync.observe.details import count_due, next_due
from tenantry.sync.observe.turns import read_to_the_end, waiting_lists

CUSTOMERS = 100


def ids(*numbers: int) -> list[str]:
    return [World.id_of(number) for number in numbers]


def test_tenants_of_the_shortest_list_come_first_then_whoever_waits_longest(
    connection: Connection, world: World, clock: Clock, sync: Sync, northwind: int
) -> None:
    world.add(*range(1, 31))
    make_marketplace("Many", clock, connection, tenant_ids=ids(20, 21, 22, 29))
    make_marketplace("Few", clock, connection, tenant_ids=ids(29, 30))
    make_marketplace("Off", clock, connection, on=False, tenant_ids=ids(9))
    sync.request(northwind)
    sync.list_all()
    sync.begin()
    assert waiting_lists(connection.pk) == [ids(29, 30), ids(20, 21, 22, 29)]
    due = next_due(connection.pk, limit=8, now=clock())
    assert [each.external_id for each in due] == ids(29, 30, 20, 21, 22, 1, 2, 3)
    behind = next_due(connection.pk, limit=3, now=clock(), without=[each.sighting_id for each in due[:4]])
    assert [each.external_id for each in behind] == ids(22, 1, 2)


def test_a_run_is_read_to_the_end_when_none_of_its_own_is_due(
    connection: Connection, world: World, clock: Clock, sync: Sync, northwind: int
) -> None:
    world.add(*range(1, 31))
    few = make_marketplace("Few", clock, connection, tenant_ids=ids(29, 30, 999))
    sync.request(northwind)
    sync.list_all()
    sync.begin()
    assert read_to_the_end(connection.pk, now=clock()) == set()
    sync.read_details(batch=2, batches=1)
    (run,) = runs_of(few)
    assert read_to_the_end(connection.pk, now=clock()) == {run.pk}
    assert count_due(connection.pk, now=clock()) == 28
    assert set(states_of(few)) == {29, 30}


@pytest.fixture
def emulator(emulator_home: Path) -> Iterator[Emulator]:
    with Emulator(customers=CUSTOMERS, limit=0, home=emulator_home) as running:
        yield running


def test_the_small_run_ends_while_the_large_one_reads_on(database: str, emulator: Emulator, clock: Clock) -> None:
    given = connection_to(emulator)
    assert given.settings["detail_calls_per_minute"] == FAST
    connection = save_microsoft_connection(given, actor=SYSTEM, now=clock())
    large = make_marketplace("Large", clock, connection)
    named = list(emulator.world.tenant_ids())[-5:]
    small = make_marketplace("Small", clock, connection, tenant_ids=named)
    run = Sync(connection, World(), clock).request(large)
    drive_listing(run.observation_id or 0, clock=clock, should_stop=never)
    drive_first_passes(connection.pk, clock=clock, should_stop=never)
    drive_details(connection.pk, clock=clock, should_stop=lambda: runs_of(small)[0].ended_at is not None)
    (ended,), (going_on,) = runs_of(small), runs_of(large)
    assert (ended.state, ended.suspect) == ("done", "")
    assert going_on.state == "details"
    assert count_due(connection.pk, now=clock()) > 0
    drive_details(connection.pk, clock=clock, should_stop=never)
    assert [(each.state, each.suspect) for each in runs_of(large)] == [("done", "")]
