"""What happens to people of Microsoft's directories, day after day: state and history right after each."""

from datetime import timedelta

import pytest
from tests.sync.people.stage import BUTTON, PeopleStage
from tests.sync.stage import MANAGER

from tenantry.audit.models import Event
from tenantry.marketplace.models import Membership
from tenantry.sync.models import DirectoryUser, Finding, PeopleReading, Run, RunTenant, Trigger
from tenantry.sync.people.runs import Wish


def test_everybody_in_the_scope_comes_in_once_and_a_second_run_changes_nothing(stage: PeopleStage) -> None:
    company = stage.add(1)
    run = stage.run()
    assert (run.state, run.suspect, run.complete) == ("done", "", True)
    assert stage.changes(run) == {"create applied": 6}
    people = [one for one in stage.members(company) if one.origin == "sync"]
    assert len({one.user.email for one in people}) == 6
    assert {(one.role, one.state) for one in people} == {("user", "active")}
    with stage.scope():
        made = Event.objects.filter(action="sync.user_link.made", run_id=run.pk)
        assert made.count() == 6
        assert not any("@" in f"{event.after}{event.reason}" for event in made), "who it is, is sealed"
    again = stage.next_day()
    assert (stage.changes(again), again.counters["people_unchanged"], again.suspect) == ({}, 6, "")
    assert again.note == "Nothing changed since the last run: 0 changes."


def test_a_person_s_life_hired_renamed_readdressed_gone_and_back(stage: PeopleStage) -> None:
    moves = stage.emulator.microsoft.moves
    company = stage.add(1)
    stage.run()
    hired = moves.join(1, given="Nora", family="Neu", mailbox="nora.neu")
    assert stage.changes(stage.next_day()) == {"create applied": 1}
    place = stage.member(1, hired.number)
    moves.rename(1, hired.number, family="Alt")
    moves.readdress(1, hired.number, "nora.alt")
    assert stage.changes(stage.next_day()) == {"update applied": 1}
    now = stage.member(1, hired.number)
    assert (now.pk, now.user.name, now.profile_last_name) == (place.pk, "Nora Alt", "Alt")
    assert now.user.email.startswith("nora.alt@")
    moves.delete(1, hired.number)
    assert stage.changes(stage.next_day()) == {"deactivate applied": 1}
    assert stage.member(1, hired.number).state == "inactive"
    assert stage.standing(stage.user_id(1, hired.number)) == ("out", "deleted")
    moves.restore(1, hired.number)
    assert stage.changes(stage.next_day())["reactivate applied"] == 1
    back = stage.member(1, hired.number)
    assert (back.pk, back.state) == (place.pk, "active")
    assert len([one for one in stage.members(company) if one.origin == "sync"]) == 7


def test_who_gets_the_address_of_somebody_who_left_gets_a_place_that_is_open(stage: PeopleStage) -> None:
    moves = stage.emulator.microsoft.moves
    stage.add(1)
    first = moves.join(1, given="Nora", family="Neu", mailbox="office")
    stage.run()
    moves.delete(1, first.number)
    stage.next_day()
    second = moves.join(1, given="Otto", family="Ohm", mailbox="office")
    run = stage.next_day()
    assert stage.changes(run)["reactivate applied"] == 1
    place = stage.member(1, second.number)
    assert (place.state, place.user.name) == ("active", "Otto Ohm")
    assert stage.changes(stage.next_day()) == {}
    moves.delete(1, second.number)
    assert stage.changes(stage.next_day()) == {"deactivate applied": 1}


