"""What saving the Company Sync panel makes of its five settings.

Pure. Whether a setting has an effect is not decided here (``sync.switches``): *create automatically* and *invite
admins* keep their value while Company Sync is off, and only the two settings of the support roles follow it.
"""

from dataclasses import asdict, dataclass, replace
from datetime import datetime


@dataclass(frozen=True, slots=True)
class CompanySettings:
    """The five settings as a manager chooses them. All are off on a new marketplace."""

    company_sync: bool = False
    create_automatically: bool = False
    invite_admins: bool = False
    sales_support: bool = False
    customer_support: bool = False


@dataclass(frozen=True, slots=True)
class Saved:
    """The settings after a save, and since when automatic creation counts tenants as new (``None``: it is off)."""

    settings: CompanySettings
    created_since: datetime | None


def settle_settings(
    before: CompanySettings, wanted: CompanySettings, *, created_since: datetime | None, now: datetime
) -> Saved:
    """Return what is saved when ``wanted`` is asked for on top of ``before``.

    The support roles' settings go on and off with Company Sync; only while it stays on do their own values count.
    ``created_since`` is the moment kept so far: it begins with switching automatic creation on and ends with it.
    """
    stays_on = before.company_sync and wanted.company_sync
    settled = replace(
        wanted,
        sales_support=wanted.sales_support if stays_on else wanted.company_sync,
        customer_support=wanted.customer_support if stays_on else wanted.company_sync,
    )
    if not settled.create_automatically:
        return Saved(settled, None)
    began = created_since if before.create_automatically and created_since is not None else now
    return Saved(settled, began)


def differences(before: CompanySettings, after: CompanySettings) -> tuple[dict[str, bool], dict[str, bool]]:
    """Return the settings that differ, as they were and as they are."""
    old, new = asdict(before), asdict(after)
    names = [name for name in old if old[name] != new[name]]
    return {name: old[name] for name in names}, {name: new[name] for name in names}
