"""Decisions on many rows at once: said beforehand, fixed, made one by one, safe to kill and to cancel."""

import pytest
from tests.sync.deciding_stage import ALEX, KIM, Desk
from tests.sync.stage import Clock, Sync, rows
from tests.sync.world import World

from tenantry.core.records import Contact
from tenantry.isolation.scope import marketplace_scope
from tenantry.marketplace.models import Company
from tenantry.sync.connecting import request_connect
from tenantry.sync.deciding.carrying import decide_next, drive_decisions, live_decisions
from tenantry.sync.deciding.many import Wish, start_decisions
from tenantry.sync.deciding.refusals import DecisionRefused
from tenantry.sync.deciding.selecting import BulkAction, Forecast, Selection, forecast
from tenantry.sync.models import Change, Decision, Run
from tenantry.sync.runs.lifecycle import request_cancel
from tenantry.sync.switches import read_company_sync

ALL = Selection()


@pytest.fixture
def desk(northwind: int, sync: Sync, world: World, clock: Clock) -> Desk:
    world.add(1, 2, 3, 4)
    world.add(5, contact=Contact())
    sync.run(northwind)
    desk = Desk(northwind, clock, sync)
    desk.allow_links()
    return desk


def _look(desk: Desk, action: BulkAction, selection: Selection = ALL) -> Forecast:
    with marketplace_scope(desk.marketplace_id):
        return forecast(selection, action, read_company_sync(), now=desk.clock())


def _start(desk: Desk, wish: Wish, selection: Selection = ALL) -> Run:
    seen = _look(desk, wish.action, selection)
    with marketplace_scope(desk.marketplace_id):
        return start_decisions(
            selection=selection, wish=wish, seen_total=seen.total, seen_doable=seen.doable, actor=ALEX, now=desk.clock()
        )


def _drive(desk: Desk, run: Run) -> Run:
    assert drive_decisions(run.pk, marketplace_id=desk.marketplace_id, clock=desk.clock, should_stop=lambda: False)
    with marketplace_scope(desk.marketplace_id):
        return Run.objects.get(pk=run.pk)


def test_creating_many_says_what_it_can_t_beforehand_and_does_the_rest(desk: Desk) -> None:
    desk.company("Customer 1", domains=("customer1.example",))
    desk.match()
    seen = _look(desk, BulkAction.CREATE)
    assert (seen.total, seen.doable) == (5, 3)
    assert sorted(reason.partition(":")[0] for reason in seen.refusals) == [
        "Looks like a company that is here already", "No primary contact with an e-mail address",
    ]  # fmt: skip
    run = _drive(desk, _start(desk, Wish(BulkAction.CREATE)))
    assert (run.state, run.counters["changes_applied"], run.counters["changes"]) == ("done", 3, 3)
    assert [desk.pending(number).state for number in range(1, 6)] == [
        "pending",
        "created",
        "created",
        "created",
        "pending",
    ]
    with marketplace_scope(desk.marketplace_id):
        decision = Decision.objects.latest("pk")
        assert (decision.actor_name, decision.actor_id, decision.run_id) == (ALEX.name, ALEX.id, run.pk)


def test_linking_many_leaves_out_tenants_that_compete_for_a_company(desk: Desk, world: World) -> None:
    number = "HRB 12345"
    world.add(6, 7, 8)
    for tenant in (6, 7, 8):
        world.change(tenant, registration_number=number)
    desk.sync.run(desk.marketplace_id)
    company = desk.company("Alpine", number=number, tenant_ids=(World.id_of(8),))
    alone = desk.company("Customer 4", domains=("customer4.example",))
    desk.match()
    seen = _look(desk, BulkAction.LINK)
    assert (seen.doable, seen.refusals["Other tenants match the same company: decide by hand."]) == (2, 2)
    _drive(desk, _start(desk, Wish(BulkAction.LINK)))
    linked = {(link.company_id, link.tenant_id) for link in desk.links()}
    assert linked == {(company, desk.pending(8).tenant_id), (alone, desk.pending(4).tenant_id)}
    desk.ignore(6)
    desk.match()
    assert "Its match is linked to another tenant already: decide by hand." in _look(desk, BulkAction.LINK).refusals


