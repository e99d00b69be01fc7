"""What a process read of companies is not read again, until a change was turned into work, by whichever process."""

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from tests.sync.deciding_stage import Desk
from tests.sync.stage import Clock, Sync
from tests.sync.world import World

from tenantry.core.matching import Certainty
from tenantry.isolation.scope import marketplace_scope
from tenantry.sync.matching import finding
from tenantry.sync.matching.epochs import current_epoch
from tenantry.sync.matching.kept import KeptProfiles
from tenantry.sync.matching.refreshing import companies_were_changed, match_next
from tenantry.sync.models import PendingCompany


@pytest.fixture
def desk(northwind: int, sync: Sync, world: World, clock: Clock) -> Desk:
    world.add(1, 2)
    sync.run(northwind)
    return Desk(northwind, clock, sync)


@pytest.fixture
def company_id(desk: Desk) -> int:
    found = desk.company("Customer 1 GmbH", domains=("customer1.example",))
    desk.match()
    return found


def match_anew(desk: Desk) -> int:
    """Match all rows; return how many statements read companies."""
    with marketplace_scope(desk.marketplace_id):
        PendingCompany.objects.update(matched_at=None)
    with CaptureQueriesContext(connection) as asked:
        desk.match()
    return sum("from marketplace_company where" in query["sql"] for query in asked.captured_queries)


def epoch_of(desk: Desk) -> int:
    with marketplace_scope(desk.marketplace_id):
        return current_epoch()


def test_companies_are_read_once_in_an_epoch(desk: Desk, company_id: int) -> None:
    begun = epoch_of(desk)
    match_anew(desk)
    assert match_anew(desk) == 0
    assert epoch_of(desk) == begun
    desk.rename(company_id, "Customer 1 AG")
    assert match_anew(desk) == 1
    assert epoch_of(desk) != begun
    assert match_anew(desk) == 0


def test_a_change_that_another_process_turned_into_work_is_seen(
    desk: Desk, company_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine, others = KeptProfiles(), KeptProfiles()
    monkeypatch.setattr(finding, "_KEPT", mine)
    match_anew(desk)
    assert desk.pending(1).certainty == Certainty.STRONG
    desk.rename(company_id, "Fabrikam Logistics")
    monkeypatch.setattr(finding, "_KEPT", others)
    assert match_next(marketplace_id=desk.marketplace_id, now=desk.clock())  # turns the change into work, no more
    monkeypatch.setattr(finding, "_KEPT", mine)
    desk.match()
    assert desk.pending(1).certainty == Certainty.LIKELY


def test_what_was_read_inside_a_change_that_is_undone_is_read_again(desk: Desk, company_id: int) -> None:
    match_anew(desk)
    with transaction.atomic():
        desk.rename(company_id, "Fabrikam Logistics")
        desk.match()
        assert desk.pending(1).certainty == Certainty.LIKELY
        transaction.set_rollback(True)
    assert match_anew(desk) == 1
    assert desk.pending(1).certainty == Certainty.STRONG


def test_a_change_that_is_not_turned_into_work_yet_follows(desk: Desk, company_id: int) -> None:
    match_anew(desk)
    desk.rename(company_id, "Fabrikam Logistics")
    with marketplace_scope(desk.marketplace_id):
        companies_were_changed([company_id])
    desk.match()
    assert desk.pending(1).certainty == Certainty.LIKELY
