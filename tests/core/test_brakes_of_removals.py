"""Removals: small companies are kept whole, leaks are found, and a trip stops its class and nothing else."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenantry.core.brakes import (
    Brake,
    CompanySize,
    Failures,
    Limits,
    PastRemoval,
    Removal,
    RemovalHistory,
    Verdict,
    judge_failures,
    judge_removals,
)

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
DEFAULTS = Limits()
COMPANIES = range(6)
World = tuple[list[Removal], dict[int, CompanySize], RemovalHistory]


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Draw a plan over six companies: some lose many, some few; what was removed before; what waits already."""
    sizes, removals, keys = {}, [], count()
    for company in COMPANIES:
        people = draw(st.integers(1, 40))
        administrators = draw(st.integers(0, min(people, 3)))
        sizes[company] = CompanySize(f"Company {company}", people, administrators)
        leaving = draw(st.integers(0, people) | st.integers(0, min(people, 2)))
        removals += [Removal(next(keys), company, administrator=n < administrators) for n in range(leaving)]
    ages = st.builds(timedelta, hours=st.integers(0, 24 * 40))
    past = draw(
        st.lists(st.builds(PastRemoval, st.sampled_from(COMPANIES), ages.map(lambda age: NOW - age)), max_size=25)
    )
    waiting = draw(st.frozensets(st.sampled_from(COMPANIES), max_size=1))
    people = sum(size.people for size in sizes.values()) + draw(st.integers(0, 2_000))
    return removals, sizes, RemovalHistory(people, past, waiting, draw(st.booleans()))


def judged(world: World, limits: Limits = DEFAULTS) -> Verdict:
    removals, sizes, history = world
    return judge_removals(removals, sizes, limits, history, now=NOW)


@given(worlds())
@settings(max_examples=60)
def test_a_trip_holds_its_whole_class_and_everything_else_goes_through(world: World) -> None:
    removals = world[0]
    verdict = judged(world)
    keys = [key for trip in verdict.trips for key in trip.held]
    assert len(keys) == len(set(keys)), "held twice"
    tripped = {trip.company for trip in verdict.trips}
    for removal in removals:
        assert (removal.key in verdict.held) == (None in tripped or removal.company in tripped)


@given(worlds())
@settings(max_examples=60)
def test_what_goes_through_passes_no_limit(world: World) -> None:
    removals, sizes, history = world
    passing = [each for each in removals if each.key not in judged(world).held]
    for company, size in sizes.items():
        leaving = [each for each in passing if each.company == company]
        if not leaving:
            continue
        assert len(leaving) < size.people
        assert size.administrators - sum(each.administrator for each in leaving) >= min(1, size.administrators)
        assert len(leaving) < 3 or len(leaving) < 0.2 * size.people
        week = [each for each in history.past if each.company == company and NOW - each.at < timedelta(days=7)]
        assert len(leaving) + len(week) < 0.34 * (size.people + len(week))
        assert company not in history.waiting
    if passing:
        day = sum(NOW - each.at < timedelta(days=1) for each in history.past)
        month = sum(NOW - each.at < timedelta(days=30) for each in history.past)
        assert len(passing) + day <= 500
        assert history.linked_people + day < 50 or len(passing) + day <= 0.05 * (history.linked_people + day)
        assert len(passing) + month <= 2 or len(passing) + month < 0.1 * (history.linked_people + month)
        assert not history.all_waiting


@given(worlds(), st.data())
@settings(max_examples=60)
def test_fewer_removals_a_wider_limit_or_a_shorter_past_never_hold_more(world: World, data: st.DataObject) -> None:
    removals, sizes, history = world
    held = judged(world).held
    dropped = data.draw(st.sets(st.sampled_from(removals)) if removals else st.just(set()))
    fewer = [each for each in removals if each not in dropped]
    assert judged((fewer, sizes, history)).held <= held
    assert judged((removals, sizes, replace(history, past=history.past[1:]))).held <= held
    wider = replace(
        DEFAULTS, removals_company_least=5, removals_company_percent=25, removals_company_week_percent=50,
        removals_day_most=600, removals_day_percent=8, removals_day_least_people=80, removals_month_percent=15,
    )  # fmt: skip
    assert judged(world, wider).held <= held


@given(worlds())
@settings(max_examples=30)
def test_each_reason_has_its_numbers_in_it(world: World) -> None:
    for trip in judged(world).trips:
        numbers = {int(text.replace(",", "")) for text in re.findall(r"\d[\d,]*", trip.reason)}
        assert trip.limit is None or {trip.count, trip.of, trip.limit} <= numbers


def leaving(people: int, gone: int, *, administrators: int = 1, administrators_gone: int = 0) -> Verdict:
    """Judge a company with ``people`` of whom ``gone`` leave, in a large marketplace."""
    removals = [Removal(key, 1, key < administrators_gone) for key in range(gone)]
    sizes = {1: CompanySize("Fabrikam", people, administrators)}
    return judge_removals(removals, sizes, DEFAULTS, RemovalHistory(100_000), now=NOW)


@pytest.mark.parametrize(
    ("people", "gone", "brake"),
    [
        (9, 2, None), (9, 3, Brake.COMPANY_REMOVALS), (100, 19, None), (100, 20, Brake.COMPANY_REMOVALS),
        (1, 1, Brake.COMPANY_EMPTY), (9, 9, Brake.COMPANY_EMPTY), (3, 1, None), (2, 1, Brake.COMPANY_REMOVALS_WEEK),
        (5, 2, Brake.COMPANY_REMOVALS_WEEK),
    ],
)  # fmt: skip
def test_a_company_is_held_from_3_people_and_20_percent_on_and_never_emptied(
    people: int, gone: int, brake: Brake | None
) -> None:
    assert [trip.brake for trip in leaving(people, gone).trips] == ([brake] if brake else [])