def test_the_scope_keeps_guests_unlicensed_and_suspended_people_out(stage: PeopleStage) -> None:
    moves, staff = stage.emulator.microsoft.moves, stage.emulator.microsoft.people.staff
    stage.add(1)
    guest = staff.join(1, kind="guest", home="visitor@elsewhere.example", given="Gus", family="Guest")
    stage.settle(no_guests=True, no_disabled=True, licensed_only=True)
    moves.set_licensed(1, 2, licensed=False)
    stage.run()
    assert stage.standing(stage.user_id(1, guest.number)) == ("out", "guest")
    assert stage.standing(stage.user_id(1, 2)) == ("out", "not_licensed")
    moves.suspend(1, 3)
    assert stage.changes(stage.next_day()) == {"deactivate applied": 1}
    assert stage.standing(stage.user_id(1, 3)) == ("out", "disabled")
    moves.resume(1, 3)
    moves.set_licensed(1, 2, licensed=True)
    assert stage.changes(stage.next_day()) == {"create applied": 1, "reactivate applied": 1}


def test_people_who_leave_are_only_reported_unless_the_manager_wants_more(stage: PeopleStage) -> None:
    stage.settle(leavers="report_only")
    stage.add(1)
    stage.run()
    stage.emulator.microsoft.moves.delete(1, 4)
    assert stage.changes(stage.next_day()) == {"report_left applied": 1}
    assert (stage.member(1, 4).state, stage.link(1, 4).end_reason) == ("active", "left")
    assert stage.changes(stage.next_day()) == {}
    stage.settle(leavers="deactivate")
    assert stage.changes(stage.next_day()) == {"deactivate applied": 1}


def test_who_moves_to_another_company_must_accept_there(stage: PeopleStage) -> None:
    moves = stage.emulator.microsoft.moves
    stage.add(1)
    second = stage.add(3)
    stage.run()
    leaver = stage.member(1, 4)
    moves.delete(1, 4)
    staff = stage.emulator.microsoft.people.staff
    mover = staff.join(3, kind="guest", home=leaver.user.email, given="Mo", family="Mover")
    run = stage.next_day()
    assert stage.changes(run) == {"create applied": 1, "deactivate applied": 1}
    place = stage.member(3, mover.number)
    assert (place.user_id, place.company_id, place.state) == (leaver.user_id, second, "awaiting")
    with stage.scope():
        person = Membership.objects.select_related("user").get(pk=leaver.pk).user
        assert person.name == leaver.user.name, "what the other directory says stands on its own profile"


def test_a_tenant_that_closes_in_the_middle_of_a_run_keeps_its_people(stage: PeopleStage) -> None:
    for index in (1, 2, 3):
        stage.add(index)
    stage.run()
    stage.tenant(2, readable=False)
    stage.emulator.microsoft.moves.delete(3, 4)
    run = stage.next_day()
    assert (run.state, run.complete, run.suspect) == ("done", False, "")
    assert (run.counters["tenants_read"], run.counters["tenants_unreadable"]) == (2, 1)
    assert stage.changes(run) == {"deactivate applied": 1}
    reading = PeopleReading.objects.get(tenant__external_id=stage.emulator.world.tenant_id(2))
    since = reading.stale_since
    assert since is not None
    assert (reading.people, (reading.failure or {})["kind"]) == (6, "ConsentMissing")
    with stage.scope():
        assert (RunTenant.objects.get(run=run, tenant=reading.tenant_id).failure or {})["what"]
    stage.next_day()
    reading.refresh_from_db()
    assert reading.stale_since == since
    assert "inactive" not in {one.state for one in stage.members(stage.companies[2])}
    stage.tenant(2)
    stage.next_day()
    reading.refresh_from_db()
    assert reading.stale_since is None


def test_only_a_second_complete_listing_a_day_later_takes_somebody_away(stage: PeopleStage) -> None:
    stage.emulator.switches.delta = False  # a list of changes would say that the person was removed
    stage.add(1)
    stage.run()
    staff = stage.emulator.microsoft.people.staff
    staff.change(1, 4, purged=True)
    external = stage.user_id(1, 4)
    assert stage.changes(stage.next_day()) == {}
    assert stage.standing(external) == ("skipped", "missed_once")
    stage.clock.pass_time(hours=3)
    assert stage.changes(stage.run()) == {}, "a second look on the same day is none"
    assert stage.changes(stage.next_day()) == {"deactivate applied": 1}
    assert DirectoryUser.objects.get(external_id=external).left_at is not None


