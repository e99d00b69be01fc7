"""Taking runs back: said beforehand, planned as a run of its own, checked again; what follows the provider stays."""

from uuid import UUID

import pytest
from tests.sync.automatic_stage import CREATING, INVITING, Play
from tests.sync.deciding_stage import KIM, Desk
from tests.sync.stage import Clock, Sync, changes_of, run_of
from tests.sync.test_any_world import check_counters
from tests.sync.undo_stage import check_undone, drive, look, start
from tests.sync.world import World

from tenantry.audit.models import Event
from tenantry.core.planning.linked import FieldRule
from tenantry.core.records import Contact
from tenantry.isolation.scope import marketplace_scope
from tenantry.marketplace.models import Company, CompanyOrigin, Membership, MembershipRole
from tenantry.marketplace.people.services import bring_person, deactivate_membership
from tenantry.sync.deciding.carrying import drive_decisions
from tenantry.sync.deciding.many import Wish, start_decisions
from tenantry.sync.deciding.selecting import BulkAction, Selection, forecast
from tenantry.sync.field_owners import save_rules
from tenantry.sync.holds.queries import digest_of, held_rows
from tenantry.sync.holds.services import Selection as HeldSelection
from tenantry.sync.holds.services import release_rows
from tenantry.sync.models import Change, Decision, Hold, Run
from tenantry.sync.runs.lifecycle import request_cancel
from tenantry.sync.switches import read_company_sync
from tenantry.sync.undoing.carrying import drive_undo, live_undos
from tenantry.sync.undoing.planning import Wanted, start_undo
from tenantry.sync.undoing.ways import UndoRefused


@pytest.fixture
def desk(northwind: int, sync: Sync, world: World, clock: Clock) -> Desk:
    world.add(1, 2, 3, 4)
    sync.run(northwind)
    desk = Desk(northwind, clock, sync)
    desk.allow_links()
    return desk


def _decide(desk: Desk, wish: Wish) -> Run:
    with marketplace_scope(desk.marketplace_id):
        seen = forecast(Selection(), wish.action, read_company_sync(), now=desk.clock())
        run = start_decisions(
            selection=Selection(), wish=wish, seen_total=seen.total, seen_doable=seen.doable, actor=KIM,
            now=desk.clock(),
        )  # fmt: skip
    assert drive_decisions(run.pk, marketplace_id=desk.marketplace_id, clock=desk.clock, should_stop=lambda: False)
    return run


def _states(desk: Desk) -> list[str]:
    return [desk.pending(number).state for number in (1, 2, 3, 4)]


def test_a_run_of_decisions_is_taken_back_but_for_what_somebody_used_since(desk: Desk) -> None:
    run = _decide(desk, Wish(BulkAction.CREATE))
    used = desk.pending(2).company
    assert used is not None
    desk.rename(used.pk, "Renamed")
    with marketplace_scope(desk.marketplace_id):
        later = Decision.objects.get(tenant__external_id=World.id_of(3))
    desk.undo(later.pk)
    desk.ignore(3)
    seen = look(desk.marketplace_id, run.pk, desk.clock)
    assert (seen.total, seen.doable, seen.removes, seen.kinds) == (4, 2, 2, {"decide.create": 2})
    assert seen.refusals == {
        "Renamed has more by now than what Company Sync made: somebody edited it. Disable it instead.": 1,
        "It was taken back already.": 1,
    }
    assert seen.samples[0].effect.does[1] == "The tenant waits for a decision again."
    undo = drive(desk.marketplace_id, start(desk.marketplace_id, run.pk, desk.clock), desk.clock)
    check_undone(desk.marketplace_id, undo.pk)
    assert _states(desk) == ["pending", "created", "ignored", "pending"]
    assert (undo.state, undo.counters["changes_applied"], undo.requested_by) == ("done", 2, "Kim Manager")
    original = run_of(desk.marketplace_id, run.pk)
    assert (original.counters["changes_applied"], original.counters["changes_undone"]) == (1, 3)
    for each in (original, undo):
        check_counters(each)
    with marketplace_scope(desk.marketplace_id):
        assert Event.objects.filter(action="sync.pending.decision_undone", run_id=undo.pk, actor_id=KIM.id).count() == 2
        assert Company.objects.count() == 1
    assert look(desk.marketplace_id, run.pk, desk.clock).doable == 0
    assert look(desk.marketplace_id, undo.pk, desk.clock).refusals == {
        "This took a change back. Make the change anew instead.": 2
    }


def test_a_selection_is_taken_back_and_the_rest_stays(desk: Desk) -> None:
    run = _decide(desk, Wish(BulkAction.IGNORE, reason_key="test"))
    chosen = changes_of(desk.marketplace_id, run.pk)[1]
    drive(desk.marketplace_id, start(desk.marketplace_id, run.pk, desk.clock, [chosen.pk]), desk.clock)
    assert sorted(_states(desk)) == ["ignored", "ignored", "ignored", "pending"]


