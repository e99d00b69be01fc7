"""The partner's own end of a relationship: ``PATCH`` to *none*, and ``DELETE`` in a sandbox. Contract section 6.8.

These are the only writes of the emulated Partner Center. Tenantry never makes them (``counters.written`` shows who
does); they are here because what they leave behind is what it reads: a tenant gone from the list, and a record of it.
"""

import json
from typing import Any, Final

from tenantry.emulator.counters import Counters
from tenantry.emulator.guids import is_guid
from tenantry.emulator.messages import Answer, Request, json_answer
from tenantry.emulator.microsoft import refusals as refuse
from tenantry.emulator.microsoft.gate import Caller
from tenantry.emulator.microsoft.hints import Hints
from tenantry.emulator.microsoft.switches import LeftAnswer, Switches
from tenantry.emulator.world import UnknownCustomerError, World

_CUSTOMER: Final = 4  # the parts of /v1/customers/{id}, the empty first one included
# The documented answer repeats the request in another serializer: PascalCase, explicit nulls.
_MEMBERS: Final = (
    "Id", "CommerceId", "CompanyProfile", "BillingProfile", "RelationshipToPartner", "AllowDelegatedAccess",
    "UserCredentials", "CustomDomains", "AssociatedPartnerId",
)  # fmt: skip


class Endings:
    """Ends relationships as the partner asks, and writes each into the activity log."""

    def __init__(self, world: World, switches: Switches, hints: Hints, counters: Counters) -> None:
        self._world = world
        self._switches = switches
        self._hints = hints
        self._counters = counters

    @staticmethod
    def knows(method: str, path: str) -> bool:
        """Whether the service has this path for this method."""
        parts = path.split("/")
        one = path.startswith("/v1/customers/") and len(parts) == _CUSTOMER and parts[3] != "relationshiprequests"
        return one and method in {"PATCH", "DELETE"}

    def answer(self, request: Request, path: str, caller: Caller) -> Answer:
        """Do what :meth:`knows`. Raises ``ApiRefusal``."""
        tenant = path.split("/")[3].strip("{}")
        if request.method == "PATCH" and caller.mode != "user":
            raise refuse.user_only()
        if not is_guid(tenant):
            raise refuse.not_a_guid()
        check_still_ours(self._world, self._switches, tenant)
        self._counters.note_written(f"{request.method} {path}")
        return self._deleted(tenant) if request.method == "DELETE" else self._changed(tenant, request)

    def _deleted(self, tenant: str) -> Answer:
        if not self._switches.sandbox:
            raise refuse.not_allowed()
        self._world.leave(tenant)
        self._hints.happen(tenant, operation="delete_customer")
        return Answer(204)

    def _changed(self, tenant: str, request: Request) -> Answer:
        wanted = _wanted(request)
        if wanted.get("relationshiptopartner") == "none":
            self._world.leave(tenant)
            self._hints.happen(tenant, operation="remove_partner_customer_relationship")
        elif wanted.get("allowdelegatedaccess") is False:
            self._world.set_rights(tenant, delegated=False)
            self._hints.happen(tenant, operation="dap_admin_relationship_terminated")
        else:
            raise refuse.bad_input("Only relationshipToPartner none and allowDelegatedAccess false can be set.")
        body: dict[str, Any] = {name: wanted.get(name.lower()) for name in _MEMBERS}
        return json_answer(body | {"Attributes": {"ObjectType": "Customer"}})


def check_still_ours(world: World, switches: Switches, tenant_id: str) -> None:
    """Raise ``ApiRefusal`` for a tenant that left, or that nobody knows."""
    try:
        left = world.has_left(tenant_id)
    except UnknownCustomerError as problem:
        raise refuse.unknown_tenant() from problem
    if left:
        forbidden = switches.left_answer is LeftAnswer.FORBIDDEN
        raise refuse.no_relationship() if forbidden else refuse.unknown_tenant()


def _wanted(request: Request) -> dict[str, Any]:
    """Return what the body says, names in lower case: requests may write them either way."""
    try:
        body = json.loads(request.body)
        return {name.lower(): value for name, value in body.items()}
    except (ValueError, AttributeError) as problem:
        raise refuse.bad_input("The body is no JSON object.") from problem