def test_a_company_that_would_lose_too_many_is_held_and_nobody_is_removed(stage: PeopleStage) -> None:
    company = stage.add(1)
    stage.run()
    for number in (2, 3, 4):
        stage.emulator.microsoft.moves.delete(1, number)
    run = stage.next_day()
    assert stage.changes(run) == {"deactivate held": 3}
    assert {one.state for one in stage.members(company)} == {"active"}
    assert stage.changes(stage.next_day()) == {}, "what waits already is not planned again"
    stage.emulator.microsoft.moves.restore(1, 2)
    stage.next_day()
    assert stage.changes(run) == {"deactivate held": 2, "deactivate stale": 1}


def test_a_large_tenant_is_read_page_by_page_and_a_killed_reader_goes_on(stage: PeopleStage) -> None:
    staff = stage.emulator.microsoft.people.staff
    for number in range(1_300):
        staff.join(1, given="Nr", family=f"P{number}", mailbox=f"p{number}")
    stage.add(1)
    requested = stage.request()
    looks = iter(range(1_000))
    stage.drive(stop=lambda: next(looks) > 3)
    with stage.scope():
        assert Run.objects.get(pk=requested.pk).ended_at is None
    run = stage.run()
    assert (run.pk, run.state, run.suspect, run.complete) == (requested.pk, "done", "", True)
    assert run.counters["people_seen"] == 1_306
    assert stage.changes(run)["create applied"] >= 1_300
    assert stage.changes(stage.next_day()) == {}
    assert not Finding.objects.exists()


def test_force_user_sync_reads_one_company_and_joins_what_is_under_way(stage: PeopleStage) -> None:
    first = stage.add(1)
    stage.add(3)
    wish = Wish(MANAGER, Trigger.FORCE, company_id=first)
    run = stage.run(wish)
    assert (run.counters["tenants_total"], run.trigger) == (1, "force")
    assert len(stage.members(stage.companies[3])) == 1
    asked = stage.request()
    assert stage.request().pk == asked.pk
    assert stage.request(wish).pk != asked.pk
    stage.run()


def test_a_preview_plans_and_touches_nobody(stage: PeopleStage) -> None:
    company = stage.add(1)
    run = stage.run(Wish(MANAGER, Trigger.BUTTON, preview=True))
    assert (run.state, stage.changes(run)) == ("previewed", {"create planned": 6})
    assert len(stage.members(company)) == 1
    assert stage.changes(stage.run(BUTTON)) == {"create applied": 6}


def test_switching_off_cancels_and_a_broken_sign_in_fails_the_run(stage: PeopleStage) -> None:
    stage.add(1)
    asked = stage.request()
    stage.settle(user_sync=False)
    stage.drive()
    with stage.scope():
        assert Run.objects.get(pk=asked.pk).note == "User Sync was switched off."
    stage.settle(user_sync=True)
    stage.emulator.revoke_refresh_tokens()
    stage.emulator.revoke_access_tokens()
    stage.clock.now += timedelta(days=1)
    stage.microsoft.secret_changed_at = stage.clock.now
    stage.microsoft.save()
    run = stage.run()
    assert (run.state, (run.failure or {})["fault"]) == ("failed", "the connection's configuration")


@pytest.mark.parametrize("where", ["email", "user_name"])
def test_who_has_no_address_comes_in_without_one_and_is_never_written_to(stage: PeopleStage, where: str) -> None:
    stage.settle(invite_automatically=True, invite_since=stage.clock())
    company = stage.add(1)
    if where == "user_name":
        stage.emulator.microsoft.people.consent(stage.emulator.world.tenant_id(1), granted=False)
    run = stage.run()
    changes = stage.changes(run)
    assert changes["create applied"] == 6
    people = [one for one in stage.members(company) if one.origin == "sync"]
    if where == "user_name":
        assert {one.user.email for one in people} == {""}
        assert "invite applied" not in changes
        assert PeopleReading.objects.get().api == "partner_center"
    else:
        assert changes["invite applied"] == sum(bool(one.user.email) for one in people)
    assert stage.changes(stage.next_day()) == {}