def test_creating_many_leaves_out_contacts_that_are_not_the_tenant_s_own(desk: Desk, world: World) -> None:
    for tenant in (1, 2):
        world.change_contact(tenant, Contact("Bo", "Books", "bo@books.example"))
    desk.clock.pass_time(hours=26)
    desk.sync.run(desk.marketplace_id)
    with marketplace_scope(desk.marketplace_id):
        waiting = desk.company("Waiting")
        request_connect(company_id=waiting, given=World.id_of(3), actor=KIM, now=desk.clock())
    desk.match()
    seen = _look(desk, BulkAction.CREATE)
    assert dict(seen.refusals) == {
        "Its contact is another tenant's, too: decide by hand.": 2,
        "A company waits to be connected to it: decide by hand.": 1,
        "No primary contact with an e-mail address: add one by hand.": 1,
    }
    run = _drive(desk, _start(desk, Wish(BulkAction.CREATE)))
    assert run.counters["changes_applied"] == 1
    assert desk.create(1).kind == "create", "one by one, a person may"


def test_linking_many_links_each_to_its_one_strong_match(desk: Desk) -> None:
    first = desk.company("Customer 1", domains=("customer1.example",))
    for _ in range(2):
        desk.company("Customer 2", number="HRB 12345", domains=("customer2.example",))
    desk.match()
    run = _drive(desk, _start(desk, Wish(BulkAction.LINK, fill_blanks=True)))
    assert run.counters["changes_applied"] == 1
    assert [(link.company_id, link.tenant_id) for link in desk.links()] == [(first, desk.pending(1).tenant_id)]


def test_a_list_that_changed_since_it_was_looked_at_is_looked_at_again(desk: Desk) -> None:
    seen = _look(desk, BulkAction.IGNORE)
    desk.ignore(1)
    wish = Wish(BulkAction.IGNORE, reason_key="test")
    with marketplace_scope(desk.marketplace_id), pytest.raises(DecisionRefused, match="changed since"):
        start_decisions(
            selection=ALL, wish=wish, seen_total=seen.total, seen_doable=seen.doable, actor=KIM, now=desk.clock()
        )
    with marketplace_scope(desk.marketplace_id):
        assert not Run.objects.filter(kind="decisions").exists()


def test_a_killed_run_goes_on_where_it_was_and_what_was_decided_meanwhile_is_stale(desk: Desk) -> None:
    run = _start(desk, Wish(BulkAction.IGNORE, reason_key="gone"))
    assert decide_next(run.pk, marketplace_id=desk.marketplace_id, clock=desk.clock) == 1
    decided = next(number for number in range(1, 6) if desk.pending(number).state == "pending")
    desk.snooze(decided)
    assert live_decisions(desk.marketplace_id) == [run.pk]
    ended = _drive(desk, run)
    assert (ended.counters["changes_applied"], ended.counters["changes_stale"]) == (4, 1)
    assert live_decisions(desk.marketplace_id) == []
    with marketplace_scope(desk.marketplace_id):
        assert "Kim Manager decided meanwhile" in Change.objects.get(run=run, state="stale").problem
        assert Decision.objects.filter(kind="ignore").count() == 4
    assert _drive(desk, run).counters == ended.counters


def test_a_cancelled_run_decides_no_more(desk: Desk) -> None:
    run = _start(desk, Wish(BulkAction.CREATE))
    decide_next(run.pk, marketplace_id=desk.marketplace_id, clock=desk.clock)
    with marketplace_scope(desk.marketplace_id):
        assert request_cancel(run.pk, actor=KIM, now=desk.clock())
    ended = _drive(desk, run)
    assert (ended.state, ended.counters["changes_applied"], ended.counters["changes_cancelled"]) == ("cancelled", 1, 3)
    with marketplace_scope(desk.marketplace_id):
        assert Company.objects.count() == 1


def test_ticked_rows_of_another_marketplace_are_not_among_the_selected(desk: Desk, owner_url: str) -> None:
    ids = [row[0] for row in rows(owner_url, "select id from sync_pendingcompany order by id limit 2")]
    assert _look(desk, BulkAction.IGNORE, Selection(ids=(*ids, 999_999))).total == 2
