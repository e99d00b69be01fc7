from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenantry.core.planning.companies import (
    ChangeKind,
    PendingView,
    PlannedChange,
    TenantView,
    plan_companies,
    plan_company,
    update_reason,
)
from tenantry.core.tenants import Problem, Snapshot

STATES = ("pending", "held", "ignored", "snoozed", "created", "linked", "withdrawn")
SHOWN = Snapshot("Alpine Ltd", "CH", "alpine.example", "Ada Berg", "ada@alpine.example", ())
NEWER = replace(SHOWN, name="Alpine AG")


def tenant(*, live: bool = True, linked: bool = False, snapshot: Snapshot = NEWER) -> TenantView:
    return TenantView(7, "id-7", snapshot, live=live, linked=linked, absence="" if live else "It ended.")


# What is there, whether the tenant is live, whether it is linked: the kind of change and the state after it.
TABLE = [
    (None, True, False, ChangeKind.ADD, "pending"),
    (None, True, True, None, None),
    (None, False, False, None, None),
    (None, False, True, None, None),
    *[(state, True, False, ChangeKind.UPDATE, state) for state in ("pending", "held", "ignored", "snoozed")],
    *[(state, True, True, ChangeKind.LINKED, "linked") for state in ("pending", "held", "ignored", "snoozed")],
    *[(state, False, True, ChangeKind.LINKED, "linked") for state in ("pending", "held", "ignored", "snoozed")],
    *[(state, False, False, ChangeKind.WITHDRAW, "withdrawn") for state in ("pending", "held", "snoozed")],
    ("ignored", False, False, None, None),
    ("withdrawn", True, False, ChangeKind.RETURN, "pending"),
    ("withdrawn", True, True, None, None),
    ("withdrawn", False, False, None, None),
    ("withdrawn", False, True, None, None),
    *[(state, live, linked, None, None) for state in ("created", "linked") for live in (True, False)
      for linked in (True, False)],
]  # fmt: skip


def test_the_table_of_cases_is_whole() -> None:
    cells = {(state, live, linked) for state, live, linked, _, _ in TABLE}
    expected = {
        (state, live, linked) for state in (None, *STATES) for live in (True, False) for linked in (True, False)
    }
    assert cells == expected
    assert len(TABLE) == len(expected)


@pytest.mark.parametrize(("state", "live", "linked", "kind", "after"), TABLE)
def test_each_state_changes_as_the_table_says(
    *, state: str | None, live: bool, linked: bool, kind: ChangeKind | None, after: str | None
) -> None:
    pending = PendingView(state, SHOWN) if state else None
    change = plan_company(tenant(live=live, linked=linked), pending)
    assert (change and change.kind, change and change.after.state) == (kind, after)
    if change is not None:
        assert change.before == pending
        assert change.reason.endswith(".")


@pytest.mark.parametrize("state", ["pending", "held", "ignored", "snoozed", "created", "linked"])
def test_what_is_equal_is_left_alone(state: str) -> None:
    assert plan_company(tenant(snapshot=SHOWN), PendingView(state, SHOWN)) is None


def test_what_leaves_keeps_the_words_it_was_last_known_by() -> None:
    empty = Snapshot("", "", "", "", "", ())
    change = plan_company(tenant(live=False, snapshot=empty), PendingView("pending", SHOWN))
    assert change is not None
    assert change.after.snapshot == SHOWN


def test_what_returns_shows_what_is_known_now() -> None:
    change = plan_company(tenant(), PendingView("withdrawn", SHOWN))
    assert change is not None
    assert change.after == PendingView("pending", NEWER)


def test_an_update_says_what_differs() -> None:
    after = replace(SHOWN, name="Alpine AG", country="DE", contact_email="x@alpine.example")
    assert update_reason(SHOWN, after) == "Changed at the provider: name, country and contact's e-mail."
    unread = replace(SHOWN, problems=(Problem.DETAILS_NOT_READ.value,))
    assert update_reason(unread, SHOWN) == "Details were read from the provider."


texts = st.text(max_size=12)
snapshots = st.builds(
    Snapshot,
    name=texts,
    country=texts,
    domain=texts,
    contact_name=texts,
    contact_email=texts,
    problems=st.lists(st.sampled_from([problem.value for problem in Problem]), unique=True).map(
        lambda found: tuple(sorted(found))
    ),
)
tenants = st.builds(
    TenantView,
    tenant_id=st.integers(1, 10**6),
    external_id=st.uuids().map(str),
    snapshot=snapshots,
    live=st.booleans(),
    linked=st.booleans(),
    absence=st.just("It ended."),
)
pairs = st.tuples(tenants, st.none() | st.builds(PendingView, state=st.sampled_from(STATES), snapshot=snapshots))


@given(pairs)
def test_planning_what_was_applied_gives_nothing(pair: tuple[TenantView, PendingView | None]) -> None:
    change = plan_company(*pair)
    if change is not None:
        assert plan_company(pair[0], change.after) is None


@given(pairs)
def test_a_change_is_never_empty(pair: tuple[TenantView, PendingView | None]) -> None:
    change = plan_company(*pair)
    assert change is None or change.before != change.after


@given(pairs)
def test_answers_that_stand_are_never_touched(pair: tuple[TenantView, PendingView | None]) -> None:
    tenant_view, pending = pair
    if pending is not None and pending.state in {"created", "linked"}:
        assert plan_company(tenant_view, pending) is None


@given(pairs)
def test_a_linked_tenant_never_becomes_or_stays_pending(pair: tuple[TenantView, PendingView | None]) -> None:
    tenant_view, pending = pair
    if tenant_view.linked:
        change = plan_company(tenant_view, pending)
        assert change is None or change.after.state == "linked"


@given(st.lists(pairs, max_size=8), st.randoms(use_true_random=False))
def test_the_order_of_tenants_changes_nothing(
    given_pairs: list[tuple[TenantView, PendingView | None]], random: Random
) -> None:
    shuffled = random.sample(given_pairs, len(given_pairs))
    key = repr

    def planned(some: list[tuple[TenantView, PendingView | None]]) -> list[PlannedChange]:
        return sorted(plan_companies(some), key=key)

    assert planned(given_pairs) == planned(shuffled)


@given(st.builds(PendingView, state=st.sampled_from(STATES), snapshot=snapshots))
def test_before_and_after_survive_json(view: PendingView) -> None:
    assert PendingView.from_json(view.as_json()) == view
