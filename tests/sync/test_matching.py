"""Which companies are proposed for a tenant, and that this follows both sides."""

import pytest
from tests.sync.deciding_stage import Desk
from tests.sync.stage import Clock, Sync
from tests.sync.world import World

from tenantry.core.matching import Certainty
from tenantry.isolation.scope import marketplace_scope
from tenantry.sync.matching.refreshing import match_next
from tenantry.sync.models import Match, StaleMatching


@pytest.fixture
def desk(northwind: int, sync: Sync, world: World, clock: Clock) -> Desk:
    world.add(1, 2)
    sync.run(northwind)
    return Desk(northwind, clock, sync)


def test_matches_follow_both_sides(desk: Desk, world: World, sync: Sync) -> None:
    company_id = desk.company("Customer 1 GmbH", country="DE", domains=("customer1.example",))
    desk.match()
    pending = desk.pending(1)
    assert (pending.certainty, pending.match_count) == (Certainty.STRONG, 1)
    with marketplace_scope(desk.marketplace_id):
        match = Match.objects.get()
        assert {each["code"] for each in match.evidence} >= {"domain_equal", "name_equal", "country_equal"}
    desk.rename(company_id, "Something Else")
    desk.match()
    assert desk.pending(1).certainty == Certainty.LIKELY
    world.change(1, domains=("elsewhere.example",))
    world.rename(1, "Something Else Ltd")
    desk.clock.now = desk.clock.now.replace(day=5)
    sync.run(desk.marketplace_id)
    desk.match()
    pending = desk.pending(1)
    assert (pending.certainty, pending.match_count) == (Certainty.LIKELY, 1)
    with marketplace_scope(desk.marketplace_id):
        assert not StaleMatching.objects.exists()


def test_a_rejected_match_is_not_proposed_again_until_that_is_taken_back(desk: Desk) -> None:
    company_id = desk.company("Customer 1", domains=("customer1.example",))
    desk.match()
    rejected = desk.reject(1, company_id)
    assert desk.pending(1).match_count == 0
    desk.match()
    desk.rename(company_id, "Customer 1 AG")
    desk.match()
    assert desk.pending(1).match_count == 0
    desk.undo(rejected.decision_id)
    desk.match()
    assert (desk.pending(1).match_count, desk.pending(1).state) == (1, "pending")


def test_a_known_tenant_id_is_certain_and_a_decided_row_keeps_no_matches(desk: Desk) -> None:
    desk.allow_links()
    company_id = desk.company("Nobody Knows", tenant_ids=(World.id_of(2),))
    desk.match()
    assert desk.pending(2).certainty == Certainty.CERTAIN
    desk.link(2, company_id)
    desk.match()
    assert desk.pending(2).match_count == 0
    assert match_next(marketplace_id=desk.marketplace_id, now=desk.clock()) == 0
