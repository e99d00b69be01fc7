"""Taking back what User Sync did to people: what goes back, what can't and why, and that no sync does it again."""

import os

import pytest
from tests.sync.people.stage import PeopleStage
from tests.sync.people.test_releasing_removals import gone, inactive, release, rows_of
from tests.sync.stage import MANAGER, never
from tests.sync.test_any_world import check_counters
from tests.sync.undo_stage import drive, look, start

from tenantry.audit.models import Event
from tenantry.marketplace.models import Invitation, Membership, User
from tenantry.sync.holds.applying import apply_released
from tenantry.sync.holds.queries import held_rows
from tenantry.sync.holds.services import ContentChanged, Selection, reject_rows, release_rows
from tenantry.sync.models import BrakeLimits, Change, Hold, Run, UserLink
from tenantry.sync.undoing.person_values import values_at

SEEDS = range(12) if os.environ.get("TENANTRY_ALL_SIZES") else range(1)


def undo(stage: PeopleStage, run: Run, ids: list[int] | None = None) -> Run:
    started = start(stage.marketplace_id, run.pk, stage.clock, ids, actor=MANAGER)
    done = drive(stage.marketplace_id, started, stage.clock)
    check_counters(done)
    return done


def check_restored(stage: PeopleStage, done: Run) -> int:
    """Every row that was made is what it was before the change, and both rows say so; how many there are."""
    with stage.scope():
        rows = list(Change.objects.filter(run=done, state="applied").select_related("undoes"))
        for row in rows:
            assert row.undoes is not None
            assert row.undoes.state == "undone"
            details, after = row.details or {}, row.after or {}
            place = Membership.objects.select_related("user").get(pk=details["membership"])
            if row.kind == "undo.user.update":
                assert values_at(place, after) == after
            elif row.kind == "undo.user.deactivate":
                assert place.state != "inactive"
            elif row.kind != "undo.user.invite":
                assert not UserLink.objects.filter(pk=details["link"], ended_at=None).exists()
                assert (place.state != "inactive") == after["active"]
        return len(rows)


def settled(stage: PeopleStage) -> None:
    """No later sync does again what was taken back, however often it runs."""
    for _ in range(2):
        assert stage.changes(stage.next_day()) == {}


def test_people_who_came_in_are_taken_back_unless_somebody_touched_them_since(stage: PeopleStage) -> None:
    stage.add(1)
    run = stage.run()
    with stage.scope():
        BrakeLimits.objects.update_or_create(
            marketplace_id=stage.marketplace_id,
            defaults={"removals_company_percent": 100, "removals_company_week_percent": 100,
                      "removals_month_percent": 100},
        )  # fmt: skip
        links = list(UserLink.objects.order_by("pk").select_related("user", "membership"))
        User.objects.filter(pk=links[0].user_id).update(phone="+43 1", version=1)
        Membership.objects.filter(pk=links[1].membership_id).update(role="administrator")
        Membership.objects.filter(pk=links[2].membership_id).update(accepted_at=stage.clock())
    seen = look(stage.marketplace_id, run.pk, stage.clock)
    assert (seen.total, seen.doable, seen.kinds) == (6, 3, {"user.create": 3})
    names = [link.user.name for link in links]
    edited = f"{names[0]} was edited since. Deactivate the place instead."
    assert set(seen.refusals) == {
        f"{names[1]} got another role since. Deactivate the place instead.",
        f"{names[2]} accepted an invitation since, so the place is theirs. Deactivate the place instead.",
        edited,
    }
    done = undo(stage, run)
    assert check_restored(stage, done) == 3
    assert inactive(stage) == set(names[3:])
    with stage.scope():
        assert Run.objects.get(pk=run.pk).counters["changes_undone"] == 3
        assert Event.objects.filter(action="sync.user_link.ended", actor_id=MANAGER.id).count() == 3
    settled(stage)


