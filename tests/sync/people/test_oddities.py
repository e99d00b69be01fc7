"""Each oddity of a provider's answers, through a whole run: nobody is lost, changed or doubled by it."""

from typing import Any

import pytest
from tests.sync.people.stage import PeopleStage
from tests.sync.stage import MANAGER

from tenantry.core.records import AdminLevel
from tenantry.marketplace.models import Membership
from tenantry.sync.models import DirectoryUser, PeopleReading
from tenantry.sync.people.one_person import sync_person

USERS = "/admin/directory/v1/users"
FOREIGN = "row of another customer"
"""The one that stops the whole run at once: whoever mixes customers up once is not asked about the others."""
GOOGLES: dict[str, tuple[str, dict[str, Any]]] = {
    "repeated page": ("same_token", {"times": 3}),
    "row twice": ("row_twice", {}),
    FOREIGN: ("foreign_row", {"times": 1}),
    "array that is none": ("items_no_list", {"times": 1}),
    "page without rows, with a token": ("empty_page", {"times": 1}),
    "no flags": ("no_flags", {}),
    "booleans as text": ("text_booleans", {}),
    "half a person": ("half_created", {}),
    "empty address": ("no_address", {}),
    "names that are numbers": ("wrong_types", {}),
    "no id": ("no_id", {}),
    "no kind": ("no_kind", {"times": 1}),
    "cut off inside": ("malformed", {"times": 1}),
    "row left out": ("row_skipped", {"times": 1}),
}


def faces(stage: PeopleStage) -> list[tuple[Any, ...]]:
    """Return all that a marketplace's people look like."""
    with stage.scope():
        found = Membership.objects.select_related("user").order_by("pk")
        return [(one.pk, one.state, one.role, one.user.email, one.user.name, one.profile_last_name) for one in found]


@pytest.mark.parametrize("oddity", GOOGLES)
def test_odd_answers_of_google_change_nobody(stage: PeopleStage, oddity: str) -> None:
    stage.settle("google", leavers="deactivate", no_disabled=True)
    stage.add(1, google=True, company=stage.add(1))
    stage.run(connection=stage.google)
    before = faces(stage)
    assert len(before) > 4
    kind, more = GOOGLES[oddity]
    stage.emulator.faults.add(kind, USERS, **more)
    run = stage.next_day(connection=stage.google)
    assert (run.state, run.suspect) == ("failed" if oddity == FOREIGN else "done", "")
    assert faces(stage) == before
    stage.emulator.faults.clear()
    assert stage.next_day(connection=stage.google).suspect == ""
    assert faces(stage) == before, "and nothing is left of it"


def test_ids_of_twenty_one_digits_are_kept_as_they_are(stage: PeopleStage) -> None:
    stage.settle("google")
    stage.add(1, google=True, company=stage.add(1))
    stage.run(connection=stage.google)
    google = stage.emulator.google.world
    ids = set(DirectoryUser.objects.values_list("external_id", flat=True))
    assert ids == {google.user_id(one) for one in google.staff.everybody(1) if one.deleted_at is None}
    assert {len(each) for each in ids} == {21}


def test_who_is_deleted_answers_412_and_is_taken_for_deleted(stage: PeopleStage) -> None:
    stage.settle("google", leavers="deactivate")
    stage.add(1, google=True, company=stage.add(1))
    stage.run(connection=stage.google)
    one = stage.emulator.google.people.join(1, given="Nora", family="Neu", mailbox="nora.neu")
    stage.next_day(connection=stage.google)
    person = DirectoryUser.objects.get(external_id=stage.emulator.google.world.user_id(one))
    stage.emulator.google.people.delete(1, one.number)
    done = sync_person(marketplace_id=stage.marketplace_id, person_id=person.pk, actor=MANAGER, now=stage.clock())
    assert done.steps[-1].what == "Deactivated"
    person.refresh_from_db()
    assert person.presence == "deleted"


