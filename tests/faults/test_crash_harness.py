"""The crash harness at its smallest: `make crash` kills at hundreds of points, here it must only not rot."""

from pathlib import Path

import pytest
from tests.faults.crashing.killing import Victim
from tests.faults.crashing.worlds import Plan, run_world

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240), pytest.mark.xdist_group("whole-installation")]


def test_a_small_world_loses_nothing_when_its_worker_and_its_database_are_killed(
    migrated: Path, emulator_home: Path
) -> None:
    victims = (Victim.WORKER, Victim.DATABASE)
    plan = Plan(3, len(victims), customers=12, people=2, victims=victims, migrated=migrated)
    outcome = run_world(plan, emulator_home=emulator_home)
    assert outcome.problems == []
    assert outcome.counted["tenants"] >= 12
    assert outcome.counted["webhooks"] > 12
