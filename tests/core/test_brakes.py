"""A brake holds its whole class or nothing; what it says can be counted."""

import re
from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenantry.core.brakes import (
    BOUNDS,
    Brake,
    Creation,
    CreationHistory,
    Invitation,
    Limits,
    asks_for_number,
    judge_creations,
    judge_invitations,
    problems_of,
)

CREATIONS = st.lists(st.booleans(), max_size=60).map(
    lambda invites: [Creation(key, each) for key, each in enumerate(invites)]
)
LIMITS = st.builds(Limits, st.integers(0, 60), st.integers(0, 60), st.integers(1, 100))
HISTORIES = st.builds(CreationHistory, st.booleans(), st.integers(0, 60), st.integers(0, 60), st.booleans())


def planned(count: int, *, invites: bool = False) -> list[Creation]:
    return [Creation(key, invites) for key in range(count)]


@given(CREATIONS, LIMITS, HISTORIES)
def test_a_trip_holds_every_creation_and_no_trip_none(
    creations: list[Creation], limits: Limits, history: CreationHistory
) -> None:
    trip = judge_creations(creations, limits, history)
    if trip is not None:
        assert trip.held == tuple(creation.key for creation in creations)
        assert creations


@given(CREATIONS, LIMITS, HISTORIES)
def test_without_a_trip_no_limit_is_passed(creations: list[Creation], limits: Limits, history: CreationHistory) -> None:
    if judge_creations(creations, limits, history) is None and creations:
        assert history.made + len(creations) <= limits.creations_per_run
        assert history.invited + sum(each.invites for each in creations) <= limits.invitations_ask_above
        assert not history.first
        assert not history.held


@given(CREATIONS, LIMITS, HISTORIES)
def test_a_narrower_limit_never_lets_more_through(
    creations: list[Creation], limits: Limits, history: CreationHistory
) -> None:
    narrower = replace(limits, creations_per_run=max(0, limits.creations_per_run - 1))
    if judge_creations(creations, limits, history) is not None:
        assert judge_creations(creations, narrower, history) is not None


@given(CREATIONS, LIMITS, HISTORIES)
def test_the_reason_has_the_numbers_in_it(creations: list[Creation], limits: Limits, history: CreationHistory) -> None:
    trip = judge_creations(creations, limits, history)
    if trip is not None:
        numbers = {int(text.replace(",", "")) for text in re.findall(r"\d[\d,]*", trip.reason)}
        assert trip.count in numbers
        assert trip.limit is None or trip.limit in numbers


@pytest.mark.parametrize(("count", "held"), [(0, False), (25, False), (26, True)])
def test_by_default_more_than_25_companies_of_a_run_are_held(count: int, held: bool) -> None:  # noqa: FBT001  # a case
    trip = judge_creations(planned(count), Limits(), CreationHistory())
    assert (trip is not None) == held
    assert trip is None or trip.brake is Brake.CREATIONS


def test_what_the_run_made_before_counts() -> None:
    assert judge_creations(planned(5), Limits(), CreationHistory(made=20)) is None
    assert judge_creations(planned(5), Limits(), CreationHistory(made=21)) is not None


def test_the_first_creations_of_a_connection_are_held_even_if_it_is_one() -> None:
    trip = judge_creations(planned(1), Limits(), CreationHistory(first=True))
    assert trip is not None
    assert trip.brake is Brake.FIRST_CREATIONS
    assert judge_creations([], Limits(), CreationHistory(first=True)) is None


def test_more_than_200_invitations_hold_and_ask_for_the_number() -> None:
    limits = Limits(creations_per_run=1_000)
    assert judge_creations(planned(200, invites=True), limits, CreationHistory()) is None
    trip = judge_creations(planned(201, invites=True), limits, CreationHistory())
    assert trip is not None
    assert trip.brake is Brake.INVITATIONS
    assert not asks_for_number(200, limits)
    assert asks_for_number(201, limits)


def test_the_default_limits_can_be_kept_and_each_has_its_bounds() -> None:
    assert problems_of(Limits()) == {}
    assert set(BOUNDS) == {each.name for each in fields(Limits)}


@pytest.mark.parametrize("name", sorted(BOUNDS))
def test_a_limit_outside_its_bounds_is_told_in_a_sentence(name: str) -> None:
    least, most = BOUNDS[name]
    for value in (least - 1, most + 1):
        assert problems_of(replace(Limits(), **{name: value})) == {name: f"Give a number from {least:,} to {most:,}."}


def test_invitations_alone_are_held_above_the_limit_and_later_ones_wait_with_them() -> None:
    many = [Invitation(key) for key in range(150)]
    assert judge_invitations(many, Limits()) is None
    trip = judge_invitations(many, Limits(), invited=51)
    assert trip is not None
    assert (trip.brake, trip.count, trip.held) == (Brake.INVITATIONS, 201, tuple(range(150)))
    assert judge_invitations(many[:1], Limits(), held=True) is not None
    assert judge_invitations([], Limits(), invited=500) is None
