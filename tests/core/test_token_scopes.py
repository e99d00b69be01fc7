"""Token scopes are columns of the table of roles and actions: cell by cell, and never more than the role."""

from itertools import product

import pytest

from tenantry.core.permissions import Action, Role, may
from tenantry.core.token_scopes import NOT_FOR_TOKENS, SCOPES, TokenScope, actions_of, scopes_for, token_may


@pytest.mark.parametrize("action", list(Action))
def test_every_action_is_for_a_scope_or_says_why_no_token_does_it(action: Action) -> None:
    assert bool(scopes_for(action)) != (action in NOT_FOR_TOKENS)


@pytest.mark.parametrize(("role", "scope", "pending_open"), list(product([None, *Role], TokenScope, [False, True])))
def test_a_token_may_what_its_scope_and_its_owners_role_both_may(
    role: Role | None, scope: TokenScope, *, pending_open: bool
) -> None:
    for action in Action:
        expected = action in SCOPES[scope] and may(role, action, pending_open=pending_open)
        assert token_may([scope], role, action, pending_open=pending_open) == expected


def test_scopes_add_up_and_reading_is_the_narrowest() -> None:
    assert actions_of([]) == frozenset()
    assert actions_of(list(TokenScope)) == set(Action) - set(NOT_FOR_TOKENS)
    assert scopes_for(Action.SEE_PENDING)[0] is TokenScope.READ_PENDING
    assert scopes_for(Action.SEE_COMPANIES)[0] is TokenScope.READ_COMPANIES
