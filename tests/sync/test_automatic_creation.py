"""Automatic creation with its brakes: what a rule makes, what it leaves alone, and what a person lets go."""

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.sync.automatic_stage import CREATING, INVITING, Play
from tests.sync.stage import MANAGER, PREVIEW, Clock, changes_of, execute, never, pending_of, run_of
from tests.sync.test_any_world import check_counters
from tests.sync.world import World

from tenantry.accounts.services import create_account
from tenantry.core.company_settings import CompanySettings
from tenantry.core.drafts import CompanyDraft, DomainDraft
from tenantry.core.permissions import Role
from tenantry.core.records import Contact
from tenantry.isolation.scope import marketplace_scope
from tenantry.marketplace.companies.services import create_company
from tenantry.marketplace.models import Company, CompanyOrigin, Membership, MembershipRole
from tenantry.marketplace.services import give_role
from tenantry.sync.holds.services import ContentChanged, HoldRefused
from tenantry.sync.matching.refreshing import match_all
from tenantry.sync.models import ChangeState, ConnectRequest, Decision, HoldState, PendingCompany, Run
from tenantry.sync.runs.lifecycle import request_cancel
from tenantry.sync.switches import read_limits

ON = CompanySettings(company_sync=True, sales_support=True, customer_support=True)


def begin(play: Play, *first: int) -> None:
    """Switch automatic creation on, and let its first, always held, companies be made: these customers."""
    play.save(CREATING)
    play.world.add(*first)
    play.run()
    play.release()
    play.work()
    play.clock.pass_time(hours=1)


def test_what_waited_before_is_not_created_when_automatic_creation_is_switched_on(play: Play) -> None:
    play.save(CREATING)
    play.later_run()
    play.later_run()
    assert play.companies() == 0
    assert play.pending(1).state == "pending"


def test_after_the_first_ones_up_to_25_a_run_are_created_at_once(play: Play) -> None:
    begin(play, 2)
    assert play.companies() == 1
    play.world.add(*range(100, 125))
    run = play.run()
    assert play.companies() == 26
    assert set(play.change_states(run)) == {"applied"}
    play.clock.pass_time(hours=1)
    play.world.add(*range(200, 226))
    run = play.run()
    assert play.companies() == 26
    assert play.change_states(run) == ["held"] * 26
    assert "26 companies. The limit is 25." in play.hold().reason
    check_counters(run)


def test_a_created_company_has_the_contact_as_administrator_and_its_rule_on_record(play: Play) -> None:
    begin(play, 2)
    with marketplace_scope(play.marketplace_id):
        membership = Membership.objects.select_related("user", "company").get()
        decision = Decision.objects.get()
    assert (membership.user.email, membership.role) == ("ada2@customer2.example", MembershipRole.ADMINISTRATOR)
    assert (decision.actor_name, decision.actor_id) == ("Automatic creation", None)
    assert play.pending(2).state == "created"


def test_only_while_administrators_are_invited_is_anybody_invited(play: Play) -> None:
    begin(play, 2)
    assert play.invitations() == 0
    play.save(INVITING)
    play.world.add(3)
    play.run()
    assert (play.companies(), play.invitations()) == (2, 1)


def test_what_was_released_to_be_invited_asks_again_when_nobody_is_invited_any_more(play: Play) -> None:
    play.save(INVITING)
    play.world.add(2)
    play.run()
    play.release()
    play.save(CREATING)
    play.work()
    assert (play.companies(), play.invitations()) == (0, 0)
    assert "asks again" in play.held()[0].change.problem


def test_each_exception_keeps_the_tenant_pending_with_its_reason(play: Play, clock: Clock) -> None:
    begin(play, 2)
    account = create_account(
        email="kim@northwind.example", name="Kim", password="correct-horse-battery", is_operator=False, now=clock()
    )
    with marketplace_scope(play.marketplace_id):
        give_role(account_id=account.pk, account_name="Kim", role=Role.MANAGER, actor=MANAGER, now=clock())
        Company.objects.filter(name="Customer 2 Ltd").update(registration_number="")
        ConnectRequest.objects.create(
            marketplace_id=play.marketplace_id, company=Company.objects.get(), domain="customer11.example",
            requested_by_name="Mia", created_at=clock(),
        )  # fmt: skip
    play.world.add(11, 12, 13, 14, 15, 16)
    play.world.change_contact(12, Contact("Bo", "Books", "bo@books.example"))
    play.world.change_contact(13, Contact("Bo", "Books", "Bo@Books.example"))
    play.world.change_contact(14, Contact("Kim", "", "billing@northwind.example"))
    play.world.change_contact(15, Contact())
    play.run()
    assert {number: play.pending(number).automatic_problems for number in range(11, 17)} == {
        11: ["reserved"], 12: ["contact_shared"], 13: ["contact_shared"], 14: ["contact_of_staff"],
        15: ["has_problem"], 16: [],
    }  # fmt: skip
    states = [play.pending(number).state for number in range(11, 17)]
    assert states == ["pending"] * 5 + ["created"]


