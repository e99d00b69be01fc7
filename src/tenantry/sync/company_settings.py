"""Writes the Company Sync settings and the operator's switches."""

import re
from datetime import datetime

from tenantry.audit.events import Actor, Happening, Target
from tenantry.audit.services import record_event
from tenantry.connections.models import Connection
from tenantry.isolation.scope import current_marketplace_id
from tenantry.sync.models import CompanySyncSettings, Entitlement, Feed


class SettingsRefused(Exception):
    """The settings can't be saved. The message says why, and whom to ask or what to do."""


def save_company_sync(*, company_sync: bool, seen_version: int, actor: Actor, now: datetime) -> bool:
    """Save the panel; return whether Company Sync was switched on by this. In the marketplace's scope.

    ``seen_version`` is the version that the person saw. Raises :class:`SettingsRefused` when somebody saved
    meanwhile, or the operator's switch is off.
    """
    marketplace_id = current_marketplace_id()
    row, _ = CompanySyncSettings.objects.select_for_update().get_or_create(marketplace_id=marketplace_id)
    if company_sync and not Entitlement.objects.filter(company_sync=True).exists():
        raise SettingsRefused("Company Sync is not enabled for this marketplace. Ask your operator to enable it.")
    if row.version != seen_version:
        raise SettingsRefused(
            f"{row.changed_by_name or 'Somebody'} saved these settings after you opened the page. "
            "Look at what they are now, then decide again."
        )
    if row.company_sync == company_sync:
        return False
    before = {"company_sync": row.company_sync}
    row.company_sync, row.version = company_sync, row.version + 1
    row.changed_at, row.changed_by_name = now, actor.name
    row.save()
    happening = Happening(
        "sync.company_settings.changed", Target("marketplace", str(marketplace_id)), before=before,
        after={"company_sync": company_sync},
    )  # fmt: skip
    record_event(happening, actor=actor, marketplace_id=marketplace_id, now=now)
    return company_sync


def set_entitlement(*, company_sync: bool, actor: Actor, now: datetime) -> None:
    """Flip the operator's switch for Company Sync. In the marketplace's scope.

    Raises :class:`SettingsRefused` when no fitting connection feeds the marketplace.
    """
    marketplace_id = current_marketplace_id()
    feeds = Feed.objects.select_related("connection")
    if company_sync and not any(feed.connection.ready_for_companies for feed in feeds):
        raise SettingsRefused(
            "Company Sync needs a Microsoft connection with its application's ID and kind that feeds this marketplace."
        )
    row, _ = Entitlement.objects.get_or_create(marketplace_id=marketplace_id, defaults={"changed_at": now})
    if row.company_sync == company_sync:
        return
    row.company_sync, row.changed_at = company_sync, now
    row.save()
    happening = Happening(
        "sync.entitlement.changed",
        Target("marketplace", str(marketplace_id)),
        after={"company_sync": company_sync},
    )
    record_event(happening, actor=actor, marketplace_id=marketplace_id, now=now)


def add_feed(*, connection: Connection, countries: list[str], actor: Actor, now: datetime) -> Feed:
    """Let a connection's tenants reach the marketplace, narrowed to ``countries`` if given. In its scope.

    A feed that is there already gets these countries. Raises :class:`SettingsRefused` for a code that is none.
    """
    marketplace_id = current_marketplace_id()
    codes = sorted({country.strip().upper() for country in countries if country.strip()})
    wrong = [code for code in codes if not re.fullmatch(r"[A-Z]{2}", code)]
    if wrong:
        raise SettingsRefused(f"{wrong[0]!r} is no country code. Countries are written in two letters, such as DE.")
    feed, created = Feed.objects.select_for_update().get_or_create(
        marketplace_id=marketplace_id, connection=connection, defaults={"countries": codes, "created_at": now}
    )
    if not created and feed.countries == codes:
        return feed
    before = None if created else {"countries": feed.countries}
    feed.countries = codes
    feed.save(update_fields=["countries"])
    happening = Happening(
        f"sync.feed.{'created' if created else 'changed'}",
        Target("connection", str(connection.pk), connection.name),
        before=before,
        after={"countries": codes},
    )
    record_event(happening, actor=actor, marketplace_id=marketplace_id, now=now)
    return feed
