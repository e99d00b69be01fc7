"""Writes the operator's switches of a marketplace, in its scope."""

from datetime import datetime

from tenantry.audit.events import Actor, Happening, Target
from tenantry.audit.services import record_event
from tenantry.isolation.scope import current_marketplace_id
from tenantry.sync.company_settings import SettingsRefused
from tenantry.sync.models import Entitlement, Feed

NEEDS_CONNECTION = (
    "Company Sync needs a Microsoft connection with its application's ID and kind that feeds this marketplace."
)


def fed_for_companies(*, without: int | None = None) -> bool:
    """Whether a connection that Company Sync can use feeds the marketplace, not counting ``without``. One query."""
    feeds = Feed.objects.select_related("connection")
    return any(feed.connection.ready_for_companies for feed in feeds if feed.connection_id != without)


def set_entitlement(
    *, company_sync: bool | None = None, link_company: bool | None = None, actor: Actor, now: datetime
) -> None:
    """Flip the operator's switches that are given. The same again changes nothing.

    Raises :class:`SettingsRefused` when Company Sync is to be on and no fitting connection feeds the marketplace.
    """
    marketplace_id = current_marketplace_id()
    row, _ = Entitlement.objects.select_for_update().get_or_create(
        marketplace_id=marketplace_id, defaults={"changed_at": now}
    )
    before = {"company_sync": row.company_sync, "link_company": row.link_company}
    given = {"company_sync": company_sync, "link_company": link_company}
    after = {name: before[name] if value is None else value for name, value in given.items()}
    if after == before:
        return
    if after["company_sync"] and not before["company_sync"] and not fed_for_companies():
        raise SettingsRefused(NEEDS_CONNECTION)
    row.company_sync, row.link_company, row.changed_at = after["company_sync"], after["link_company"], now
    row.save()
    changed = {name: value for name, value in after.items() if value != before[name]}
    happening = Happening(
        "sync.entitlement.changed", Target("marketplace", str(marketplace_id)),
        before={name: before[name] for name in changed}, after=changed,
    )  # fmt: skip
    record_event(happening, actor=actor, marketplace_id=marketplace_id, now=now)
