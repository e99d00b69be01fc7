"""Removals that a brake holds: nobody loses their place before exactly that was approved, by two people if wanted."""

import pytest
from tests.sync.people.stage import PeopleStage
from tests.sync.stage import MANAGER, never

from tenantry.audit.events import Actor, ActorKind
from tenantry.isolation.scope import marketplace_scope
from tenantry.marketplace.models import Membership, MembershipState, User
from tenantry.sync.holds.applying import apply_released
from tenantry.sync.holds.kinds import HeldRow
from tenantry.sync.holds.queries import held_rows
from tenantry.sync.holds.services import ContentChanged, HoldRefused, Released, Selection, reject_rows, release_rows
from tenantry.sync.models import BrakeLimits, Change, Hold, HoldState, Notice, UserLink

OTHER = Actor(ActorKind.ACCOUNT, "Otto Other", 3)


def gone(stage: PeopleStage, count: int) -> Hold:
    """A company of nine people whose directory loses ``count`` of them; the hold."""
    company = stage.add(1)
    stage.settle(leavers="deactivate")
    moves = stage.emulator.microsoft.moves
    hired = [moves.join(1, given="Nora", family=f"Neu{number}", mailbox=f"nora{number}") for number in range(3)]
    stage.run()
    with stage.scope():
        assert UserLink.objects.filter(ended_at=None, membership__company_id=company).count() == 9
    for number in [each.number for each in hired][:count] + list(range(1, count - 2)):
        moves.delete(1, number)
    stage.next_day()
    with stage.scope():
        return Hold.objects.get()


def rows_of(stage: PeopleStage) -> list[HeldRow]:
    with stage.scope():
        return held_rows(Hold.objects.get())


def release(stage: PeopleStage, rows: list[HeldRow], actor: Actor = MANAGER) -> Released:
    with stage.scope():
        chosen = Selection({row.change.pk: row.content for row in rows})
        done = release_rows(hold_id=Hold.objects.get().pk, selection=chosen, actor=actor, now=stage.clock())
    assert apply_released(marketplace_id=stage.marketplace_id, clock=stage.clock, should_stop=never)
    return done


def inactive(stage: PeopleStage) -> set[str]:
    with stage.scope():
        found = Membership.objects.select_related("user").filter(state=MembershipState.INACTIVE)
        return {each.user.name for each in found}


def test_three_of_nine_people_gone_wait_and_are_told_and_nobody_is_removed(stage: PeopleStage) -> None:
    hold = gone(stage, 3)
    assert hold.reason == "Removals at Company 1: 3 of 9 people (limit 20 %)."
    assert (len(rows_of(stage)), inactive(stage)) == (3, set())
    for _ in range(2):
        stage.next_day()
    assert inactive(stage) == set(), "what is held is never applied by a later run"
    with stage.scope():
        assert Hold.objects.count() == 1
        told = Notice.objects.get()
    assert (told.kind, told.parameters["places"]) == ("held_removals", "Company 1: 3/9")


def test_exactly_what_was_approved_is_removed_and_the_rest_waits(stage: PeopleStage) -> None:
    gone(stage, 5)
    rows = rows_of(stage)
    assert release(stage, rows[:2]) == Released(2)
    assert inactive(stage) == {row.name for row in rows[:2]}
    assert {row.name for row in rows_of(stage)} == {row.name for row in rows[2:]}
    changed = rows[2]
    with stage.scope():
        Membership.objects.filter(user_id=changed.facts["user_id"]).update(role="administrator")
    with pytest.raises(ContentChanged):
        release(stage, [changed])
    assert len(inactive(stage)) == 2
    again = stage.next_day()
    assert stage.changes(again) == {}, "what was applied plans nothing, and what is held is not planned twice"


def test_where_two_people_must_release_the_first_approval_waits_for_somebody_else(stage: PeopleStage) -> None:
    gone(stage, 3)
    with stage.scope():
        BrakeLimits.objects.create(marketplace_id=stage.marketplace_id, removals_approvers=2)
    rows = rows_of(stage)
    assert release(stage, rows) == Released(0, waiting=3)
    assert inactive(stage) == set()
    with pytest.raises(HoldRefused, match="somebody else"):
        release(stage, rows)
    assert release(stage, rows[:1], OTHER) == Released(1)
    assert inactive(stage) == {rows[0].name}
    stage.clock.pass_time(days=7)
    assert release(stage, rows[1:2], OTHER) == Released(0, waiting=1), "the first approval is too old"
    assert inactive(stage) == {rows[0].name}


def test_who_was_rejected_keeps_their_place_and_is_not_asked_for_again(stage: PeopleStage) -> None:
    gone(stage, 3)
    rows = rows_of(stage)
    with marketplace_scope(stage.marketplace_id):
        chosen = Selection({row.change.pk: row.content for row in rows})
        assert reject_rows(hold_id=Hold.objects.get().pk, selection=chosen, actor=MANAGER, now=stage.clock()) == 3
    stage.next_day()
    with stage.scope():
        assert Hold.objects.get().state == HoldState.REJECTED
        assert set(Change.objects.filter(kind="user.deactivate").values_list("state", flat=True)) == {"rejected"}
    assert inactive(stage) == set()


def test_a_rejected_removal_is_planned_anew_when_the_person_was_back_and_leaves_once_more(stage: PeopleStage) -> None:
    hold = gone(stage, 3)
    row = rows_of(stage)[0]
    with stage.scope():
        reject_rows(
            hold_id=hold.pk, selection=Selection({row.change.pk: row.content}), actor=MANAGER, now=stage.clock()
        )
    assert stage.changes(stage.next_day()) == {}, "what was rejected is not planned again while nothing changes"
    [number] = [number for number in range(9) if stage.user_id(1, number) == row.change.subject]
    stage.emulator.microsoft.moves.restore(1, number)
    assert set(stage.changes(stage.next_day())) <= {"update applied"}, "who is back still has the place"
    stage.emulator.microsoft.moves.delete(1, number)
    again = stage.next_day()
    assert stage.changes(again) in ({"deactivate held": 1}, {"deactivate applied": 1})


def test_whatever_happens_to_a_row_after_its_approval_only_exactly_what_was_approved_is_applied(
    stage: PeopleStage,
) -> None:
    gone(stage, 5)
    rows = rows_of(stage)
    with stage.scope():
        chosen = Selection({row.change.pk: row.content for row in rows[:4]})
        release_rows(hold_id=Hold.objects.get().pk, selection=chosen, actor=MANAGER, now=stage.clock())
        keys = [row.facts["user_id"] for row in rows]
        Membership.objects.filter(user_id=keys[0]).update(role="administrator")
        User.objects.filter(pk=keys[1]).update(email="other@elsewhere.example")
        Membership.objects.filter(user_id=keys[2]).update(state="awaiting")
    for _ in range(2):
        assert apply_released(marketplace_id=stage.marketplace_id, clock=stage.clock, should_stop=never)
        assert inactive(stage) == {rows[3].name}
    assert {row.change.pk for row in rows_of(stage)} == {row.change.pk for row in (*rows[:3], rows[4])}