def test_a_page_token_that_lapsed_between_two_pages_starts_the_listing_over(stage: PeopleStage) -> None:
    stage.settle("google", leavers="deactivate")
    company = stage.add(1)
    stage.add(1, google=True, company=company)
    for number in range(1_100):
        stage.emulator.google.people.join(1, given="Nr", family=f"P{number}", mailbox=f"p{number}")
    stage.request(connection=stage.google)
    looks = iter(range(1_000))
    stage.drive(connection=stage.google, stop=lambda: next(looks) > 2)
    stage.emulator.google.switches.token_days = 0.0
    stage.drive(connection=stage.google, stop=lambda: next(looks) > 5)
    stage.emulator.google.switches.token_days = 3.0
    run = stage.run(connection=stage.google)
    assert (run.state, run.suspect, run.complete) == ("done", "", True)
    assert run.counters["people_seen"] >= 1_100
    assert stage.changes(stage.next_day(connection=stage.google)) == {}


def test_two_people_with_one_address_wait_for_a_person_and_are_never_one(stage: PeopleStage) -> None:
    twin = stage.emulator.microsoft.people.mail(stage.someone(1, 4))
    other = stage.emulator.microsoft.people.staff.join(1, kind="guest", home=twin, given="Tim", family="Twin")
    company = stage.add(1)
    stage.run()
    for number in (4, other.number):
        assert stage.standing(stage.user_id(1, number)) == ("skipped", "shared_address")
    assert twin not in {one.user.email for one in stage.members(company)}
    stage.emulator.microsoft.moves.delete(1, other.number)
    assert stage.changes(stage.next_day()) == {"create applied": 1}
    assert stage.member(1, 4).user.email == twin


def test_a_user_name_that_is_mangled_by_a_restore_leaves_the_address_and_the_place(stage: PeopleStage) -> None:
    stage.add(1)
    stage.run()
    place = stage.member(1, 4)
    stage.emulator.microsoft.moves.delete(1, 4)
    stage.next_day()
    person = DirectoryUser.objects.get(external_id=stage.user_id(1, 4))
    assert (person.presence, person.email) == ("deleted", place.user.email), "a mangled name is not taken over"
    stage.emulator.microsoft.moves.restore(1, 4)
    stage.next_day()
    back = stage.member(1, 4)
    assert (back.pk, back.state, back.user.email) == (place.pk, "active", place.user.email)


def test_licences_come_by_product_from_google_and_one_by_one_from_the_partner_center(stage: PeopleStage) -> None:
    stage.settle(licensed_only=True)
    stage.settle("google", licensed_only=True)
    google, microsoft = stage.emulator.google, stage.emulator.microsoft
    stage.add(1, google=True, company=stage.add(1))
    stage.emulator.microsoft.people.consent(stage.emulator.world.tenant_id(1), granted=False)
    for moves in (google.people, microsoft.moves):
        for number in range(6):
            moves.set_licensed(1, number, licensed=number not in {2, 3})
    stage.run()
    assert PeopleReading.objects.get(tenant__provider="microsoft").api == "partner_center"
    stage.run(connection=stage.google)
    for number in range(6):
        expected = ("out", "not_licensed") if number in {2, 3} else ("in", "follows")
        at_google = google.world.user_id(google.world.staff.someone(1, number))
        assert stage.standing(stage.user_id(1, number)) == expected, number
        if stage.emulator.google.world.staff.someone(1, number).kind == "person":
            assert stage.standing(at_google) == expected, number
    with stage.scope():
        held = DirectoryUser.objects.filter(presence="present").exclude(licences=[])
        assert all(held.values_list("licences", flat=True))