def test_values_go_back_where_nobody_changed_them_and_are_not_taken_again_until_the_directory_says_otherwise(
    stage: PeopleStage,
) -> None:
    moves = stage.emulator.microsoft.moves
    stage.add(1)
    hired = moves.join(1, given="Nora", family="Neu", mailbox="nora.neu")
    stage.run()
    moves.rename(1, hired.number, given="Eleonora", family="Alt")
    run = stage.next_day()
    place = stage.member(1, hired.number)
    with stage.scope():
        User.objects.filter(pk=place.user_id).update(first_name="Nori")
    (judged,) = look(stage.marketplace_id, run.pk, stage.clock).samples
    assert judged.effect.stays == ["Changed since, and stays: first name."]
    assert check_restored(stage, undo(stage, run)) == 1
    now = stage.member(1, hired.number)
    assert (now.user.first_name, now.user.last_name, now.profile_last_name) == ("Nori", "Neu", "Neu")
    later = stage.next_day()
    with stage.scope():
        again = [set(change.after or {}) for change in Change.objects.filter(run=later)]
    assert all("last_name" not in names for names in again), "what was taken back is not taken again"
    moves.rename(1, hired.number, given="Eleonora", family="Ganz-Neu")
    assert stage.changes(stage.next_day()) == {"update applied": 1}
    assert stage.member(1, hired.number).user.last_name == "Ganz-Neu"


def test_links_and_places_given_back_are_taken_back_and_stay_so(stage: PeopleStage) -> None:
    moves = stage.emulator.microsoft.moves
    company = stage.add(1)
    hired = moves.join(1, given="Nora", family="Neu", mailbox="nora.neu")
    stage.run()
    moves.delete(1, hired.number)
    stage.next_day()
    moves.restore(1, hired.number)
    run = stage.next_day()
    with stage.scope():
        ids = list(Change.objects.filter(run=run, kind="user.reactivate").values_list("pk", flat=True))
    assert check_restored(stage, undo(stage, run, ids)) == 1
    assert stage.member(1, hired.number).state == "inactive"
    settled(stage)
    with stage.scope():
        removed = Change.objects.get(kind="user.deactivate", state="applied")
        reasons = look(stage.marketplace_id, removed.run_id, stage.clock).samples
    assert [each.effect.does for each in reasons] == [["The place in Company 1 is given back."]]
    assert len([one for one in stage.members(company) if one.origin == "sync"]) == 7


def test_an_invitation_is_revoked_and_a_letter_that_left_is_told_beforehand(stage: PeopleStage) -> None:
    stage.add(1)
    stage.settle(leavers="deactivate", invite_automatically=True, invite_since=stage.clock())
    stage.clock.pass_time(minutes=1)
    run = stage.run()
    with stage.scope():
        waiting, sent, accepted, *_ = Invitation.objects.order_by("pk")
        Invitation.objects.filter(pk=sent.pk).update(state="sent", sent_at=stage.clock())
        Invitation.objects.filter(pk=accepted.pk).update(state="accepted", ended_at=stage.clock())
        Membership.objects.filter(pk=accepted.membership_id).update(accepted_at=stage.clock())
        ids = list(
            Change.objects.filter(
                run=run, kind="user.invite",
                details__membership__in=[one.membership_id for one in (waiting, sent, accepted)],
            ).values_list("pk", flat=True)
        )  # fmt: skip
    seen = look(stage.marketplace_id, run.pk, stage.clock, ids)
    assert (seen.doable, dict(seen.stays)) == (2, {"The e-mail with the invitation has left and can't be unsent.": 1})
    assert dict(seen.refusals) == {"The invitation was accepted already. Deactivate the place instead.": 1}
    assert check_restored(stage, undo(stage, run, ids)) == 2
    with stage.scope():
        assert set(Invitation.objects.filter(pk__in=[waiting.pk, sent.pk]).values_list("state", flat=True)) == {
            "revoked"
        }
    settled(stage)


