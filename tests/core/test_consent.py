"""Counting down what a connection was given: each step told once, nothing told of what is far away."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from tenantry.core.consent import ENDED, STEPS, Concern, Matter, Told, days_left, judge_concerns, step_at

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
hours = st.integers(-500, 2_000)


def after(count: float) -> datetime:
    return NOW + timedelta(hours=count)


def test_a_step_is_reached_when_so_many_days_are_left() -> None:
    days = {31: None, 30: 30, 15: 30, 14: 14, 8: 14, 7: 7, 2: 7, 1: 1, 0.1: 1, 0: ENDED, -9: ENDED}
    assert {left: step_at(after(24 * left), now=NOW) for left in days} == days
    assert step_at(None, now=NOW) == ENDED
    assert [days_left(after(h), now=NOW) for h in (-1, 0, 1, 24, 25)] == [0, 0, 1, 1, 2]


@given(ends=hours, looks=st.lists(hours, max_size=40))
def test_however_often_one_looks_each_step_is_told_once_and_in_order(ends: int, looks: list[int]) -> None:
    concern = Concern(Matter.SECRET, after(ends))
    told: dict[tuple[str, str], Told] = {}
    steps = []
    for look in sorted(looks):
        verdict = judge_concerns([concern], told, now=after(look))
        assert not verdict.mended
        for said, step in verdict.tell:
            steps.append(step)
            told[said.key] = Told(said.ends_at, step)
    assert steps == sorted(set(steps), reverse=True)
    assert set(steps) <= {*STEPS, ENDED}
    if looks:
        assert bool(steps) == (max(looks) >= ends - 30 * 24)


@given(hours)
def test_what_was_renewed_is_mended_and_counted_down_anew(ends: int) -> None:
    key = (Matter.SECRET.value, "")
    told = {key: Told(after(10), 1)}
    verdict = judge_concerns([Concern(Matter.SECRET, after(ends))], told, now=NOW)
    far = ends > 30 * 24
    assert verdict.mended == ((key,) if far else ())
    assert bool(verdict.tell) == (not far and ends != 10)


def test_a_lost_permission_is_told_once_and_told_of_again_when_it_is_back() -> None:
    lost = Concern(Matter.PERMISSION, None, "list_customers")
    assert judge_concerns([lost], {}, now=NOW).tell == ((lost, ENDED),)
    told = {lost.key: Told(None, ENDED)}
    assert judge_concerns([lost], told, now=NOW) == judge_concerns([], {}, now=NOW)
    assert judge_concerns([], told, now=NOW).mended == (lost.key,)
