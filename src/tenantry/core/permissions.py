"""Who may do what: the table of roles and actions, as data.

A role's rights in one marketplace are :data:`TABLE`; operators have every right of its staff there. Rights of support
staff on pending companies hang on the marketplace's settings: :data:`OPENED_BY_SETTING`. People of companies see their
own companies only, users without administration no more of these than whom to ask; which these are is the business of
``marketplace.queries``.
"""

from collections.abc import Mapping
from enum import StrEnum


class Role(StrEnum):
    """A person's part in a marketplace."""

    OPERATOR = "operator"
    MANAGER = "marketplace manager"
    SALES_SUPPORT = "sales support"
    CUSTOMER_SUPPORT = "customer support"
    COMPANY_ADMINISTRATOR = "company administrator"
    USER = "user"


STAFF_ROLES = (Role.MANAGER, Role.SALES_SUPPORT, Role.CUSTOMER_SUPPORT)
SUPPORT_ROLES = (Role.SALES_SUPPORT, Role.CUSTOMER_SUPPORT)
COMPANY_ROLES = (Role.COMPANY_ADMINISTRATOR, Role.USER)


class Action(StrEnum):
    """Something a person may or may not do."""

    RUN_INSTALLATION = "run the installation"
    SEE_HOME = "see the home page"
    CHANGE_SYNC_SETTINGS = "change sync settings"
    SEE_RUNS = "see sync history"
    START_RUN = "start or cancel a sync"
    RELEASE_HOLDS = "release held changes"
    UNDO_RUN = "take back what a run did"
    SEE_NOTICES = "see notices"
    IMPORT = "import companies and users"
    SEE_PENDING = "see pending companies"
    DECIDE_PENDING = "decide on pending companies"
    UNDO_ANY_DECISION = "undo anybody's decisions"
    CONNECT_TENANT = "connect tenants"
    LINK_GOOGLE = "link Google tenants"
    SEE_COMPANIES = "see companies and users"
    EDIT_COMPANIES = "edit companies and users"
    HANDLE_PERSONAL_DATA = "export and erase a person's data"
    SEE_ACTIVITY = "see who did what"
    MAKE_TOKENS = "make and revoke API tokens"
    MANAGE_WEBHOOKS = "set up webhooks"
    INVITE = "invite people"
    SEE_OWN_COMPANY = "see the own company"
    INVITE_IN_OWN_COMPANY = "invite people of the own company"


_STAFF = frozenset({Role.OPERATOR, *STAFF_ROLES})
_MANAGERS = frozenset({Role.OPERATOR, Role.MANAGER})
_EVERYBODY = frozenset(Role)

TABLE: Mapping[Action, frozenset[Role]] = {
    Action.RUN_INSTALLATION: frozenset({Role.OPERATOR}),
    Action.SEE_HOME: _EVERYBODY,
    Action.CHANGE_SYNC_SETTINGS: _MANAGERS,
    Action.SEE_RUNS: _MANAGERS,
    Action.START_RUN: _MANAGERS,
    Action.RELEASE_HOLDS: _MANAGERS,
    Action.UNDO_RUN: _MANAGERS,
    Action.SEE_NOTICES: _MANAGERS,
    Action.IMPORT: _MANAGERS,
    Action.SEE_PENDING: _MANAGERS,
    Action.DECIDE_PENDING: _MANAGERS,
    Action.UNDO_ANY_DECISION: _MANAGERS,
    Action.CONNECT_TENANT: _MANAGERS,
    Action.LINK_GOOGLE: _MANAGERS,
    Action.SEE_COMPANIES: _STAFF,
    Action.EDIT_COMPANIES: _MANAGERS,
    Action.HANDLE_PERSONAL_DATA: _MANAGERS,
    Action.SEE_ACTIVITY: _MANAGERS,
    Action.MAKE_TOKENS: _MANAGERS,
    Action.MANAGE_WEBHOOKS: _MANAGERS,
    Action.INVITE: _MANAGERS,
    Action.SEE_OWN_COMPANY: frozenset({Role.COMPANY_ADMINISTRATOR, Role.USER}),
    Action.INVITE_IN_OWN_COMPANY: frozenset({Role.COMPANY_ADMINISTRATOR}),
}

# What support staff may do while Company Sync and the setting of their role are both on. Undoing their own decisions
# is part of deciding.
OPENED_BY_SETTING = frozenset({Action.SEE_PENDING, Action.DECIDE_PENDING})

# What staff may do besides, when they are people of one of the marketplace's companies as well.
_OF_COMPANY_PEOPLE = frozenset({Action.SEE_OWN_COMPANY, Action.INVITE_IN_OWN_COMPANY})


def may(
    role: Role | None, action: Action, *, pending_open: bool = False, company_role: Role | None = None
) -> bool:  # fmt: skip
    """Return whether ``role`` may do ``action``; nobody without a role may do anything.

    ``pending_open``: Company Sync is on and its setting for this support role as well. ``company_role``: what staff
    are in a company of the marketplace besides.
    """
    if role is None:
        return False
    if role in TABLE[action] or (action in _OF_COMPANY_PEOPLE and company_role in TABLE[action]):
        return True
    return pending_open and role in SUPPORT_ROLES and action in OPENED_BY_SETTING


def refusal(action: Action) -> str:
    """Return the sentence that tells a person why not, and whom to ask."""
    roles = sorted(role.value for role in TABLE[action] if role is not Role.OPERATOR)
    if not roles:
        return f"To {action.value} you need to be {Role.OPERATOR.value}. Ask your operator."
    if action in OPENED_BY_SETTING:
        return (
            f"To {action.value} you need to be {' or '.join(roles)}, or to work in support where the sync settings "
            "allow it. Ask your marketplace manager."
        )
    return f"To {action.value} you need to be {' or '.join(roles)}. Ask your marketplace manager."
