"""Reads the Company Sync panel: what the operator allows, what the manager chose. In a marketplace's scope."""

from dataclasses import dataclass, fields
from datetime import datetime

from tenantry.core.brakes import Limits
from tenantry.core.company_settings import CompanySettings
from tenantry.core.permissions import Role
from tenantry.sync.models import BrakeLimits, CompanySyncSettings, Entitlement


@dataclass(frozen=True, slots=True)
class CompanySyncSwitches:
    """The five settings as a manager chose them, and what an operator allows; ``version`` counts the saves.

    A chosen setting has no effect while Company Sync is off: ask the properties, not the ``chosen`` fields, for what
    counts. ``created_since``: tenants first seen before it are never created by a rule.
    """

    allowed: bool
    link_allowed: bool
    chosen: bool
    chosen_create_automatically: bool
    chosen_invite_admins: bool
    chosen_sales_support: bool
    chosen_customer_support: bool
    created_since: datetime | None
    version: int
    changed_at: datetime | None
    changed_by: str

    @property
    def settings(self) -> CompanySettings:
        """The five settings as chosen."""
        return CompanySettings(
            self.chosen, self.chosen_create_automatically, self.chosen_invite_admins, self.chosen_sales_support,
            self.chosen_customer_support,
        )  # fmt: skip

    @property
    def on(self) -> bool:
        """Whether tenants flow in: allowed and chosen."""
        return self.allowed and self.chosen

    @property
    def creates_automatically(self) -> bool:
        """Whether new tenants become companies by a rule."""
        return self.on and self.chosen_create_automatically

    @property
    def invites_admins(self) -> bool:
        """Whether the primary contact is invited when a company is created."""
        return self.on and self.chosen_invite_admins

    @property
    def links(self) -> bool:
        """Whether pending companies may be linked to companies by people."""
        return self.on and self.link_allowed and not self.chosen_create_automatically

    def pending_open_to(self, role: Role) -> bool:
        """Whether people of this support role may work on pending companies."""
        chosen = {Role.SALES_SUPPORT: self.chosen_sales_support, Role.CUSTOMER_SUPPORT: self.chosen_customer_support}
        return self.on and chosen.get(role, False)


def read_company_sync() -> CompanySyncSwitches:
    """Return the switches as they are now; all off on a marketplace that never saved any. Two queries."""
    entitlement = Entitlement.objects.first()
    row = CompanySyncSettings.objects.first() or CompanySyncSettings()
    return CompanySyncSwitches(
        allowed=entitlement is not None and entitlement.company_sync,
        link_allowed=entitlement is not None and entitlement.link_company,
        chosen=row.company_sync,
        chosen_create_automatically=row.create_automatically,
        chosen_invite_admins=row.invite_admins,
        chosen_sales_support=row.sales_support,
        chosen_customer_support=row.customer_support,
        created_since=row.create_automatically_since,
        version=row.version,
        changed_at=row.changed_at,
        changed_by=row.changed_by_name,
    )


def pending_open_to(role: Role) -> bool:
    """Whether people of this support role may work on pending companies now."""
    return read_company_sync().pending_open_to(role)


def chosen_in(row: CompanySyncSettings) -> CompanySettings:
    """Return the five settings as a row has them."""
    return CompanySettings(**{each.name: getattr(row, each.name) for each in fields(CompanySettings)})


def read_limits() -> Limits:
    """Return the limits of the marketplace's brakes; the defaults while nobody changed them."""
    row = BrakeLimits.objects.first()
    return Limits(**{each.name: getattr(row, each.name) for each in fields(Limits)}) if row else Limits()


def needs_two_people() -> bool:
    """Whether two different people must approve held removals."""
    return read_limits().removals_approvers > 1
