"""A change on either side is matched by a running worker within a minute, and nothing else is matched with it."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.processes import working
from tests.sync.deciding_stage import KIM, Desk
from tests.sync.stage import Clock, Sync
from tests.sync.world import World

from tenantry.core.matching import Certainty
from tenantry.isolation.scope import marketplace_scope
from tenantry.marketplace.companies.services import add_domain
from tenantry.sync.models import PendingCompany

ROWS = 60
_READY = 60.0  # seconds, for the worker to come up on a busy machine
_A_MINUTE = 60.0


@pytest.fixture
def desk(northwind: int, sync: Sync, world: World, clock: Clock) -> Desk:
    world.add(*range(1, ROWS + 1))
    world.rename(7, "Fabrikam")
    world.rename(9, "Litware")
    sync.run(northwind)
    desk = Desk(northwind, clock, sync)
    desk.match()
    return desk


def seconds_until(condition: Callable[[], bool], most: float = _A_MINUTE) -> float:
    begun = time.monotonic()
    while not condition():
        assert time.monotonic() - begun < most, "it did not happen in time"
        time.sleep(0.05)
    return time.monotonic() - begun


def test_a_running_worker_matches_what_changed_on_either_side_and_nothing_else(
    desk: Desk, world: World, sync: Sync, tmp_path: Path
) -> None:
    """The tenants are called alike, but for the two that change: a word in common would match them all anew.

    No worker runs while the test plays a sync: its sweeps would take that up, and know nothing of the test's provider.
    """

    def matched() -> dict[int, object]:
        with marketplace_scope(desk.marketplace_id):
            return dict(PendingCompany.objects.values_list("pk", "matched_at"))

    def of(number: int) -> tuple[int, int]:
        pending = desk.pending(number)
        return pending.certainty, pending.match_count

    before = matched()
    assert None not in before.values()
    with working(tmp_path / "first.log"):
        company_id = desk.company("Fabrikam GmbH")
        seconds_until(lambda: of(7)[1] == 1, _READY)
        assert of(7)[0] < Certainty.STRONG
        with marketplace_scope(desk.marketplace_id):
            add_domain(company_id=company_id, domain="customer7.example", actor=KIM, now=desk.clock())
        seconds_until(lambda: of(7) == (Certainty.STRONG, 1))
        desk.rename(company_id, "Northwind Traders")
        seconds_until(lambda: of(7) == (Certainty.LIKELY, 1))
        assert of(9) == (Certainty.NONE, 0)
    world.rename(9, "Northwind Traders Limited")
    sync.run(desk.marketplace_id)
    with working(tmp_path / "second.log"):
        seconds_until(lambda: of(9)[1] == 1, _READY)
    after = matched()
    assert {pk for pk in before if before[pk] != after[pk]} == {desk.pending(number).pk for number in (7, 9)}