def test_what_the_queue_took_from_the_provider_is_not_taken_back_and_says_what_to_do_instead(
    desk: Desk, northwind: int
) -> None:
    with marketplace_scope(northwind):
        run = Run.objects.latest("pk")
    seen = look(northwind, run.pk, desk.clock)
    assert (seen.total, seen.doable) == (8, 0)
    (reason,) = seen.refusals
    assert reason.startswith("The queue shows what the provider has: the next sync would do this again.")
    with pytest.raises(UndoRefused, match="None of this can be taken back"):
        start(northwind, run.pk, desk.clock)


def test_what_changed_since_one_looked_or_after_it_was_planned_is_not_taken_back(desk: Desk) -> None:
    run = _decide(desk, Wish(BulkAction.IGNORE, reason_key="test"))
    with marketplace_scope(desk.marketplace_id):
        with pytest.raises(UndoRefused, match="changed since you looked"):
            start_undo(wanted=Wanted(run), seen=UUID(int=0), actor=KIM, now=desk.clock())
        assert not Run.objects.filter(kind="undo").exists()
    undo = start(desk.marketplace_id, run.pk, desk.clock)
    under_way = look(desk.marketplace_id, run.pk, desk.clock)
    assert (under_way.doable, under_way.refusals) == (0, {"It is being taken back right now.": 4})
    desk.reopen(1)
    desk.reopen(2)
    desk.ignore(2)
    undo = drive(desk.marketplace_id, undo, desk.clock)
    assert (undo.counters["changes_applied"], undo.counters["changes_stale"]) == (2, 2)
    assert _states(desk) == ["pending", "ignored", "pending", "pending"]


def test_an_undo_can_be_left_killed_and_cancelled(desk: Desk) -> None:
    run = _decide(desk, Wish(BulkAction.IGNORE, reason_key="test"))
    undo = start(desk.marketplace_id, run.pk, desk.clock)
    once = iter([True])
    assert not drive_undo(undo.pk, marketplace_id=desk.marketplace_id, clock=desk.clock, should_stop=lambda: next(once))
    assert live_undos(desk.marketplace_id) == [undo.pk]
    with marketplace_scope(desk.marketplace_id):
        request_cancel(undo.pk, actor=KIM, now=desk.clock())
    undo = drive(desk.marketplace_id, undo, desk.clock)
    assert (undo.state, undo.counters["changes_applied"], undo.counters["changes_cancelled"]) == ("cancelled", 1, 3)
    assert sorted(_states(desk)) == ["ignored", "ignored", "ignored", "pending"]
    again = drive(desk.marketplace_id, start(desk.marketplace_id, run.pk, desk.clock), desk.clock)
    assert again.counters["changes_applied"] == 3


def test_after_thirty_days_nothing_is_taken_back(desk: Desk, clock: Clock) -> None:
    run = _decide(desk, Wish(BulkAction.IGNORE, reason_key="test"))
    clock.pass_time(days=30, seconds=1)
    assert look(desk.marketplace_id, run.pk, clock).refusals == {
        "A change can be taken back for 30 days. This one is older.": 4
    }


def test_companies_that_a_rule_made_and_a_release_made_go_again_and_both_runs_say_so(play: Play, world: World) -> None:
    pk = play.marketplace_id
    play.save(INVITING)
    world.add(2, 3)
    run = play.run()
    play.release()
    play.work()
    with marketplace_scope(pk):
        release = Run.objects.get(trigger="release")
        assert Company.objects.count() == 2
    first = min(change.pk for change in changes_of(pk, release.pk))
    drive(pk, start(pk, release.pk, play.clock, [first]), play.clock)
    undo = drive(pk, start(pk, run.pk, play.clock), play.clock)
    check_undone(pk, undo.pk)
    with marketplace_scope(pk):
        assert Company.objects.count() == 0
        states = set(
            Change.objects.filter(kind__in=["company.create", "decide.release"]).values_list("state", flat=True)
        )
    assert states == {"undone"}
    for each in (run, release, undo):
        check_counters(run_of(pk, each.pk))
    assert not any(change.kind == "company.create" for change in changes_of(pk, play.later_run().pk))


