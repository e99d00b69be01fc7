"""What the history tells of a person right after each thing that happened, beside how things stand then."""

from datetime import timedelta

from tests.sync.people.stage import PeopleStage

from tenantry.audit.models import Event
from tenantry.marketplace.models import Membership
from tenantry.sync.models import Run, UserLink

LEFT = {"marketplace.membership.deactivated", "sync.user_link.ended"}
BACK = {"marketplace.membership.reactivated", "sync.user_link.made"}
COMES = {"marketplace.membership.added", "sync.user_link.made"}
ADDRESS = {"marketplace.user.edited"}
NAME = {"marketplace.user.edited", "marketplace.membership.profile_changed"}


def told(stage: PeopleStage, run: Run) -> set[str]:
    """Return what the history says that the run did, as actions."""
    with stage.scope():
        actions = Event.objects.filter(run_id=run.pk).exclude(action__startswith="sync.run.")
        return set(actions.values_list("action", flat=True))


def how(stage: PeopleStage, number: int, index: int = 1) -> tuple[str, bool]:
    """Return the state of a person's place, and whether the directory's link to it lives."""
    return how_is(stage, stage.user_id(index, number))


def how_is(stage: PeopleStage, external: str) -> tuple[str, bool]:
    """Return the same of whoever has this id at a provider."""
    with stage.scope():
        links = UserLink.objects.select_related("membership").filter(person__external_id=external)
        link = links.latest("id")
        return link.membership.state, link.ended_at is None


def test_the_history_has_each_step_of_a_person_s_life(stage: PeopleStage) -> None:
    moves = stage.emulator.microsoft.moves
    stage.settle(leavers="deactivate", no_disabled=True, licensed_only=True)
    stage.add(1)
    for number in range(6):
        moves.set_licensed(1, number, licensed=True)
    stage.run()
    one = moves.join(1, given="Nora", family="Neu", mailbox="nora.neu", licensed=True).number

    steps = []

    def after(what: str) -> None:
        run = stage.next_day()
        assert (run.state, run.suspect) == ("done", "")
        steps.append((what, *how(stage, one), told(stage, run)))

    after("hire")
    place = stage.member(1, one).pk
    moves.rename(1, one, family="Alt")
    after("rename")
    assert stage.member(1, one).profile_last_name == "Alt"
    moves.readdress(1, one, "nora.alt")
    after("e-mail change")
    assert stage.member(1, one).user.email.startswith("nora.alt@")
    moves.suspend(1, one)
    after("suspend")
    assert stage.standing(stage.user_id(1, one)) == ("out", "disabled")
    moves.resume(1, one)
    after("resume")
    moves.set_licensed(1, one, licensed=False)
    after("unlicensed")
    assert stage.standing(stage.user_id(1, one)) == ("out", "not_licensed")
    moves.set_licensed(1, one, licensed=True)
    after("licensed")
    moves.delete(1, one)
    after("leave")
    assert stage.standing(stage.user_id(1, one)) == ("out", "deleted")
    moves.restore(1, one)
    after("return")
    assert stage.member(1, one).pk == place
    assert steps == [
        ("hire", "active", True, COMES),
        ("rename", "active", True, NAME),
        ("e-mail change", "active", True, ADDRESS),
        ("suspend", "inactive", False, LEFT),
        ("resume", "active", True, BACK),
        ("unlicensed", "inactive", False, LEFT),
        ("licensed", "active", True, BACK),
        ("leave", "inactive", False, LEFT),
        ("return", "active", True, BACK),
    ]


def test_moving_between_companies_is_told_of_both(stage: PeopleStage) -> None:
    moves, staff = stage.emulator.microsoft.moves, stage.emulator.microsoft.people.staff
    stage.add(1)
    stage.add(3)
    stage.run()
    leaver = stage.member(1, 4)
    moves.delete(1, 4)
    mover = staff.join(3, kind="guest", home=leaver.user.email, given="Mo", family="Mover")
    run = stage.next_day()
    assert (how(stage, 4), how(stage, mover.number, 3)) == (("inactive", False), ("awaiting", True))
    with stage.scope():
        events = Event.objects.filter(run_id=run.pk, action__startswith="sync.user_link.")
        found = set(events.values_list("action", "target_id"))
    first, second = (str(stage.companies[index]) for index in (1, 3))
    assert found == {("sync.user_link.ended", first), ("sync.user_link.made", second)}


