"""The User Sync panel of one provider as values: what a manager may choose, and what saving makes of it.

Pure. Who flows in under these settings is decided by ``core.planning.scope``.
"""

from dataclasses import dataclass
from enum import StrEnum


class Leavers(StrEnum):
    """What becomes of the membership of somebody who left the directory or the scope."""

    REPORT_ONLY = "report_only"
    DEACTIVATE = "deactivate"


class GivenRole(StrEnum):
    """What people become in their company when they flow in."""

    USER = "user"
    ADMINISTRATOR = "administrator"


@dataclass(frozen=True, slots=True)
class ScopeRules:
    """Who of a directory flows in. Without a rule everybody does; ``domains`` and ``org_units`` are in lower case.

    An organisational unit stands for itself and for all below it: ``/sales`` covers ``/sales/north``.
    """

    licensed_only: bool = False
    no_guests: bool = False
    no_disabled: bool = False
    domains: tuple[str, ...] = ()
    org_units: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class UserSettings:
    """What a manager chooses for one provider. All is off on a new marketplace.

    ``precedence``: of two providers that know the same person, the one with the lower number says their fields.
    """

    user_sync: bool = False
    invite_automatically: bool = False
    role: GivenRole = GivenRole.USER
    scope: ScopeRules = ScopeRules()
    leavers: Leavers = Leavers.REPORT_ONLY
    precedence: int = 0
