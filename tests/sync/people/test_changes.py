"""Graph's changes instead of whole listings: what they add, change and take away, and what they never prove."""

from datetime import timedelta

import pytest
from tests.sync.people.stage import PeopleStage
from tests.sync.stage import MANAGER

from tenantry.sync.models import DirectoryUser, Observation, PeopleReading, Run, Trigger
from tenantry.sync.people.purging import fill_again
from tenantry.sync.people.runs import Wish


def reading() -> PeopleReading:
    return PeopleReading.objects.get()


def was_listed() -> bool:
    return reading().listed_at == reading().users_at


def hours_later(stage: PeopleStage, hours: int = 12) -> Run:
    stage.clock.now += timedelta(hours=hours)
    return stage.run()


def test_the_second_reading_asks_only_for_changes_and_says_so(stage: PeopleStage) -> None:
    stage.add(1)
    first = stage.run()
    position = reading().changes
    assert position
    assert was_listed()
    moves = stage.emulator.microsoft.moves
    hired, renamed = moves.join(1, given="Nora", family="Neu"), moves.rename(1, 3, family="Neuname")
    moves.delete(1, 4)
    run = hours_later(stage)
    assert stage.changes(run) == {"create applied": 1, "update applied": 1, "deactivate applied": 1}
    assert (run.state, run.suspect, run.complete, run.counters["people_seen"]) == ("done", "", True, 6)
    assert first.counters["people_seen"] == 6
    assert not was_listed()
    assert reading().people == 6
    assert "only what changed" in reading().api_reason
    assert reading().changes not in {"", position}
    assert stage.member(1, hired.number).user.first_name == "Nora"
    assert stage.member(1, renamed.number).profile_last_name == "Neuname"
    assert stage.standing(stage.user_id(1, 4)) == ("out", "deleted")
    assert Observation.objects.filter(listing="changes").count() == 1


def test_changes_that_tell_of_nobody_take_nobody_away(stage: PeopleStage) -> None:
    stage.add(1)
    stage.run()
    for _ in range(3):
        assert stage.changes(stage.next_day()) == {}
        assert not was_listed()
    assert not DirectoryUser.objects.exclude(missing_since=None).exists()


def test_a_second_run_over_changes_writes_no_person(stage: PeopleStage) -> None:
    stage.add(1)
    stage.run()
    before = list(DirectoryUser.objects.order_by("pk").values_list("pk", "changed_at"))
    run = stage.next_day()
    assert list(DirectoryUser.objects.order_by("pk").values_list("pk", "changed_at")) == before
    assert run.counters["people_unchanged"] == 6


@pytest.mark.parametrize(("purged", "presence"), [(False, "deleted"), (True, "gone")])
def test_who_the_provider_says_was_removed_is_gone_at_once(stage: PeopleStage, *, purged: bool, presence: str) -> None:
    stage.add(1)
    stage.run()
    stage.emulator.microsoft.moves.delete(1, 4)
    if purged:
        stage.emulator.microsoft.people.staff.change(1, 4, purged=True)
    assert stage.changes(stage.next_day()) == {"deactivate applied": 1}
    assert DirectoryUser.objects.get(external_id=stage.user_id(1, 4)).presence == presence
    if not purged:
        stage.emulator.microsoft.moves.restore(1, 4)
        assert stage.changes(stage.next_day())["reactivate applied"] == 1
        assert not was_listed()


def test_many_removals_told_as_changes_are_held_by_the_same_brake(stage: PeopleStage) -> None:
    company = stage.add(1)
    stage.run()
    for number in (2, 3, 4):
        stage.emulator.microsoft.moves.delete(1, number)
    assert stage.changes(stage.next_day()) == {"deactivate held": 3}
    assert not was_listed()
    assert {one.state for one in stage.members(company)} == {"active"}


@pytest.mark.parametrize("trouble", ["lapsed", "switched off", "another connection's"])
def test_a_position_that_is_no_longer_known_has_everybody_listed(stage: PeopleStage, trouble: str) -> None:
    stage.add(1)
    stage.run()
    stage.emulator.microsoft.moves.delete(1, 4)
    if trouble == "lapsed":
        stage.emulator.clock.advance(8 * 86_400)
    elif trouble == "switched off":
        stage.emulator.switches.delta = False
    else:
        PeopleReading.objects.update(changes='["someone else","/v1.0/users/delta","$deltatoken=x",0,0,[]]')
    run = stage.next_day()
    assert stage.changes(run) == {"deactivate applied": 1}
    assert (run.complete, was_listed()) == (True, True)
    assert "no longer tells what changed" in reading().api_reason


def test_people_told_in_part_or_twice_are_read_singly(stage: PeopleStage) -> None:
    stage.add(1)
    stage.run()
    stage.emulator.switches.delta_minimal = stage.emulator.switches.delta_replays = True
    moves = stage.emulator.microsoft.moves
    renamed, hired = moves.rename(1, 3, family="Neuname"), moves.join(1, given="Nora", family="Neu")
    moves.delete(1, 4)  # told as removed, and then, late, as there
    assert stage.changes(stage.next_day()) == {"create applied": 1, "update applied": 1, "deactivate applied": 1}
    assert not was_listed()
    assert stage.member(1, renamed.number).profile_last_name == "Neuname"
    assert stage.member(1, hired.number).user.last_name == "Neu"
    stage.emulator.switches.delta_minimal = stage.emulator.switches.delta_replays = False
    stage.clock.now += timedelta(days=8)
    before = DirectoryUser.objects.get(external_id=stage.user_id(1, 3)).changed_at
    assert stage.changes(stage.run()) == {}
    assert was_listed()
    assert DirectoryUser.objects.get(external_id=stage.user_id(1, 3)).changed_at == before


def test_everybody_is_listed_each_week_and_while_somebody_is_missing(stage: PeopleStage) -> None:
    stage.add(1)
    stage.run()
    stage.clock.now += timedelta(days=7)
    stage.run()
    assert was_listed()
    person = DirectoryUser.objects.get(external_id=stage.user_id(1, 4))
    DirectoryUser.objects.filter(pk=person.pk).update(missing_since=stage.clock(), missing_listings=1)
    hours_later(stage)
    assert was_listed()
    person.refresh_from_db()
    assert person.missing_since is None


def test_force_user_sync_and_whoever_was_emptied_before_new_rules_want_a_whole_listing(stage: PeopleStage) -> None:
    company = stage.add(1)
    stage.run()
    stage.clock.now += timedelta(hours=2)
    stage.run(Wish(MANAGER, Trigger.FORCE, company_id=company))
    assert was_listed()
    DirectoryUser.objects.update(emptied_at=stage.clock())
    fill_again([reading().tenant_id], changed_at=stage.clock() + timedelta(hours=1))
    assert reading().changes == ""


def test_a_large_tenant_keeps_the_position_of_its_last_page(stage: PeopleStage) -> None:
    staff = stage.emulator.microsoft.people.staff
    for number in range(1_100):
        staff.join(1, given="Nr", family=f"P{number}", mailbox=f"p{number}")
    stage.add(1)
    stage.run()
    assert reading().changes
    stage.emulator.microsoft.moves.rename(1, 3, family="Neuname")
    assert stage.changes(stage.next_day()) == {"update applied": 1}
    assert not was_listed()
