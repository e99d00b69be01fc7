"""Reads the Company Sync panel: what the operator allows, what the manager chose. In a marketplace's scope."""

from dataclasses import dataclass
from datetime import datetime

from tenantry.sync.models import CompanySyncSettings, Entitlement


@dataclass(frozen=True, slots=True)
class CompanySyncSwitches:
    """``allowed`` is the operator's switch, ``chosen`` the manager's; ``version`` counts the saves."""

    allowed: bool
    chosen: bool
    version: int
    changed_at: datetime | None
    changed_by: str

    @property
    def on(self) -> bool:
        """Whether tenants flow in: allowed and chosen."""
        return self.allowed and self.chosen


def read_company_sync() -> CompanySyncSwitches:
    """Return the switches as they are now; all off on a marketplace that never saved any. Two queries."""
    allowed = Entitlement.objects.filter(company_sync=True).exists()
    row = CompanySyncSettings.objects.first() or CompanySyncSettings()
    return CompanySyncSwitches(allowed, row.company_sync, row.version, row.changed_at, row.changed_by_name)
