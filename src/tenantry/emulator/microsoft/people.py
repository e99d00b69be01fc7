"""People as Microsoft knows them: ids, user names, licences, roles, and which tenants let the partner read them."""

import threading
from typing import Any, Final

from tenantry.emulator.clock import Clock
from tenantry.emulator.customers import Customer
from tenantry.emulator.guids import GuidSequence, derived_guid
from tenantry.emulator.staff import NO_WIDTH, Someone, Staff
from tenantry.emulator.world import UnknownCustomerError, World

_NUMBER_BITS: Final = 24
_DAYS: Final = 30 * 86_400
SKUS: Final = (
    ("O365_BUSINESS_PREMIUM", "Microsoft 365 Business Standard"), ("SPB", "Microsoft 365 Business Premium"),
    ("O365_BUSINESS_ESSENTIALS", "Microsoft 365 Business Basic"), ("SPE_E3", "Microsoft 365 E3"),
)  # fmt: skip
ROLES: Final = (
    ("62e90394-69f5-4237-9190-012177145e10", "Company Administrator", "full"),
    ("fe930be7-5e62-47db-91af-98c3a49a38b1", "User Account Administrator", "partial"),
    ("729827e3-9c14-49f7-bb1b-9608f156bbb8", "Helpdesk Administrator", ""),
    ("f023fd81-a637-4b56-95fd-791ac0226033", "Service Support Administrator", ""),
)
ACTIVE: Final = frozenset({"active", "expiring", "terminationRequested", "terminating"})
"""States of a relationship in which its roles still work."""
READERS: Final = "88d8e3e3-8f55-4a1e-953a-9b9898b8876b"


class MicrosoftPeople:
    """Who stands in which tenant. Consent for Graph is there in every second tenant that granted the role."""

    def __init__(self, world: World, staff: Staff, clock: Clock) -> None:
        self.staff = staff
        self._clock = clock
        self._world = world
        self._ids = GuidSequence(world.seed, "microsoft person")
        self._consents: dict[str, bool] = {}
        self._delegations: dict[str, dict[str, Any]] = {}
        self._lock = threading.Lock()

    def company(self, tenant_id: str) -> int:
        """Return the company of a tenant. Raises ``UnknownCustomerError``."""
        return self._world.index(tenant_id)

    def tenant_id(self, company: int) -> str:
        """Return the tenant of a company."""
        return self._world.tenant_id(company)

    def country(self, company: int) -> str:
        """Return the country that a company sits in."""
        return self._world.companies.identities.of(company).land.code

    def user_id(self, one: Someone) -> str:
        """Return a person's object id."""
        return self._ids.guid(one.company << _NUMBER_BITS | one.number)

    def by_user_id(self, company: int, user_id: str) -> Someone | None:
        """Return who in ``company`` has that object id, present or not."""
        number = self._ids.number(user_id)
        if number is None or number >> _NUMBER_BITS != company:
            return None
        try:
            return self.staff.someone(company, number & ((1 << _NUMBER_BITS) - 1))
        except IndexError:
            return None

    def mangled(self, one: Someone) -> str:
        """Return the mailbox that Entra gives somebody who was deleted, and leaves after a restore."""
        return self.user_id(one).replace("-", "")

    def user_name(self, one: Someone) -> str:
        """Return the user principal name now."""
        domain = self.staff.domain(one.company)
        if one.deleted_at is not None:
            return f"{self.mangled(one)}@{domain}"
        if one.kind == "guest":
            initial = f"{domain.removesuffix('.example').replace('-', '')[-27:]}.onmicrosoft.com"
            return f"{one.home.replace('@', '_')}#EXT#@{initial}"
        return f"{one.mailbox}@{domain}"

    def mail(self, one: Someone) -> str:
        """Return the mail address: some have none, and a shared mailbox may repeat the administrator's."""
        if one.kind == "guest":
            return one.home
        if one.kind == "service" or (not one.licensed and one.number % 3 == 1):
            return ""
        domain = self.staff.domain(one.company)
        if one.kind == "shared" and one.number % 3 == 0:
            return f"{self.staff.someone(one.company, 0).mailbox}@{domain}"
        return f"{one.mailbox}@{domain}"

    @staticmethod
    def names(one: Someone) -> dict[str, str]:
        """Return given and family name, without those that the account does not have."""
        if one.kind in {"shared", "service"}:
            return {}
        return {"first": one.given} | ({} if one.family == NO_WIDTH else {"last": one.family})

    @staticmethod
    def display_name(one: Someone) -> str:
        """Return what address books show."""
        return f"{one.given} {one.family}".replace(NO_WIDTH, "").strip()

    @staticmethod
    def sku(one: Someone) -> tuple[str, str, str] | None:
        """Return id, part number and name of a person's licence, if there is one."""
        if not one.licensed:
            return None
        part, name = SKUS[one.licence % len(SKUS)]
        return derived_guid("sku", part), part, name

    @staticmethod
    def is_restorable(one: Someone, now: float) -> bool:
        """Whether a deleted person may still come back."""
        return one.deleted_at is not None and not one.purged and now - one.deleted_at < _DAYS

    def consent(self, tenant_id: str, *, granted: bool) -> None:
        """Let a customer consent to the partner's applications, or take that back."""
        with self._lock:
            self._consents[tenant_id] = granted

    def delegate(self, tenant_id: str, **changes: Any) -> None:
        """Change the delegated administration of a customer: ``status``, ``ends``, ``roles``, ``name``."""
        with self._lock:
            self._delegations.setdefault(tenant_id.lower(), {}).update(changes)

    def delegation(self, tenant_id: str) -> dict[str, Any] | None:
        """Return ``name``, ``status``, ``ends`` (seconds since 1970) and ``roles`` of a customer, if there is one.

        Whoever granted the role has one, which ends in two months to two years.
        """
        index = self._world.index(tenant_id)
        changes = self._delegations.get(tenant_id.lower())
        if self._world.has_left(tenant_id) or not (changes or self._world.customer(tenant_id).role_granted):
            return None
        return self._as_now(index, changes or {})

    def _as_now(self, index: int, changes: dict[str, Any]) -> dict[str, Any]:
        usual = {
            "name": f"Administration {index}", "status": "active", "roles": [READERS],
            "ends": self.staff.start + 86_400.0 * (60 + index * 37 % 660),
        }  # fmt: skip
        known = {**usual, **changes}
        over = known["status"] in ACTIVE and self._clock.now() >= known["ends"]
        return {**known, "status": "expired"} if over else known

    def is_open(self, customer: Customer) -> bool:
        """Whether the partner's user may read below the tenant: granted a role, in a relationship that goes on.

        Its end closes the tenant at once, whatever was granted. Contract section 11.
        """
        changes = self._delegations.get(customer.tenant_id, {})
        return customer.role_granted and self._as_now(customer.index, changes)["status"] in ACTIVE

    def is_consented(self, tenant_id: str) -> bool:
        """Whether the service user gets tokens of Graph in the tenant."""
        try:
            index = self._world.index(tenant_id)
        except UnknownCustomerError:
            return False
        customer: Any = self._world.customer(tenant_id)
        usual = customer.role_granted and index % 2 == 0
        return self._consents.get(tenant_id.lower(), usual) and not self._world.has_left(tenant_id)
