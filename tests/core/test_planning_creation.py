"""What a rule may create, and what it leaves to a person."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenantry.core.planning.creation import (
    AutomaticProblem,
    CandidateView,
    GuardedContacts,
    Standing,
    came_after,
    judge_candidate,
)
from tenantry.core.tenants import Problem

FINE = CandidateView(problems=(), contact_email="ada@alpine.example", details_read=True, compared=True)
NOBODY = GuardedContacts()
STAFF = GuardedContacts(frozenset({"kim@gmail.com"}), frozenset({"northwind.example"}))


def test_a_tenant_with_nothing_against_it_is_created() -> None:
    assert judge_candidate(FINE, NOBODY, invites=False).standing is Standing.CREATE


@pytest.mark.parametrize(
    ("candidate", "problem"),
    [
        (replace(FINE, by_hand=True), AutomaticProblem.DECIDED_BY_HAND),
        (replace(FINE, reserved=True), AutomaticProblem.RESERVED),
        (replace(FINE, certainty=4), AutomaticProblem.LOOKS_LIKE_COMPANY),
        (replace(FINE, certainty=3), AutomaticProblem.LOOKS_LIKE_COMPANY),
        (replace(FINE, contact_shared=True), AutomaticProblem.CONTACT_SHARED),
        (replace(FINE, problems=(Problem.CONTACT_MISSING,)), AutomaticProblem.HAS_PROBLEM),
        (replace(FINE, problems=(Problem.DETAILS_REFUSED,), details_read=False), AutomaticProblem.HAS_PROBLEM),
        (replace(FINE, contact_email="Billing@Northwind.Example"), AutomaticProblem.CONTACT_OF_STAFF),
        (replace(FINE, contact_email="bill@at.northwind.example"), AutomaticProblem.CONTACT_OF_STAFF),
        (replace(FINE, contact_email="kim@gmail.com"), AutomaticProblem.CONTACT_OF_STAFF),
    ],
)
def test_each_exception_keeps_the_tenant_pending_and_is_named(
    candidate: CandidateView, problem: AutomaticProblem
) -> None:
    verdict = judge_candidate(candidate, STAFF, invites=False)
    assert (verdict.standing, verdict.problems) == (Standing.NOT_BY_RULE, (problem.value,))


@pytest.mark.parametrize("certainty", [0, 1, 2])
def test_a_match_that_is_only_likely_or_possible_does_not_keep_it(certainty: int) -> None:
    assert judge_candidate(replace(FINE, certainty=certainty), NOBODY, invites=False).standing is Standing.CREATE


def test_a_user_name_at_microsoft_keeps_it_pending_only_where_the_contact_would_be_invited() -> None:
    candidate = replace(FINE, contact_email="Ada@alpine.onMicrosoft.com")
    assert judge_candidate(candidate, NOBODY, invites=False).standing is Standing.CREATE
    assert judge_candidate(candidate, NOBODY, invites=True).problems == (AutomaticProblem.CONTACT_UNCONFIRMED.value,)


def test_another_address_at_everybody_s_mail_is_no_colleague() -> None:
    assert not STAFF.cover("someone-else@gmail.com")
    assert not STAFF.cover("ada@notnorthwind.example")
    assert not STAFF.cover("")


@pytest.mark.parametrize(
    "candidate",
    [
        replace(FINE, problems=(Problem.DETAILS_NOT_READ,), details_read=False),
        replace(FINE, compared=False),
        replace(FINE, compared=False, by_hand=True),
    ],
)
def test_before_details_and_matches_are_known_nothing_is_said(candidate: CandidateView) -> None:
    verdict = judge_candidate(candidate, STAFF, invites=False)
    assert (verdict.standing, verdict.problems) == (Standing.LATER, ())


@given(
    st.builds(
        CandidateView,
        problems=st.lists(st.sampled_from(list(Problem)), max_size=2).map(tuple),
        contact_email=st.sampled_from(["a@b.example", "a@northwind.example", "", "@", "a@b@c"]),
        details_read=st.booleans(),
        compared=st.booleans(),
        certainty=st.integers(0, 4),
        by_hand=st.booleans(),
        reserved=st.booleans(),
        contact_shared=st.booleans(),
    )
)
def test_only_what_has_nothing_at_all_against_it_is_created(candidate: CandidateView) -> None:
    verdict = judge_candidate(candidate, STAFF, invites=False)
    assert (verdict.standing is Standing.NOT_BY_RULE) == bool(verdict.problems)
    if verdict.standing is Standing.CREATE:
        assert candidate.details_read
        assert candidate.compared
        assert not any((candidate.problems, candidate.by_hand, candidate.reserved, candidate.contact_shared))
        assert candidate.certainty < 3


def test_what_came_before_the_switch_is_not_new() -> None:
    now = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
    assert came_after(now, now - timedelta(seconds=1))
    assert not came_after(now, now)
    assert not came_after(now, now + timedelta(days=1))
    assert not came_after(now, None)
