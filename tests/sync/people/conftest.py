"""The cast of User Sync: an emulator of six small companies for the module, and a marketplace for each test."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from tests.connections.directory_stage import close_kept
from tests.sync.people.stage import PeopleStage, make_stage

from tenantry.emulator.server import Emulator


@pytest.fixture
def emulator(emulator_home: Path) -> Iterator[Emulator]:
    with Emulator(
        customers=8, google_customers=8, limit=0, google_quota=0, people=6, seed=5, home=emulator_home
    ) as running:
        yield running


@pytest.fixture
def stage(database: str, emulator: Emulator, now: datetime) -> Iterator[PeopleStage]:
    yield make_stage(emulator, now)
    close_kept()
    assert not emulator.counters.unknown
    assert emulator.counters.crashes == 0
