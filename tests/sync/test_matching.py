"""Which companies are proposed for a tenant, and that this follows both sides."""

import time

import pytest
from tests.hostile import HOSTILE
from tests.sync.deciding_stage import Desk
from tests.sync.stage import Clock, Sync
from tests.sync.world import World

from tenantry.core.drafts import CompanyDraft, DomainDraft
from tenantry.core.matching import Certainty
from tenantry.core.matching.keys import LONGEST_KEY
from tenantry.isolation.scope import marketplace_scope
from tenantry.marketplace.companies.writing import insert_companies
from tenantry.marketplace.models import Company, CompanyMatchKey, CompanyOrigin
from tenantry.sync.matching.finding import MOST_SHARING, sharing
from tenantry.sync.matching.keys import forget_company_match_keys
from tenantry.sync.matching.rebuilding import start_rebuild
from tenantry.sync.matching.refreshing import (
    companies_were_changed,
    match_all,
    match_next,
    match_rows,
    wants_matching,
)
from tenantry.sync.models import KeyRebuild, Match, PendingMatchKey, StaleMatching
from tenantry.sync.pending.lookalikes import companies_like, tenants_like


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


def test_hostile_names_match_nobody_and_take_no_time_on_either_side(desk: Desk, world: World, sync: Sync) -> None:
    with marketplace_scope(desk.marketplace_id):
        rows = [CompanyDraft(name[:300] or "-") for name in HOSTILE]
        ids = insert_companies(rows, origin=CompanyOrigin.IMPORT, now=desk.clock())
        companies_were_changed(ids)
    world.add(*range(10, 10 + len(HOSTILE)))
    for number, name in enumerate(HOSTILE, start=10):
        world.rename(number, name)
    sync.run(desk.marketplace_id)
    started = time.process_time()
    desk.match()
    assert time.process_time() - started < 2
    with marketplace_scope(desk.marketplace_id):
        said = {
            match.pending.name for match in Match.objects.select_related("pending") if len(match.pending.name) < 200
        }
        keys = CompanyMatchKey.objects.filter(company_id__in=ids)
        assert max(len(key) for key in keys.values_list("key", flat=True)) <= LONGEST_KEY
        assert PendingMatchKey.objects.filter(pending__tenant__external_id=World.id_of(12)).count() < 10
    assert said <= {"\u202eevil\u202c", "'; drop table--"}  # names like any other, and there is a company of that name


def test_what_too_many_companies_share_finds_none_and_costs_little(desk: Desk) -> None:
    with marketplace_scope(desk.marketplace_id):
        names = [f"Common Trading {number}" for number in range(MOST_SHARING + 30)]
        ids = insert_companies([CompanyDraft(name) for name in names], origin=CompanyOrigin.IMPORT, now=desk.clock())
        companies_were_changed(ids)
        assert sharing({"wcommon", "wtrading"}) == {}
        assert len(sharing({"ncommontrading7"})["ncommontrading7"]) == 1


def test_a_domain_that_another_company_gives_up_is_again_one_company_s_own(desk: Desk) -> None:
    first = desk.company("Customer 1", domains=("customer1.example",))
    second = desk.company("Elsewhere", domains=("customer1.example",))
    desk.match()
    assert desk.pending(1).certainty == Certainty.LIKELY
    with marketplace_scope(desk.marketplace_id):
        before = CompanyMatchKey.objects.filter(company_id=first).count()
        forget_company_match_keys([second])
        Company.objects.get(pk=second).delete()
        assert not CompanyMatchKey.objects.filter(company_id=second).exists()
        assert CompanyMatchKey.objects.filter(company_id=first).count() == before
    desk.match()
    assert (desk.pending(1).certainty, desk.pending(1).match_count) == (Certainty.STRONG, 1)


def test_of_deleted_twins_nothing_is_proposed_and_the_one_that_stays_has_the_whole_score(desk: Desk) -> None:
    twins = [desk.company("Customer 1 GmbH") for _ in range(3)]
    desk.match()
    with marketplace_scope(desk.marketplace_id):
        (shared,) = set(Match.objects.values_list("score", flat=True))
        assert Match.objects.count() == 3
    for gone in twins[1:]:
        with marketplace_scope(desk.marketplace_id):
            forget_company_match_keys([gone])
            Company.objects.get(pk=gone).delete()
    desk.match()
    with marketplace_scope(desk.marketplace_id):
        left = Match.objects.get()
        assert (left.company_id, left.certainty) == (twins[0], Certainty.LIKELY)
        assert left.score > 2 * shared
        forget_company_match_keys(twins[:1])
        Company.objects.get(pk=twins[0]).delete()
    desk.match()
    assert (desk.pending(1).certainty, desk.pending(1).match_count) == (Certainty.NONE, 0)


def test_keys_are_rebuilt_in_steps_that_may_be_stopped(desk: Desk) -> None:
    company_id = desk.company("Customer 1 GmbH", domains=("customer1.example",))
    desk.match()
    with marketplace_scope(desk.marketplace_id):
        right = set(CompanyMatchKey.objects.values_list("key", flat=True))
        CompanyMatchKey.objects.all().delete()
        PendingMatchKey.objects.all().delete()
        CompanyMatchKey.objects.create(company_id=company_id, key="nwrong", marketplace_id=desk.marketplace_id)
        start_rebuild()
        pending_id = desk.pending(1).pk
        assert match_rows([pending_id], now=desk.clock()) == 0  # nothing is matched by half of the keys
    assert wants_matching(desk.marketplace_id)
    assert not match_all(marketplace_id=desk.marketplace_id, clock=desk.clock, should_stop=lambda: True)
    assert desk.pending(1).matched_at is None
    desk.match()
    with marketplace_scope(desk.marketplace_id):
        assert set(CompanyMatchKey.objects.values_list("key", flat=True)) == right
        assert PendingMatchKey.objects.filter(pending_id=pending_id, key="dcustomer1.example").exists()
        assert not KeyRebuild.objects.exists()
    assert desk.pending(1).certainty == Certainty.STRONG


def test_names_that_differ_in_a_letter_or_in_order_are_found(desk: Desk, world: World, sync: Sync) -> None:
    for number, name in ((30, "Zhuzou Times Electric"), (31, "Ski House Alpine AG"), (32, "Яндекс Технологии")):
        world.add(number)
        world.rename(number, name)
    sync.run(desk.marketplace_id)
    for name in ("Zhuzhou Times Electric", "Alpine Ski House", "Yandeks Tekhnologii"):
        desk.company(name)
    desk.match()
    assert [desk.pending(number).match_count for number in (30, 31, 32)] == [1, 1, 1]


def test_who_creates_a_company_by_hand_is_shown_what_looks_like_it(desk: Desk) -> None:
    company_id = desk.company("Alpine Ski House GmbH")
    draft = CompanyDraft("Alpine Skihouse", "DE", domains=(DomainDraft("customer1.example"),))
    with marketplace_scope(desk.marketplace_id):
        assert [company.pk for company in companies_like(draft)] == [company_id]
        assert [pending.pk for pending in tenants_like(draft)] == [desk.pending(1).pk]
        for name in HOSTILE:
            assert not companies_like(CompanyDraft(name))
            assert not tenants_like(CompanyDraft(name))
