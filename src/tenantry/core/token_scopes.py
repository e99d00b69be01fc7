"""What a token of the REST API is for: its scopes, as further columns of the table of roles and actions.

A token may do an action when one of its scopes has it *and* the current role of whoever made it has it as well
(:mod:`.permissions`). So a token never may more than its owner, and less from the moment on that the owner may less.
"""

from collections.abc import Collection, Mapping
from enum import StrEnum

from tenantry.core.permissions import Action, Role, may


class TokenScope(StrEnum):
    """A part of the API that a token may be given for."""

    READ_PENDING = "pending:read"
    DECIDE_PENDING = "pending:decide"
    READ_COMPANIES = "companies:read"
    WRITE_COMPANIES = "companies:write"
    PERSONAL_DATA = "people:data"
    INVITATIONS = "invitations"
    CONNECT = "connect"
    READ_RUNS = "runs:read"
    START_RUNS = "runs:start"
    HOLDS = "holds"
    SETTINGS = "settings"
    WEBHOOKS = "webhooks"
    READ_ACTIVITY = "activity:read"
    INSTALLATION = "installation"


SCOPES: Mapping[TokenScope, frozenset[Action]] = {
    TokenScope.READ_PENDING: frozenset({Action.SEE_PENDING}),
    TokenScope.DECIDE_PENDING: frozenset({Action.SEE_PENDING, Action.DECIDE_PENDING, Action.UNDO_ANY_DECISION}),
    TokenScope.READ_COMPANIES: frozenset({Action.SEE_COMPANIES}),
    TokenScope.WRITE_COMPANIES: frozenset({Action.SEE_COMPANIES, Action.EDIT_COMPANIES, Action.IMPORT}),
    TokenScope.PERSONAL_DATA: frozenset({Action.HANDLE_PERSONAL_DATA}),
    TokenScope.INVITATIONS: frozenset({Action.INVITE}),
    TokenScope.CONNECT: frozenset({Action.CONNECT_TENANT, Action.LINK_GOOGLE}),
    TokenScope.READ_RUNS: frozenset({Action.SEE_RUNS, Action.SEE_NOTICES}),
    TokenScope.START_RUNS: frozenset({Action.SEE_RUNS, Action.START_RUN, Action.UNDO_RUN}),
    TokenScope.HOLDS: frozenset({Action.RELEASE_HOLDS}),
    TokenScope.SETTINGS: frozenset({Action.CHANGE_SYNC_SETTINGS}),
    TokenScope.WEBHOOKS: frozenset({Action.MANAGE_WEBHOOKS}),
    TokenScope.READ_ACTIVITY: frozenset({Action.SEE_ACTIVITY}),
    TokenScope.INSTALLATION: frozenset({Action.RUN_INSTALLATION}),
}

# What no token does, and why.
NOT_FOR_TOKENS: Mapping[Action, str] = {
    Action.SEE_HOME: "The home page shows numbers that the lists have.",
    Action.MAKE_TOKENS: "A token that leaked must not make another one.",
    Action.SEE_OWN_COMPANY: "People of companies have no tokens; a marketplace's token reads companies.",
    Action.INVITE_IN_OWN_COMPANY: "People of companies have no tokens; a marketplace's token invites.",
}


def token_may(
    scopes: Collection[TokenScope], role: Role | None, action: Action, *, pending_open: bool = False
) -> bool:  # fmt: skip
    """Return whether a token with ``scopes`` of somebody in ``role`` may do ``action``. See ``permissions.may``."""
    return action in actions_of(scopes) and may(role, action, pending_open=pending_open)


def actions_of(scopes: Collection[TokenScope]) -> frozenset[Action]:
    """Return what these scopes are good for, whoever has them."""
    return frozenset[Action]().union(*(SCOPES[scope] for scope in scopes))


def scopes_for(action: Action) -> tuple[TokenScope, ...]:
    """Return the scopes that have ``action``, the narrowest first."""
    having = (scope for scope in TokenScope if action in SCOPES[scope])
    return tuple(sorted(having, key=lambda scope: len(SCOPES[scope])))


def scopes_open_to(role: Role | None, *, installation: bool) -> tuple[TokenScope, ...]:
    """Return the scopes that somebody in ``role`` can make a token for: ``installation``, or for a marketplace."""
    own = (scope for scope in TokenScope if (scope is TokenScope.INSTALLATION) == installation)
    return tuple(scope for scope in own if any(may(role, action) for action in SCOPES[scope]))
