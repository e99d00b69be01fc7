"""Which pushes to ask for, stop and forget; and that the windows of hints leave nothing out."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from tenantry.core.hints import PUSH_WINDOW, PUSHED, Wanted, push_window_ends, wanted_by
from tenantry.core.pushes import TRY_AGAIN, HeldPush, PushState, plan_pushes

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def push(key: int, tenant: int, state: PushState = PushState.OPEN, *, asked: timedelta, life: timedelta) -> HeldPush:
    return HeldPush(key, tenant, state, NOW - asked, NOW - asked + life)


def test_a_tenant_is_asked_for_once_again_before_the_end_and_never_meanwhile() -> None:
    fresh, ending = push(1, 1, asked=HOUR, life=6 * HOUR), push(2, 2, asked=5.1 * HOUR, life=6 * HOUR)
    plan = plan_pushes({1, 2, 3}, [fresh, ending], now=NOW)
    assert (plan.ask, plan.stop, plan.forget) == ((2, 3), (), ()), "the one that ends goes on until another is open"
    followed = push(2, 2, PushState.STOPPING, asked=5.1 * HOUR, life=6 * HOUR)
    after = plan_pushes({1, 2}, [fresh, followed, push(3, 2, asked=0 * HOUR, life=6 * HOUR)], now=NOW)
    assert (after.ask, after.stop) == ((), (2,))


def test_what_lapsed_or_was_left_opening_is_forgotten_and_what_nobody_wants_is_stopped() -> None:
    lapsed, unwanted = push(1, 1, asked=7 * HOUR, life=6 * HOUR), push(2, 2, asked=HOUR, life=9 * HOUR)
    plan = plan_pushes({1, 3}, [lapsed, unwanted, HeldPush(3, 3, PushState.OPENING, NOW)], now=NOW)
    assert (plan.ask, plan.stop, plan.forget) == ((1, 3), (2,), (1, 3))


def test_a_refusal_is_asked_again_later() -> None:
    refused = HeldPush(1, 1, PushState.FAILED, NOW - TRY_AGAIN / 2)
    assert plan_pushes({1}, [refused], now=NOW).ask == ()
    again = plan_pushes({1}, [refused], now=NOW + TRY_AGAIN)
    assert (again.ask, again.forget) == ((1,), (1,))


def test_a_push_that_the_provider_wants_renewed_is_asked_for_whenever_it_ends() -> None:
    fresh = HeldPush(1, 1, PushState.OPEN, NOW, NOW + 6 * HOUR)
    assert plan_pushes({1}, [fresh], now=NOW).ask == ()
    assert plan_pushes({1}, [replace(fresh, shaken=True)], now=NOW).ask == (1,)


def test_a_life_is_used_to_three_quarters() -> None:
    life = timedelta(minutes=20)
    assert plan_pushes({1}, [push(1, 1, asked=timedelta(minutes=14), life=life)], now=NOW).ask == ()
    assert plan_pushes({1}, [push(1, 1, asked=timedelta(minutes=16), life=life)], now=NOW).ask == (1,)


def moments(first: datetime, last: datetime) -> st.SearchStrategy[datetime]:
    return st.integers(int(first.timestamp()), int(last.timestamp())).map(lambda at: datetime.fromtimestamp(at, tz=UTC))


_held = st.builds(
    HeldPush,
    key=st.integers(1, 10**6),
    tenant_id=st.integers(1, 5),
    state=st.sampled_from(PushState),
    asked_at=moments(NOW - 24 * HOUR, NOW),
    until=st.none() | moments(NOW - 9 * HOUR, NOW + 24 * HOUR),
)


@given(st.sets(st.integers(1, 5)), st.lists(_held, unique_by=lambda one: one.key))
def test_every_wanted_tenant_is_told_of_asked_for_or_waits(wanted: set[int], held: list[HeldPush]) -> None:
    plan = plan_pushes(wanted, held, now=NOW)
    gone = {*plan.stop, *plan.forget}
    kept = {one.tenant_id for one in held if one.key not in gone}
    assert wanted <= kept | set(plan.ask)
    assert set(plan.ask) <= wanted
    assert len(set(plan.ask)) == len(plan.ask)
    assert not set(plan.stop) & set(plan.forget)
    left = [one.tenant_id for one in held if one.key not in gone and one.state is PushState.OPEN]
    assert len(left) == len(set(left)), "one for each tenant"
    assert set(left) <= wanted


@given(st.text(max_size=20), moments(NOW, NOW + 9999 * HOUR))
def test_a_window_ends_after_each_push_in_it_and_the_next_begins_there(tenant: str, at: datetime) -> None:
    ends = push_window_ends(tenant, now=at)
    assert at < ends <= at + PUSH_WINDOW
    assert push_window_ends(tenant, now=ends) == ends + PUSH_WINDOW
    assert push_window_ends(tenant, now=ends - PUSH_WINDOW) == ends


def test_a_push_is_about_people() -> None:
    assert wanted_by(PUSHED) is Wanted.PEOPLE
