"""The cast of the sync's tests: a clock, an invented partner, one connection, one marketplace, and the driver."""

from datetime import datetime

import pytest
from tests.sync.automatic_stage import Play
from tests.sync.stage import Clock, Sync, make_connection, make_marketplace
from tests.sync.world import World

from tenantry.connections.models import Connection


@pytest.fixture
def clock(now: datetime) -> Clock:
    return Clock(now)


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def connection(database: str, clock: Clock) -> Connection:
    return make_connection("Northwind Partner Center", clock)


@pytest.fixture
def sync(connection: Connection, world: World, clock: Clock) -> Sync:
    return Sync(connection, world, clock)


@pytest.fixture
def northwind(connection: Connection, clock: Clock) -> int:
    """A marketplace that takes everything from the connection, with Company Sync on."""
    return make_marketplace("Northwind", clock, connection)


@pytest.fixture
def play(sync: Sync, world: World, connection: Connection, clock: Clock) -> Play:
    """A marketplace with Company Sync on and one customer before automatic creation is switched on."""
    world.page_size = 5_000
    play = Play(sync, world, make_marketplace("Northwind", clock, connection), clock)
    world.add(1)
    play.run()
    clock.pass_time(hours=1)
    return play