def test_a_tenant_that_strongly_resembles_a_company_is_left_to_a_person(play: Play, clock: Clock) -> None:
    begin(play, 2)
    with marketplace_scope(play.marketplace_id):
        draft = CompanyDraft("Customer 30 Ltd", country="DE", domains=(DomainDraft("customer30.example"),))
        create_company(draft=draft, origin=CompanyOrigin.BY_HAND, actor=MANAGER, now=clock())
    play.world.add(30)
    play.run()
    row = play.pending(30)
    assert (row.state, row.automatic_problems) == ("pending", ["looks_like_company"])
    play.save(ON)
    assert play.pending(30).automatic_problems == []
    assert play.companies() == 2


def test_a_problem_that_is_mended_lets_the_next_run_create_it(play: Play) -> None:
    begin(play, 2)
    play.world.add(3, contact=Contact())
    play.run()
    assert play.pending(3).automatic_problems == ["has_problem"]
    play.world.change_contact(3, Contact("Cy", "Cord", "cy@cord.example"))
    play.later_run()
    row = play.pending(3)
    assert (row.state, row.automatic_problems) == ("created", [])


def test_what_a_person_rejected_waits_and_no_rule_touches_it_again(play: Play) -> None:
    play.save(CREATING)
    play.world.add(2, 3)
    run = play.run()
    held = play.held()
    assert play.reject(held[:1]) == 1
    assert play.hold().state == HoldState.OPEN
    play.reject(held[1:])
    assert play.hold().state == HoldState.REJECTED
    assert play.change_states(run) == ["rejected", "rejected"]
    play.later_run()
    assert play.companies() == 0
    row = play.pending(2)
    assert (row.state, row.by_hand, row.automatic_problems) == ("pending", True, ["decided_by_hand"])
    check_counters(run_of(play.marketplace_id, run.pk))


def test_a_row_that_changed_after_it_was_shown_is_not_released_and_nothing_else_with_it(play: Play) -> None:
    play.save(CREATING)
    play.world.add(2, 3)
    play.run()
    seen = play.held()
    play.world.rename(3, "Quite Another Ltd")
    play.later_run()
    with pytest.raises(ContentChanged) as refused:
        play.release(seen)
    assert refused.value.change_ids == [seen[1].change.pk]
    assert play.changes(ChangeState.APPROVED) == []
    play.release(play.held())
    play.work()
    assert play.companies() == 2


def test_a_row_that_changed_after_it_was_released_asks_again(play: Play) -> None:
    play.save(CREATING)
    play.world.add(2, 3)
    play.run()
    play.release()
    play.world.change_contact(3, Contact("Eve", "Else", "eve@else.example"))
    play.later_run()
    play.work()
    assert play.companies() == 1
    (row,) = play.held()
    assert "asks again" in row.change.problem
    assert play.hold().state == HoldState.OPEN
    play.release()
    play.work()
    assert play.companies() == 2
    assert play.hold().state == HoldState.RELEASED


def test_an_approval_ends_after_seven_days(play: Play, clock: Clock) -> None:
    play.save(CREATING)
    play.world.add(2)
    play.run()
    play.release()
    clock.pass_time(days=7)
    play.work()
    assert play.companies() == 0
    (row,) = play.held()
    assert "more than seven days ago" in row.change.problem


def test_releasing_twice_or_by_two_people_makes_nothing_twice(play: Play) -> None:
    play.save(CREATING)
    play.world.add(2)
    play.run()
    seen = play.held()
    play.release(seen)
    with pytest.raises(ContentChanged):
        play.release(seen)
    play.work()
    play.work()
    assert play.companies() == 1


def test_above_the_limit_of_invitations_the_number_must_be_typed(play: Play) -> None:
    play.save(INVITING)
    with marketplace_scope(play.marketplace_id):
        assert read_limits().invitations_ask_above == 200
    play.world.add(*range(1_000, 1_201))
    play.run()
    for typed in (None, 200, 2_010):
        with pytest.raises(HoldRefused, match="This invites 201 people"):
            play.release(typed=typed)
    assert play.release(typed=201) == 201


