"""Delegated administration (GDAP): which customers let the partner in, with which roles, until when.

Read through Graph in the partner's own tenant. Source: docs/reference/partner-center.md section 11.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from tenantry.providers.errors import Malformed
from tenantry.providers.microsoft.mapping import guid_of
from tenantry.providers.texts import moment_of, text_of

PATH: Final = "/v1.0/tenantRelationships/delegatedAdminRelationships?$top=300"
PERMISSION: Final = "DelegatedAdminRelationship.Read.All"
DIRECTORY_READERS: Final = "88d8e3e3-8f55-4a1e-953a-9b9898b8876b"
# Which of them read people: section 7.3. Ids of role templates, the same in every tenant.
READING_ROLES: Final[Mapping[str, str]] = {
    DIRECTORY_READERS: "Directory Readers",
    "f2ef992c-3afb-46b9-b7cf-a126ee74c451": "Global Reader",
    "fe930be7-5e62-47db-91af-98c3a49a38b1": "User Administrator",
    "62e90394-69f5-4237-9190-012177145e10": "Global Administrator",
}
# From the one that is in force to the one that is least of use, where a customer has several.
_RANKS: Final = ("active", "expiring", "activating", "approved", "approvalPending", "created")


@dataclass(frozen=True, slots=True)
class Delegation:
    """One relationship of a customer. ``roles`` are ids of role templates; ``status`` is Graph's own word."""

    tenant_id: str
    name: str
    status: str
    roles: tuple[str, ...]
    ends_at: datetime | None

    @property
    def in_force(self) -> bool:
        """Whether it lets the partner in now."""
        return self.status in {"active", "expiring"}


def delegations_in(rows: Iterable[Mapping[str, Any]]) -> dict[str, Delegation]:
    """Return the relationship that counts of each customer: one in force, that ends last, before any other.

    A relationship that nobody has accepted yet has no customer, and is left out. Raises ``Malformed`` for a row that
    can't be understood: whose administration has ended is told by its absence, so that the rest would lie.
    """
    found: dict[str, Delegation] = {}
    for row in rows:
        delegation = _delegation(row)
        if delegation is not None:
            other = found.get(delegation.tenant_id)
            if other is None or _worth(delegation) > _worth(other):
                found[delegation.tenant_id] = delegation
    return found


def _worth(delegation: Delegation) -> tuple[int, bool, str]:
    rank = _RANKS.index(delegation.status) if delegation.status in _RANKS else len(_RANKS)
    return -rank, bool(set(delegation.roles) & set(READING_ROLES)), str(delegation.ends_at or "")


def _delegation(row: Mapping[str, Any]) -> Delegation | None:
    customer, access = row.get("customer"), row.get("accessDetails")
    if customer is None:
        return None
    tenant_id = guid_of(customer.get("tenantId")) if isinstance(customer, dict) else None
    if tenant_id is None or not isinstance(row.get("status"), str):
        raise Malformed("A delegated administration does not say whose it is, or how it stands.", where=PATH)
    listed = access.get("unifiedRoles") if isinstance(access, dict) else None
    roles = [guid_of(role.get("roleDefinitionId")) for role in listed or () if isinstance(role, dict)]
    return Delegation(
        tenant_id=tenant_id,
        name=text_of(row.get("displayName"))[:200],
        status=text_of(row.get("status"))[:30],
        roles=tuple(sorted({role for role in roles if role})),
        ends_at=moment_of(row.get("endDateTime")),
    )
