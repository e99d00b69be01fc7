"""Who may do what: the table of roles and actions, as data.

A role's rights in one marketplace are :data:`TABLE`; operators have every right there. Whether a
marketplace's own setting opens an action to support staff is passed in as ``settings``.
"""

from collections.abc import Mapping
from enum import StrEnum


class Role(StrEnum):
    """A person's part in a marketplace."""

    OPERATOR = "operator"
    MANAGER = "marketplace manager"
    SALES_SUPPORT = "sales support"
    CUSTOMER_SUPPORT = "customer support"


class Action(StrEnum):
    """Something a person may or may not do."""

    RUN_INSTALLATION = "run the installation"
    SEE_HOME = "see the home page"
    SEE_PENDING = "see pending companies"
    CHANGE_SYNC_SETTINGS = "change sync settings"
    SEE_RUNS = "see sync history"
    START_RUN = "start or cancel a sync"


_EVERYBODY = frozenset(Role)
_MANAGERS = frozenset({Role.OPERATOR, Role.MANAGER})

TABLE: Mapping[Action, frozenset[Role]] = {
    Action.RUN_INSTALLATION: frozenset({Role.OPERATOR}),
    Action.SEE_HOME: _EVERYBODY,
    Action.SEE_PENDING: _MANAGERS,
    Action.CHANGE_SYNC_SETTINGS: _MANAGERS,
    Action.SEE_RUNS: _MANAGERS,
    Action.START_RUN: _MANAGERS,
}


def may(role: Role | None, action: Action) -> bool:
    """Return whether ``role`` may do ``action``; nobody without a role may do anything."""
    return role is not None and role in TABLE[action]


def refusal(action: Action) -> str:
    """Return the sentence that tells a person why not, and whom to ask."""
    roles = sorted(role.value for role in TABLE[action] if role is not Role.OPERATOR)
    if not roles:
        return f"To {action.value} you need to be {Role.OPERATOR.value}. Ask your operator."
    return f"To {action.value} you need to be {' or '.join(roles)}. Ask your marketplace manager."