def test_the_reason_says_who_how_many_and_which_limit() -> None:
    assert leaving(9, 5).trips[0].reason == "Removals at Fabrikam: 5 of 9 people (limit 20 %)."


def test_no_company_loses_its_last_administrator_unasked() -> None:
    assert leaving(50, 1, administrators=1, administrators_gone=1).trips[0].brake is Brake.COMPANY_ADMINISTRATORS
    assert leaving(50, 1, administrators=2, administrators_gone=1).trips == ()
    assert leaving(50, 1, administrators=0).trips == ()


def spread(count: int, linked: int, past: list[PastRemoval] | None = None) -> Verdict:
    """Judge ``count`` removals, each at a large company of its own."""
    removals = [Removal(key, key) for key in range(count)]
    sizes = {key: CompanySize(str(key), 100, 1) for key in range(count)}
    return judge_removals(removals, sizes, DEFAULTS, RemovalHistory(linked, past or []), now=NOW)


@pytest.mark.parametrize(
    ("count", "linked", "brake"),
    [
        (500, 50_000, None), (501, 50_000, Brake.REMOVALS_DAY),
        (50, 1_000, None), (51, 1_000, Brake.REMOVALS_DAY_SHARE),
        (3, 50, Brake.REMOVALS_DAY_SHARE), (3, 49, None), (2, 9, None), (3, 9, Brake.REMOVALS_MONTH),
    ],
)  # fmt: skip
def test_a_marketplace_is_held_above_500_people_or_5_percent_in_a_day(
    count: int, linked: int, brake: Brake | None
) -> None:
    assert [trip.brake for trip in spread(count, linked).trips] == ([brake] if brake else [])


def test_what_was_removed_within_the_day_counts_and_what_is_older_does_not() -> None:
    hours = [PastRemoval(900, NOW - timedelta(hours=age)) for age in range(24)]
    assert spread(26, 1_000 - 24, hours).trips == ()
    assert spread(27, 1_000 - 24, hours).trips[0].brake is Brake.REMOVALS_DAY_SHARE
    older = [PastRemoval(900, each.at - timedelta(hours=24)) for each in hours]
    assert spread(27, 1_000 - 24, older).trips == ()


def test_a_slow_leak_of_one_percent_a_day_trips_the_brake_of_30_days() -> None:
    linked = 3_000
    past: list[PastRemoval] = []
    for day in range(40):
        now, companies = NOW + timedelta(days=day), range(linked // 100)
        removals = [Removal(key, key) for key in companies]
        sizes = {key: CompanySize(str(key), 100, 1) for key in companies}
        verdict = judge_removals(removals, sizes, DEFAULTS, RemovalHistory(linked, past), now=now)
        if verdict.trips:
            break
        linked -= len(removals)
        past += [PastRemoval(each.company, now) for each in removals]
    assert [trip.brake for trip in verdict.trips] == [Brake.REMOVALS_MONTH]
    assert len(past) < 300
    assert verdict.held == {each.key for each in removals}


def test_a_leak_inside_one_company_trips_the_brake_of_7_days_and_leaves_the_others_alone() -> None:
    people = 20
    past: list[PastRemoval] = []
    for day in range(7):
        now = NOW + timedelta(days=day)
        plan = [Removal(0, 1), Removal(1, 2)]
        sizes = {1: CompanySize("Fabrikam", people, 1), 2: CompanySize("Contoso", 500, 1)}
        verdict = judge_removals(plan, sizes, DEFAULTS, RemovalHistory(9_000, past), now=now)
        if verdict.trips:
            break
        people -= 1
        past.append(PastRemoval(1, now))
    assert [(trip.brake, trip.company) for trip in verdict.trips] == [(Brake.COMPANY_REMOVALS_WEEK, 1)]
    assert len(past) == 6
    assert verdict.held == {0}


def test_a_run_that_is_judged_in_parts_is_held_like_one_that_is_judged_at_once() -> None:
    sizes = {1: CompanySize("Fabrikam", 10, 1)}
    history = RemovalHistory(1_000, [PastRemoval(1, NOW, in_run=True)] * 2)
    verdict = judge_removals([Removal(7, 1)], sizes, DEFAULTS, history, now=NOW)
    assert verdict.trips[0].reason == "Removals at Fabrikam: 3 of 12 people (limit 20 %)."


def test_what_comes_after_a_trip_waits_with_it() -> None:
    sizes = {1: CompanySize("Fabrikam", 100, 1), 2: CompanySize("Contoso", 100, 1)}
    plan = [Removal(0, 1), Removal(1, 2)]
    history = RemovalHistory(1_000, waiting=frozenset({1}))
    assert judge_removals(plan, sizes, DEFAULTS, history, now=NOW).held == {0}
    assert judge_removals(plan, sizes, DEFAULTS, replace(history, all_waiting=True), now=NOW).held == {0, 1}


@pytest.mark.parametrize(
    ("tried", "failed", "trips"), [(19, 19, False), (20, 8, False), (20, 9, True), (10_000, 1, False), (0, 0, False)]
)
def test_a_connection_is_set_aside_when_more_than_40_percent_of_20_rows_fail(
    tried: int,
    failed: int,
    trips: bool,  # noqa: FBT001  # a case
) -> None:
    trip = judge_failures(Failures(tried, failed), DEFAULTS)
    assert (trip is not None) == trips
    assert trip is None or trip.brake is Brake.ERRORS


def test_refused_credentials_set_a_connection_aside_at_once() -> None:
    trip = judge_failures(Failures(1, 1, credentials="The secret has expired."), DEFAULTS)
    assert trip is not None
    assert (trip.brake, trip.reason) == (Brake.CREDENTIALS, "The secret has expired.")