def test_nobody_releases_nothing(play: Play) -> None:
    play.save(CREATING)
    play.world.add(2)
    play.run()
    with pytest.raises(HoldRefused, match="No row was selected"):
        play.release([])


def test_switching_automatic_creation_off_gives_what_is_held_back_and_on_again_holds_only_what_is_new(
    play: Play,
) -> None:
    play.save(CREATING)
    play.world.add(2, 3)
    run = play.run()
    play.release(play.held()[:1])
    assert play.save(ON).given_back == 2
    play.work()
    assert play.companies() == 0
    assert play.change_states(run) == ["cancelled", "cancelled"]
    assert (play.pending(2).state, play.pending(2).by_hand) == ("pending", False)
    assert play.hold().state == HoldState.OVER
    with pytest.raises(HoldRefused, match="not created automatically now"):
        play.release()
    play.save(CREATING)
    play.world.add(4)
    play.later_run()
    assert [row.change.subject for row in play.held()] == [World.id_of(4)]


def test_switching_company_sync_off_and_on_holds_again_what_was_held(play: Play) -> None:
    play.save(CREATING)
    play.world.add(2)
    play.run()
    assert play.save(replace(CREATING, company_sync=False)).given_back == 1
    play.save(CREATING)
    play.later_run()
    assert play.pending(2).state in {"created", "held"}


def test_what_was_decided_or_left_while_it_was_held_leaves_the_hold(play: Play) -> None:
    play.save(CREATING)
    play.world.add(2, 3)
    run = play.run()
    seen = play.held()
    with marketplace_scope(play.marketplace_id):
        PendingCompany.objects.filter(pk=play.pending(2).pk).update(state="ignored")
    assert len(play.held()) == 1
    with pytest.raises(ContentChanged):
        play.release(seen)
    play.later_run()
    assert play.change_states(run) == ["stale", "held"]


def release_two_of_which_one_fails(play: Play, owner_url: str) -> None:
    play.save(CREATING)
    play.world.add(2, 3)
    play.run()
    execute(owner_url, "alter table sync_decision add constraint broken check (company_name <> 'Customer 2 Ltd')")
    play.release()
    play.work()


def test_what_fails_is_tried_again_later_and_its_reason_is_told(play: Play, clock: Clock, owner_url: str) -> None:
    release_two_of_which_one_fails(play, owner_url)
    assert play.companies() == 1
    (failed,) = play.changes(ChangeState.FAILED)
    assert failed.problem == "An error in Tenantry itself stopped this (IntegrityError)."
    assert failed.next_attempt_at == clock() + timedelta(minutes=15)
    clock.pass_time(minutes=14)
    play.work()
    assert play.changes(ChangeState.FAILED)[0].attempts == 1
    clock.pass_time(minutes=1)
    play.work()
    (failed,) = play.changes(ChangeState.FAILED)
    assert (failed.attempts, failed.next_attempt_at) == (2, clock() + timedelta(hours=1))
    execute(owner_url, "alter table sync_decision drop constraint broken")
    clock.pass_time(hours=1)
    play.work()
    assert play.companies() == 2
    assert play.hold().state == HoldState.RELEASED


def test_a_preview_plans_what_would_be_created_and_creates_nothing(play: Play, clock: Clock) -> None:
    play.world.add(2)
    play.run()
    play.save(CREATING)
    with marketplace_scope(play.marketplace_id):
        PendingCompany.objects.update(first_seen_at=clock())
    match_all(marketplace_id=play.marketplace_id, clock=clock, should_stop=never)
    clock.pass_time(hours=1)
    preview = play.sync.run(play.marketplace_id, PREVIEW)
    assert play.change_states(preview) == ["planned", "planned"]
    assert play.companies() == 0
    assert play.pending(2).state == "pending"
    run = play.later_run()
    assert play.change_states(run) == ["held", "held"]


def release_runs(play: Play) -> list[Run]:
    with marketplace_scope(play.marketplace_id):
        return list(Run.objects.filter(trigger="release").order_by("pk"))