def test_a_release_of_held_removals_is_taken_back_and_both_runs_say_so(stage: PeopleStage) -> None:
    gone(stage, 3)
    rows = rows_of(stage)
    release(stage, rows[:2])
    with stage.scope():
        run = Run.objects.get(trigger="release")
    seen = look(stage.marketplace_id, run.pk, stage.clock)
    assert (seen.doable, seen.removes, dict(seen.refusals)) == (2, 0, {})
    done = undo(stage, run)
    assert inactive(stage) == set()
    with stage.scope():
        for row in rows[:2]:
            assert Change.objects.get(pk=row.change.pk).state == "undone"
        assert Run.objects.get(pk=run.pk).counters["changes_undone"] == 2
        assert look(stage.marketplace_id, run.pk, stage.clock).refusals == {"It was taken back already.": 2}
    assert done.counters["changes_applied"] == 2
    settled(stage)


def held(stage: PeopleStage) -> tuple[Run, Run]:
    """A company whose six people came in, and the undo of all of that, which a brake holds."""
    stage.add(1)
    run = stage.run()
    return run, undo(stage, run)


def test_an_undo_that_would_take_many_people_away_is_held_and_exactly_what_is_approved_is_taken_back(
    stage: PeopleStage,
) -> None:
    run, done = held(stage)
    assert (done.state, done.counters["changes_held"], inactive(stage)) == ("done", 6, set())
    refusals = look(stage.marketplace_id, run.pk, stage.clock).refusals
    assert set(refusals) == {"Taking it back is held already: release it on the page Held, or reject it there."}
    with stage.scope():
        hold = Hold.objects.get()
        assert (hold.kind, hold.brake) == ("undos", "company_empty")
        rows = held_rows(hold)
    with stage.scope():
        User.objects.filter(pk=rows[0].facts["user_id"]).update(phone="+43 1")
        shown = Selection({row.change.pk: row.content for row in rows[:3]})
        with pytest.raises(ContentChanged):
            release_rows(hold_id=hold.pk, selection=shown, actor=MANAGER, now=stage.clock())
        chosen = Selection({row.change.pk: row.content for row in rows[1:3]})
        release_rows(hold_id=hold.pk, selection=chosen, actor=MANAGER, now=stage.clock())
    assert apply_released(marketplace_id=stage.marketplace_id, clock=stage.clock, should_stop=never)
    assert inactive(stage) == {row.name for row in rows[1:3]}
    assert check_restored(stage, done) == 2
    with stage.scope():
        left = held_rows(hold)
        assert {row.change.pk for row in left} == {row.change.pk for row in rows[3:]}, "who was edited is not shown"
        chosen = Selection({row.change.pk: row.content for row in left})
        reject_rows(hold_id=hold.pk, selection=chosen, actor=MANAGER, now=stage.clock())
        released = Run.objects.get(trigger="release")
    assert len(inactive(stage)) == 2
    undone = look(stage.marketplace_id, released.pk, stage.clock).refusals
    assert undone == {"This took a change back. Make the change anew instead.": 2}


@pytest.mark.parametrize("seed", SEEDS)
def test_whatever_happened_every_row_that_is_declared_reversible_goes_back_and_stays_so(
    stage: PeopleStage, seed: int
) -> None:
    moves = stage.emulator.microsoft.moves
    stage.add(1)
    stage.add(3)
    runs = [stage.run()]
    moves.delete(1, 1 + seed % 4)
    moves.advance([1, 3], steps=4 + seed)
    runs.append(stage.next_day())
    if stage.someone(1, 1 + seed % 4).deleted_at is not None:
        moves.restore(1, 1 + seed % 4)
    moves.advance([1, 3], steps=4)
    runs.append(stage.next_day())
    with stage.scope():
        BrakeLimits.objects.update_or_create(
            marketplace_id=stage.marketplace_id,
            defaults={"removals_company_least": 9_999, "removals_company_week_percent": 100,
                      "removals_day_most": 9_999, "removals_month_percent": 100},
        )  # fmt: skip
    for run in reversed(runs):
        seen = look(stage.marketplace_id, run.pk, stage.clock)
        if not seen.doable:
            continue
        done = undo(stage, run)
        held_back = done.counters.get("changes_held", 0)
        assert check_restored(stage, done) + held_back == seen.doable
    settled(stage)
