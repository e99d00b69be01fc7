"""Writes the operator's switches of a marketplace, in its scope."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from tenantry.audit.events import Actor, Happening, Target
from tenantry.audit.services import record_event
from tenantry.connections.models import Connection, Provider
from tenantry.isolation.scope import current_marketplace_id
from tenantry.sync.company_settings import SettingsRefused
from tenantry.sync.models import Entitlement, Feed

NEEDS_CONNECTION = (
    "Company Sync needs a Microsoft connection with its application's ID and kind that feeds this marketplace."
)
NEEDS: Final[Mapping[str, str]] = {
    "company_sync": NEEDS_CONNECTION,
    "user_sync_microsoft": "User Sync from Microsoft needs a Microsoft connection that feeds this marketplace and on "
    "which a member of Admin Agents has signed in.",
    "user_sync_google": "User Sync from Google needs a Google connection with its key, mode and administrator that "
    "feeds this marketplace.",
}
SWITCH_NAMES: Final[Mapping[str, str]] = {
    "company_sync": "Company Sync",
    "link_company": "Link Company",
    "user_sync_microsoft": "User Sync from Microsoft",
    "user_sync_google": "User Sync from Google",
}
SWITCHES: Final = tuple(SWITCH_NAMES)


def _fits(switch: str, connection: Connection) -> bool:
    if switch == "company_sync":
        return connection.ready_for_companies
    provider = Provider.GOOGLE if switch == "user_sync_google" else Provider.MICROSOFT
    return connection.provider == provider and connection.ready_for_people


def fed_for_companies(*, without: int | None = None) -> bool:
    """Whether a connection that Company Sync can use feeds the marketplace, not counting ``without``. One query."""
    return "company_sync" in fed_for(without=without)


def fed_for(*, without: int | None = None) -> frozenset[str]:
    """Return the switches for which a fitting connection feeds the marketplace, not counting ``without``. One query."""
    feeds = Feed.objects.select_related("connection")
    there = [feed.connection for feed in feeds if feed.connection_id != without]
    return frozenset(switch for switch in NEEDS if any(_fits(switch, connection) for connection in there))


def set_entitlement(*, actor: Actor, now: datetime, **wanted: bool | None) -> None:
    """Flip those of the operator's :data:`SWITCHES` that are given. The same again changes nothing.

    Raises :class:`SettingsRefused` when a sync is to be on and no fitting connection feeds the marketplace.
    """
    unknown = set(wanted) - set(SWITCHES)
    if unknown:
        raise TypeError(f"There are no such switches: {', '.join(sorted(unknown))}.")
    marketplace_id = current_marketplace_id()
    row, _ = Entitlement.objects.select_for_update().get_or_create(
        marketplace_id=marketplace_id, defaults={"changed_at": now}
    )
    given = {name: value for name, value in wanted.items() if value is not None}
    before = {name: getattr(row, name) for name in given}
    changed = {name: value for name, value in given.items() if value != before[name]}
    if not changed:
        return
    fed = fed_for()
    for name, value in changed.items():
        if value and name in NEEDS and name not in fed:
            raise SettingsRefused(NEEDS[name])
        setattr(row, name, value)
    row.changed_at = now
    row.save()
    happening = Happening(
        "sync.entitlement.changed", Target("marketplace", str(marketplace_id)),
        before={name: before[name] for name in changed}, after=changed,
    )  # fmt: skip
    record_event(happening, actor=actor, marketplace_id=marketplace_id, now=now)


def allowed_switches() -> frozenset[str]:
    """Return the switches that are on in the scope's marketplace. One query."""
    row = Entitlement.objects.first()
    return frozenset(name for name in SWITCHES if row is not None and getattr(row, name))