def test_removing_many_companies_asks_for_the_number(play: Play, world: World) -> None:
    pk = play.marketplace_id
    play.save(CREATING)
    world.add(*range(2, 30))
    run = play.run()
    play.release()
    play.work()
    assert look(pk, run.pk, play.clock).removes == 28
    with pytest.raises(UndoRefused, match="Type that number"):
        start(pk, run.pk, play.clock, typed=27)
    undo = drive(pk, start(pk, run.pk, play.clock, typed=28), play.clock)
    assert (undo.state, undo.counters["changes_held"], undo.counters.get("changes_applied", 0)) == ("done", 28, 0)
    assert look(pk, run.pk, play.clock).doable == 0, "what is held can't be asked for twice"
    with marketplace_scope(pk):
        hold = Hold.objects.get(kind="undos")
        assert (hold.brake, hold.reason) == (
            "undone_creations", "Taking back would remove 28 companies. The limit is 25.",
        )  # fmt: skip
        rows = held_rows(hold)
        assert Company.objects.count() == 28
        chosen = HeldSelection({}, everything=digest_of(rows))
        release_rows(hold_id=hold.pk, selection=chosen, actor=KIM, now=play.clock())
    play.work()
    with marketplace_scope(pk):
        assert Company.objects.count() == 0
    for each in (run, undo):
        check_counters(run_of(pk, each.pk))


def test_values_that_a_company_got_go_back_and_are_not_taken_again_until_the_provider_says_something_else(
    desk: Desk, world: World, clock: Clock
) -> None:
    pk = desk.marketplace_id
    company_id = desk.company("Our name", country="")
    desk.link(1, company_id)
    with marketplace_scope(pk):
        save_rules(rules={"name": FieldRule.PROVIDER}, actor=KIM, now=clock())
    run = desk.sync.run(pk)
    with marketplace_scope(pk):
        Company.objects.filter(pk=company_id).update(contact_phone="+43 1")
        Company.objects.filter(pk=company_id).update(contact_email="kim@ours.example")
    (judged,) = look(pk, run.pk, clock).samples
    assert judged.effect.stays == ["Changed since, and stays: contact's e-mail."]
    undo = drive(pk, start(pk, run.pk, clock), clock)
    check_undone(pk, undo.pk)
    with marketplace_scope(pk):
        company = Company.objects.get(pk=company_id)
        assert (company.name, company.sort_name, company.country) == ("Our name", "our name", "")
        assert (company.contact_email, company.address) == ("kim@ours.example", None)
        event = Event.objects.get(action="sync.company_update.taken_back")
        assert "Ada" not in str((event.before, event.after))
    clock.pass_time(hours=27)
    again = desk.sync.run(pk)
    assert not any(change.kind == "company.update" for change in changes_of(pk, again.pk))
    world.change_contact(1, Contact("Bo", "Berg", "bo@customer1.example"))
    clock.pass_time(hours=27)
    (change,) = [one for one in changes_of(pk, desk.sync.run(pk).pk) if one.kind == "company.update"]
    assert change.after == {"contact_name": "Bo Berg"}


def test_a_company_that_only_followed_its_tenant_can_still_be_un_created(
    desk: Desk, world: World, clock: Clock
) -> None:
    decided = desk.create(1)
    with marketplace_scope(desk.marketplace_id):
        save_rules(rules={"name": FieldRule.PROVIDER}, actor=KIM, now=clock())
    world.rename(1, "Renamed by themselves")
    desk.sync.run(desk.marketplace_id)
    with marketplace_scope(desk.marketplace_id):
        assert Company.objects.get().version == 1
    desk.undo(decided.decision_id)
    with marketplace_scope(desk.marketplace_id):
        assert not Company.objects.exists()


def test_a_place_that_user_sync_deactivated_is_given_back(desk: Desk) -> None:
    pk, company_id = desk.marketplace_id, desk.company("Contoso")
    with marketplace_scope(pk):
        brought = bring_person(
            company_id=company_id, email="eva@contoso.example", first_name="Eva", last_name="", phone="", language="",
            role=MembershipRole.USER, origin=CompanyOrigin.SYNC, actor=KIM, now=desk.clock(),
        )  # fmt: skip
        deactivate_membership(membership_id=brought.membership_id, actor=KIM, now=desk.clock())
        run = Run.objects.latest("pk")
        change = Change.objects.create(
            marketplace_id=pk, run=run, tenant_id=desk.pending(1).tenant_id, kind="user.deactivate", person_id=7,
            subject_kind="person", subject="p-7", subject_name="Eva", reason="Left.", state="applied",
            details={"membership": brought.membership_id}, created_at=desk.clock(), settled_at=desk.clock(),
        )  # fmt: skip
    undo = drive(pk, start(pk, run.pk, desk.clock, [change.pk]), desk.clock)
    assert undo.counters["changes_applied"] == 1
    with marketplace_scope(pk):
        assert Membership.objects.get(pk=brought.membership_id).state != "inactive"
        assert Change.objects.get(pk=change.pk).state == "undone"
        assert Change.objects.get(run=undo).person_id == 7
    assert look(pk, run.pk, desk.clock, [change.pk]).refusals == {"It was taken back already.": 1}