def test_a_guest_who_is_not_wanted_any_more_leaves_and_comes_back(stage: PeopleStage) -> None:
    guest = stage.emulator.microsoft.people.staff.join(
        1, kind="guest", home="visitor@elsewhere.example", given="Gus", family="Guest"
    )
    stage.add(1)
    stage.run()
    assert how(stage, guest.number) == ("active", True)
    stage.settle(no_guests=True)
    run = stage.next_day()
    assert (how(stage, guest.number), told(stage, run)) == (("inactive", False), LEFT)
    assert stage.standing(stage.user_id(1, guest.number)) == ("out", "guest")
    stage.settle(no_guests=False)
    run = stage.next_day()
    assert (how(stage, guest.number), told(stage, run)) == (("active", True), BACK)


def test_permission_lost_in_the_middle_of_a_run_changes_nobody_of_that_company_only(stage: PeopleStage) -> None:
    google = stage.emulator.google
    stage.settle("google", leavers="deactivate")
    for index in (1, 2, 3):
        stage.add(index, google=True, company=stage.add(index))
    hired = [google.people.join(index, given="Nora", family="Neu", mailbox="nora.neu") for index in (2, 3)]
    second, third = (google.world.user_id(one) for one in hired)
    stage.run(connection=stage.google)
    for number in range(1_100):
        google.people.join(2, given="Nr", family=f"P{number}", mailbox=f"p{number}")
    for one in hired:
        google.people.delete(one.company, one.number)
    stage.clock.now += timedelta(hours=25)
    asked = stage.request(connection=stage.google)
    looks = iter(range(1_000))
    stage.drive(connection=stage.google, stop=lambda: next(looks) > 2)
    with stage.scope():
        assert Run.objects.get(pk=asked.pk).ended_at is None
    google.world.change(2, reseller_access=False)
    run = stage.run(connection=stage.google)
    assert (run.pk, run.state, run.complete, run.suspect) == (asked.pk, "done", False, "")
    assert stage.changes(run) == {"deactivate applied": 1}
    assert (how_is(stage, second), how_is(stage, third)) == (("active", True), ("inactive", False))
    assert told(stage, run) == LEFT
    with stage.scope():
        assert not Membership.objects.filter(company_id=stage.companies[2], state="inactive").exists()


def test_of_two_providers_one_loses_the_person_and_the_history_says_which(stage: PeopleStage) -> None:
    stage.settle("google", leavers="deactivate", precedence=1)
    company = stage.add(1)
    domain = stage.emulator.microsoft.people.staff.domain(1)
    moves, google = stage.emulator.microsoft.moves, stage.emulator.google.people
    at_microsoft = moves.join(1, given="Nora", family="Neu", mailbox="nora.neu")
    at_google = google.join(1, given="Nora", family="Neu", mailbox="nora.neu")
    stage.run()
    stage.add(1, google=True, company=company)
    stage.run(connection=stage.google)
    place = stage.member(1, at_microsoft.number)
    with stage.scope():
        assert place.user.email == f"nora.neu@{domain}"
        assert UserLink.objects.filter(membership=place, ended_at=None).count() == 2
    moves.delete(1, at_microsoft.number)
    run = stage.next_day()
    assert (how(stage, at_microsoft.number), told(stage, run)) == (("active", False), {"sync.user_link.ended"})
    google.delete(1, at_google.number)
    run = stage.next_day(connection=stage.google)
    with stage.scope():
        place.refresh_from_db()
    assert (place.state, told(stage, run)) == ("inactive", LEFT)
