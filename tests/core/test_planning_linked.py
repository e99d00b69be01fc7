"""What becomes of linked companies: which side wins, what blanks do, relationships that end and return."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenantry.core.planning.linked import (
    FIELDS,
    FieldRule,
    LinkedKind,
    LinkedView,
    address_of,
    plan_linked,
    provider_values,
)

BLANK: dict[str, Any] = dict.fromkeys(FIELDS)
OURS = {**BLANK, "name": "Alpine Ski House", "contact_name": "Mia Huber"}
THEIRS = {
    **BLANK, "name": "Alpine Ski House GmbH", "country": "AT", "contact_name": "Max Huber",
    "address": {"city": "Wien", "postal_code": "1010"},
}  # fmt: skip
VIEW = LinkedView(1, "t-1", 7, "Alpine Ski House", OURS, THEIRS)
ALL = {rule: dict.fromkeys(FIELDS, rule) for rule in FieldRule}


def test_without_a_choice_blanks_are_filled_and_nothing_is_replaced() -> None:
    change = plan_linked(VIEW, {})
    assert change is not None
    assert (change.kind, dict(change.before)) == (LinkedKind.UPDATE, {"country": None, "address": None})
    assert change.after == {"country": "AT", "address": {"city": "Wien", "postal_code": "1010"}}
    assert change.reason == "Filled from the provider: country and address."


def test_where_the_provider_wins_its_values_replace_ours() -> None:
    change = plan_linked(VIEW, {"name": FieldRule.PROVIDER, "country": FieldRule.OURS, "address": FieldRule.OURS})
    assert change is not None
    assert change.after == {"name": "Alpine Ski House GmbH"}
    assert change.reason == "The provider's value wins: name."


def test_where_ours_win_not_even_a_blank_is_filled() -> None:
    assert plan_linked(VIEW, ALL[FieldRule.OURS]) is None


def test_a_second_tenant_of_a_company_fills_blanks_only() -> None:
    change = plan_linked(replace(VIEW, leads=False), ALL[FieldRule.PROVIDER])
    assert change is not None
    assert set(change.after) == {"country", "address"}
    assert plan_linked(replace(VIEW, leads=False, over=True), {}) is None


def test_the_end_and_the_return_of_a_relationship_are_told_once_and_nothing_else_is_touched() -> None:
    ended = plan_linked(replace(VIEW, over=True), ALL[FieldRule.PROVIDER])
    assert ended is not None
    assert (ended.kind, ended.before, ended.after) == (
        LinkedKind.ENDED, {"relationship_ended": False}, {"relationship_ended": True},
    )  # fmt: skip
    assert plan_linked(replace(VIEW, over=True, flagged=True), ALL[FieldRule.PROVIDER]) is None
    back = plan_linked(replace(VIEW, flagged=True), {})
    assert back is not None
    assert (back.kind, back.after) == (LinkedKind.RETURNED, {"relationship_ended": False})


_TEXTS = st.one_of(st.none(), st.just(""), st.sampled_from(["a", "b", "Zürich"]))
_VALUES = st.fixed_dictionaries(dict.fromkeys(FIELDS, _TEXTS))
_RULES = st.dictionaries(st.sampled_from(list(FIELDS)), st.sampled_from(list(FieldRule)))


@given(ours=_VALUES, theirs=_VALUES, rules=_RULES, leads=st.booleans())
def test_planning_what_was_just_applied_gives_nothing_and_no_blank_ever_erases(
    ours: dict[str, Any], theirs: dict[str, Any], rules: dict[str, FieldRule], *, leads: bool
) -> None:
    view = replace(VIEW, ours=ours, theirs=theirs, leads=leads)
    change = plan_linked(view, rules)
    if change is not None:
        assert all(change.after.values())
        assert plan_linked(replace(view, ours={**ours, **change.after}), rules) is None


def test_a_tenant_s_values_are_cut_to_what_a_company_keeps() -> None:
    row = {
        "name": "  N\x00ame \n" + "x" * 400, "country": "AT", "address": {"line1": " Ring 1 ", "country": "AT"},
        "registration_number": "9" * 61, "contact_first_name": "", "contact_last_name": "Huber",
        "contact_email": "x" * 255, "contact_phone": "",
    }  # fmt: skip
    values = provider_values(row)
    assert values["name"].startswith("N\N{REPLACEMENT CHARACTER}ame x")
    assert len(values["name"]) == 300
    assert (values["registration_number"], values["contact_email"], values["contact_phone"]) == (None, None, None)
    assert (values["contact_name"], values["address"]) == ("Huber", {"line1": "Ring 1"})


@pytest.mark.parametrize("empty", [None, {}, {"line1": ""}, {"line1": "  "}, {"country": "AT"}])
def test_an_address_without_a_line_is_none(empty: dict[str, str] | None) -> None:
    assert address_of(empty) is None
