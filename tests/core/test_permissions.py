from itertools import product

import pytest

from tenantry.core.permissions import OPENED_BY_SETTING, SUPPORT_ROLES, TABLE, Action, Role, may, refusal

# The table of roles and actions, cell by cell: y may, - may not, s may while the setting of the role is on.
COLUMNS = (
    Role.OPERATOR, Role.MANAGER, Role.SALES_SUPPORT, Role.CUSTOMER_SUPPORT, Role.COMPANY_ADMINISTRATOR, Role.USER,
)  # fmt: skip
ROWS = {
    Action.RUN_INSTALLATION: "y - - - - -",
    Action.SEE_HOME: "y y y y y y",
    Action.CHANGE_SYNC_SETTINGS: "y y - - - -",
    Action.SEE_RUNS: "y y - - - -",
    Action.START_RUN: "y y - - - -",
    Action.RELEASE_HOLDS: "y y - - - -",
    Action.UNDO_RUN: "y y - - - -",
    Action.SEE_NOTICES: "y y - - - -",
    Action.IMPORT: "y y - - - -",
    Action.SEE_PENDING: "y y s s - -",
    Action.DECIDE_PENDING: "y y s s - -",
    Action.UNDO_ANY_DECISION: "y y - - - -",
    Action.CONNECT_TENANT: "y y - - - -",
    Action.LINK_GOOGLE: "y y - - - -",
    Action.SEE_COMPANIES: "y y y y - -",
    Action.EDIT_COMPANIES: "y y - - - -",
    Action.HANDLE_PERSONAL_DATA: "y y - - - -",
    Action.SEE_ACTIVITY: "y y - - - -",
    Action.MAKE_TOKENS: "y y - - - -",
    Action.MANAGE_WEBHOOKS: "y y - - - -",
    Action.INVITE: "y y - - - -",
    Action.SEE_OWN_COMPANY: "- - - - y y",  # a user reads there whom to ask, and no list of people
    Action.INVITE_IN_OWN_COMPANY: "- - - - y -",
}
CELLS = {
    (role, action): cell
    for action, row in ROWS.items()
    for role, cell in zip(COLUMNS, row.split(), strict=True)
}  # fmt: skip


@pytest.mark.parametrize(("role", "action"), list(product(Role, Action)))
def test_each_role_may_do_exactly_what_the_table_says(role: Role, action: Action) -> None:
    cell = CELLS[role, action]
    assert may(role, action) == (cell == "y")
    assert may(role, action, pending_open=True) == (cell in {"y", "s"})


@pytest.mark.parametrize("pending_open", [False, True])
@pytest.mark.parametrize("action", list(Action))
def test_nobody_may_do_anything(action: Action, *, pending_open: bool) -> None:
    assert not may(None, action, pending_open=pending_open)


def test_every_action_has_its_row() -> None:
    assert set(TABLE) == set(Action) == set(ROWS)


def test_a_setting_opens_pending_companies_to_support_and_nothing_else_to_anybody() -> None:
    opened = {cell for cell in product(Role, Action) if may(*cell, pending_open=True) != may(*cell)}
    assert opened == set(product(SUPPORT_ROLES, OPENED_BY_SETTING))


@pytest.mark.parametrize("action", list(Action))
def test_a_refusal_says_who_may_and_whom_to_ask(action: Action) -> None:
    sentence = refusal(action)
    assert action.value in sentence
    assert "Ask your" in sentence
    assert any(role.value in sentence for role in Role)


@pytest.mark.parametrize(("role", "action"), list(product(Role, Action)))
@pytest.mark.parametrize("company_role", [Role.COMPANY_ADMINISTRATOR, Role.USER])
def test_staff_who_are_in_a_company_besides_get_their_own_company_and_nothing_else(
    role: Role, action: Action, company_role: Role
) -> None:
    gained = may(role, action, company_role=company_role) and not may(role, action)
    of_people = action in {Action.SEE_OWN_COMPANY, Action.INVITE_IN_OWN_COMPANY}
    assert gained == (of_people and may(company_role, action) and not may(role, action))
    assert not may(None, action, company_role=company_role)
