import pytest

from tenantry.core.permissions import TABLE, Action, Role, may, refusal

# The table of roles and actions, cell by cell.
ALLOWED = {
    (Role.OPERATOR, action) for action in Action
} | {
    (Role.MANAGER, Action.SEE_HOME),
    (Role.MANAGER, Action.SEE_PENDING),
    (Role.MANAGER, Action.CHANGE_SYNC_SETTINGS),
    (Role.MANAGER, Action.SEE_RUNS),
    (Role.MANAGER, Action.START_RUN),
    (Role.SALES_SUPPORT, Action.SEE_HOME),
    (Role.CUSTOMER_SUPPORT, Action.SEE_HOME),
}  # fmt: skip


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("action", list(Action))
def test_each_role_may_do_exactly_what_the_table_says(role: Role, action: Action) -> None:
    assert may(role, action) == ((role, action) in ALLOWED)


@pytest.mark.parametrize("action", list(Action))
def test_nobody_may_do_anything(action: Action) -> None:
    assert not may(None, action)


def test_every_action_has_its_row() -> None:
    assert set(TABLE) == set(Action)


@pytest.mark.parametrize("action", list(Action))
def test_a_refusal_says_who_may_and_whom_to_ask(action: Action) -> None:
    sentence = refusal(action)
    assert action.value in sentence
    assert "Ask your" in sentence
    assert any(role.value in sentence for role in Role)
