"""Partner Center's error codes that decide something: docs/reference/partner-center.md section 12.4.

Codes that are not listed here are judged by their HTTP status.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

END_OF_LIST: Final = "2000"
STALE_ETAG: Final = 2055
CODE_WRONG_AUDIENCE: Final = 900420
MFA_REFUSED: Final = 900421

_NO_RELATIONSHIP = "The partner has no relationship with this customer (any more)"

# Which of these a tenant that left answers with is uncertain (section 17 no. 1): all mean the same here.
GONE: Final[Mapping[int, str]] = {
    20002: _NO_RELATIONSHIP,
    1000: "There is no such customer",
    60002: "There is no such user",
    60003: "There is no such tenant",
}


@dataclass(frozen=True, slots=True)
class RefusedRole:
    """What a 403 asks for. ``stops_run``: it would be the same for every customer."""

    sentence: str
    permission: str
    next_step: str
    stops_run: bool = False


_GDAP = "Ask the customer for a GDAP relationship with the Directory Readers role, and assign the user to it."
_NO_PROGRAM = RefusedRole(
    "The partner's reseller program is not active",
    "an active direct-bill or indirect-provider program",
    "Indirect resellers have no API access: connect the account of a direct-bill partner or of an indirect provider.",
    stops_run=True,
)
_NO_APP_ONLY = RefusedRole(
    "Partner Center wants a signed-in user here, and the application came alone",
    "app+user sign-in",
    "Run `tenantry connect microsoft` and sign in as a member of Admin Agents.",
    stops_run=True,
)
NO_RIGHT: Final = RefusedRole(
    "The connection may not read this customer",
    "read access to this customer",
    "Check in Partner Center what the partner may see of this customer.",
)

REFUSED_ROLES: Final[Mapping[int, RefusedRole]] = {
    1002: NO_RIGHT,
    2032: NO_RIGHT,
    600006: RefusedRole(
        "Partner Center does not allow this for this customer",
        "the requested action",
        "Check in Partner Center what the partner may do for this customer.",
    ),
    900308: RefusedRole("The delegated admin role is missing or has expired", "a GDAP role: Directory Readers", _GDAP),
    900309: RefusedRole(
        "The customer's conditional access policy blocks the partner",
        "an exception in the customer's conditional access policy",
        "Ask the customer to allow service providers in the policy.",
    ),
    900150: RefusedRole(
        "The service user's role has no rights in Partner Center",
        "membership of Admin Agents",
        "Add the service user to Admin Agents in Partner Center, then sign in again.",
        stops_run=True,
    ),
    800039: _NO_PROGRAM,
    900149: _NO_PROGRAM,
    900329: _NO_APP_ONLY,
    900316: RefusedRole(
        "Partner Center does not accept this kind of token here",
        "app+user sign-in",
        "Run `tenantry connect microsoft` and sign in as a member of Admin Agents.",
        stops_run=True,
    ),
}