def test_a_licence_that_one_list_lacks_counts_until_a_second_list_a_day_later(stage: PeopleStage) -> None:
    stage.settle("google", licensed_only=True, leavers="deactivate")
    moves = stage.emulator.google.people
    for number in range(5):
        moves.set_licensed(1, number, licensed=True)
    stage.add(1, google=True, company=stage.add(1))
    stage.run(connection=stage.google)
    before = faces(stage)
    fault = stage.emulator.faults.add("row_skipped", "/apps/licensing/*")
    stage.next_day(connection=stage.google)
    assert fault.fired
    stage.run(connection=stage.google)
    assert faces(stage) == before
    assert DirectoryUser.objects.exclude(unlicensed_since=None).count() == 1
    stage.emulator.faults.clear()
    stage.next_day(connection=stage.google)
    assert faces(stage) == before
    assert not DirectoryUser.objects.exclude(unlicensed_since=None).exists(), "the doubt has gone"
    moves.set_licensed(1, 2, licensed=False)
    stage.next_day(connection=stage.google)
    assert faces(stage) == before
    stage.next_day(connection=stage.google)
    assert faces(stage) != before
    at_google = stage.emulator.google.world.user_id(stage.emulator.google.world.staff.someone(1, 2))
    assert stage.standing(at_google) == ("out", "not_licensed")


def test_a_person_who_is_gone_before_their_licences_are_read_costs_nobody_else_theirs(stage: PeopleStage) -> None:
    stage.settle(licensed_only=True)
    company = stage.add(1)
    stage.emulator.microsoft.people.consent(stage.emulator.world.tenant_id(1), granted=False)
    for number in range(5):
        stage.emulator.microsoft.moves.set_licensed(1, number, licensed=True)
    fault = stage.emulator.faults.add(
        "status", "/v1/customers/*/users/*/licenses", status=404, body="json", code=60002, times=1
    )
    stage.run()
    assert fault.fired == 1
    assert PeopleReading.objects.get().missing == []
    assert len(stage.members(company)) > 2


@pytest.mark.parametrize("google", [False, True])
def test_whom_the_listing_has_is_not_deleted_by_a_wrong_list_of_the_deleted(stage: PeopleStage, google: bool) -> None:  # noqa: FBT001  # pytest gives it
    stage.settle("google", leavers="deactivate")
    stage.settle(leavers="deactivate")
    connection = stage.google if google else stage.microsoft
    stage.add(1, google=google)
    stage.run(connection=connection)
    before = faces(stage)
    path, query = (USERS, "*showDeleted=true*") if google else ("/graph/v1.0/directory/deleteditems/*", "")
    fault = stage.emulator.faults.add("repeat", path, query=query)  # the list of people once more
    stage.clock.pass_time(days=8)  # so that Graph is asked for everybody, not for what changed
    assert stage.next_day(connection=connection).suspect == ""
    assert fault.fired
    assert faces(stage) == before
    assert not DirectoryUser.objects.exclude(presence="present").exists()


@pytest.mark.parametrize("google", [False, True])
def test_administrators_are_told_by_their_roles_and_keep_no_place_by_that(stage: PeopleStage, google: bool) -> None:  # noqa: FBT001  # pytest gives it
    stage.settle("google")
    company = stage.add(1)
    connection = stage.google if google else stage.microsoft
    if google:
        stage.add(1, google=True, company=company)
    staff = stage.emulator.google.world.staff if google else stage.emulator.microsoft.people.staff
    moves = stage.emulator.google.people if google else stage.emulator.microsoft.moves
    moves.set_admin(1, 3, "full")
    moves.set_admin(1, 4, "partial")
    moves.set_admin(1, 5, "")
    stage.run(connection=connection)
    ids = stage.emulator.google.world.user_id if google else stage.emulator.microsoft.people.user_id
    levels = dict(DirectoryUser.objects.values_list("external_id", "admin"))
    assert levels[ids(staff.someone(1, 3))] == AdminLevel.FULL
    assert levels[ids(staff.someone(1, 4))] == AdminLevel.PARTIAL
    assert levels[ids(staff.someone(1, 5))] == AdminLevel.NONE
    assert [one.role for one in stage.members(company) if one.origin == "sync"] == ["user"] * (len(levels))
