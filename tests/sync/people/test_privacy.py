"""What is kept of people of directories, and for how long: as little as is needed."""

from tests.sync.people.stage import PeopleStage, never
from tests.sync.stage import MANAGER

from tenantry.marketplace.models import User
from tenantry.marketplace.people.erasing import erase_person
from tenantry.marketplace.people.exporting import more_sections
from tenantry.sync.models import Change, DirectoryUser, Observation, PersonStanding, TenantLink, UserLink
from tenantry.sync.people.privacy import directory_sections
from tenantry.sync.people.purging import purge_people


def _purge(stage: PeopleStage) -> None:
    assert purge_people(now=stage.clock(), should_stop=never)


def test_who_is_out_of_the_scope_for_a_month_is_no_more_than_an_id(stage: PeopleStage) -> None:
    stage.settle(no_disabled=True)
    stage.emulator.microsoft.moves.suspend(1, 2)
    stage.add(1)
    stage.run()
    stage.clock.pass_time(days=31)
    stage.run()
    _purge(stage)
    person = DirectoryUser.objects.get(external_id=stage.user_id(1, 2))
    assert (person.emptied_at, person.email, person.display_name) == (stage.clock(), None, None)
    assert DirectoryUser.objects.filter(emptied_at=None).count() == 5
    run = stage.next_day()
    assert (run.suspect, run.counters["people_skipped"], stage.changes(run)) == ("", 1, {})
    person.refresh_from_db()
    assert person.display_name is None
    stage.clock.pass_time(minutes=1)
    stage.settle(no_disabled=False)
    assert stage.changes(stage.next_day()) == {"create applied": 1}


def test_who_left_a_month_ago_is_removed_and_so_are_the_people_of_tenants_that_nobody_is_linked_to(
    stage: PeopleStage,
) -> None:
    stage.add(1)
    stage.add(3)
    stage.run()
    stage.emulator.microsoft.moves.delete(1, 4)
    stage.next_day()
    _purge(stage)
    assert DirectoryUser.objects.count() == 12
    stage.clock.pass_time(days=31)
    with stage.scope():
        TenantLink.objects.filter(company_id=stage.companies[3]).update(ended_at=stage.clock())
    _purge(stage)
    assert DirectoryUser.objects.count() == 5
    assert Observation.objects.filter(kind="people").count() == 2
    with stage.scope():
        assert (UserLink.objects.count(), PersonStanding.objects.count()) == (5, 5)
    assert {one.state for one in stage.members(stage.companies[3]) if one.origin == "sync"} <= {"active", "awaiting"}


def test_an_erased_person_is_exported_first_and_never_comes_back(stage: PeopleStage) -> None:
    company = stage.add(1)
    stage.run()
    place, person = stage.member(1, 4), stage.link(1, 4).person
    assert directory_sections in more_sections
    with stage.scope():
        [row] = directory_sections(place.user.email)["person of directories"]
    assert (row["id"], row["email"]) == (person.external_id, person.email)
    assert len(row["names of licences"]) == len(row["licences"] or ())
    erase_person(marketplace_id=stage.marketplace_id, user_id=place.user_id, actor=MANAGER, now=stage.clock())
    person.refresh_from_db()
    assert (person.email, person.display_name) == (None, None)
    with stage.scope():
        assert not Change.objects.filter(person_id=person.pk).exclude(after=None).exists()
    assert stage.changes(stage.next_day()) == {}
    stage.emulator.microsoft.moves.rename(1, 4, family="Zurück")
    assert stage.changes(stage.next_day()) == {}
    assert stage.standing(person.external_id) == ("skipped", "erased")
    assert len(stage.members(company)) == 7
    with stage.scope():
        assert User.objects.get(pk=place.user_id).email == ""