def test_each_release_is_a_run_of_its_own_whose_counters_add_up(play: Play) -> None:
    play.save(CREATING)
    play.world.add(2, 3, 4, 5)
    listed = play.run()
    play.release(play.held()[:3])
    (run,) = release_runs(play)
    assert (run.state, run.requested_by, run.counters["decisions"]) == ("waiting", MANAGER.name, 3)
    play.world.change_contact(3, Contact("Eve", "Else", "eve@else.example"))
    play.world.leave(4)
    play.world.hide(4)
    play.later_run()
    play.work()
    (run,) = release_runs(play)
    gone = sum(play.pending(number).state != "created" for number in (2, 3, 4))
    assert (run.state, run.counters["changes"], run.counters["changes_applied"]) == ("done", 3, 3 - gone)
    assert run.counters["changes_stale"] == gone
    check_counters(run)
    check_counters(run_of(play.marketplace_id, listed.pk))
    with marketplace_scope(play.marketplace_id):
        assert set(Decision.objects.values_list("run_id", flat=True)) == {run.pk}
    play.release()
    play.work()
    first, second = release_runs(play)
    assert first.counters == run.counters, "what a release did stays what it did"
    assert second.state == "done"
    assert second.counters["changes_applied"] == second.counters["decisions"]
    assert play.change_states(second) == []
    assert play.companies() == first.counters["changes_applied"] + second.counters["changes_applied"]


def test_a_release_that_is_cancelled_holds_again_what_it_did_not_make(play: Play) -> None:
    play.save(CREATING)
    play.world.add(2, 3)
    play.run()
    play.release()
    (run,) = release_runs(play)
    with marketplace_scope(play.marketplace_id):
        assert request_cancel(run.pk, actor=MANAGER, now=play.clock())
    play.work()
    (run,) = release_runs(play)
    assert (run.state, run.counters["changes_cancelled"], play.companies()) == ("cancelled", 2, 0)
    check_counters(run)
    assert play.hold().state == HoldState.OPEN
    assert len(play.held()) == 2
    play.release()
    play.work()
    assert play.companies() == 2


def test_what_fails_of_a_release_is_counted_again_when_it_is_made(play: Play, clock: Clock, owner_url: str) -> None:
    release_two_of_which_one_fails(play, owner_url)
    (run,) = release_runs(play)
    assert (run.state, run.counters["changes_applied"], run.counters["changes_failed"]) == ("done", 1, 1)
    execute(owner_url, "alter table sync_decision drop constraint broken")
    clock.pass_time(minutes=15)
    play.work()
    (run,) = release_runs(play)
    assert (run.counters["changes_applied"], run.counters.get("changes_failed", 0)) == (2, 0)
    check_counters(run)


def test_switching_automatic_creation_off_ends_a_release_that_goes_on(play: Play) -> None:
    play.save(CREATING)
    play.world.add(2, 3)
    play.run()
    play.release()
    play.save(ON)
    (run,) = release_runs(play)
    assert (run.state, run.counters["changes_cancelled"]) == ("done", 2)
    check_counters(run)


def test_a_preview_plans_the_creation_of_what_would_only_come_in_with_it(play: Play, clock: Clock) -> None:
    begin(play, 2)
    play.world.add(5, 6, contact=Contact("Bo", "Books", "bo@books.example"))
    play.run()
    play.world.add(10, 11, 12, 13, 14, 15)
    play.world.change_contact(11, Contact())
    play.world.change_contact(12, Contact("Bo", "Both", "bo@both.example"))
    play.world.change_contact(13, Contact("Bo", "Both", "bo@both.example"))
    play.world.change_contact(5, Contact("Eve", "Own", "eve@own.example"))
    with marketplace_scope(play.marketplace_id):
        draft = CompanyDraft("Customer 14 Ltd", country="DE", domains=(DomainDraft("customer14.example"),))
        create_company(draft=draft, origin=CompanyOrigin.BY_HAND, actor=MANAGER, now=clock())
    clock.pass_time(hours=26)
    before = (play.companies(), play.pending(5).contact_email, play.pending(5).version)
    preview = play.sync.run(play.marketplace_id, PREVIEW)
    created = [each.subject for each in changes_of(play.marketplace_id, preview.pk) if each.kind == "company.create"]
    assert created == [World.id_of(number) for number in (5, 6, 10, 15)]
    assert set(play.change_states(preview)) == {"planned"}
    check_counters(preview)
    assert (play.companies(), play.pending(5).contact_email, play.pending(5).version) == before
    assert len(pending_of(play.marketplace_id)) == 4, "nothing of what was foreseen stays"
    clock.pass_time(hours=1)
    run = play.later_run()
    made = [each.subject for each in changes_of(play.marketplace_id, run.pk) if each.kind == "company.create"]
    assert sorted(made) == sorted(created), "the run does what the preview said"
