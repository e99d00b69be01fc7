"""Feeds: which connections' tenants reach a marketplace, through which filter. In the marketplace's scope."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection as database

from tenantry.audit.events import Actor, Happening, Target
from tenantry.audit.services import record_event
from tenantry.connections.models import Connection
from tenantry.core.feed_filters import FeedFilter, TypedFilter, read_filter
from tenantry.isolation.scope import current_marketplace_id
from tenantry.sync.company_settings import SettingsRefused
from tenantry.sync.entitlements import NEEDS, SWITCH_NAMES, allowed_switches, fed_for
from tenantry.sync.models import Feed
from tenantry.sync.runs.candidates import inside, waiting

_MOST_RECORDED = 50

_FILTER = """(
    select %(countries)s::varchar[] as countries, %(domains)s::varchar[] as domains,
           %(indirect_resellers)s::varchar[] as indirect_resellers, %(tenant_ids)s::varchar[] as tenant_ids
)"""

# Tenants that another feed of the marketplace carries are in its reach whatever this filter says.
_EFFECT = f"""
with judged as (
    select p.state, l.id is not null as linked, {inside("f")} as passes, {waiting("f")} as waits,
        exists (
            select from sync_feed f2 join sync_sighting s2 on s2.connection_id = f2.connection_id
            where f2.marketplace_id = %(marketplace)s and f2.connection_id <> %(connection)s
            and s2.tenant_id = t.id and s2.relationship = 'reseller' and s2.ended_at is null and {inside("f2")}
        ) as elsewhere
    from sync_sighting s
    join sync_tenant t on t.id = s.tenant_id
    cross join {_FILTER} f
    left join sync_pendingcompany p on p.marketplace_id = %(marketplace)s and p.tenant_id = t.id
    left join sync_tenantlink l on l.marketplace_id = %(marketplace)s and l.tenant_id = t.id and l.ended_at is null
    where s.connection_id = %(connection)s and s.relationship = 'reseller' and s.ended_at is null
)
select count(*), count(*) filter (where passes), count(*) filter (where waits),
    count(*) filter (where passes and not linked and (state is null or state = 'withdrawn')),
    count(*) filter (where not passes and not elsewhere and state in ('pending', 'held', 'snoozed')),
    count(*) filter (where passes and linked)
from judged
"""  # noqa: S608  # made of our own columns only


@dataclass(frozen=True, slots=True)
class FeedEffect:
    """What a filter would do, in numbers, judged by what is known of the tenants now.

    ``tenants``: reseller customers that the connection sees; ``passing`` the filter; ``waiting`` for details that
    decide; ``entering`` the pending companies; ``leaving`` them as withdrawn; ``linked`` of those passing.
    """

    tenants: int
    passing: int
    waiting: int
    entering: int
    leaving: int
    linked: int

    @property
    def kept_out(self) -> int:
        """How many the filter keeps out for sure."""
        return self.tenants - self.passing - self.waiting


def filter_of(feed: Feed | None) -> FeedFilter:
    """Return the filter of a feed; of none, the one that lets all through."""
    if feed is None:
        return FeedFilter()
    return FeedFilter(
        tuple(feed.countries), tuple(feed.domains), tuple(feed.indirect_resellers), tuple(feed.tenant_ids)
    )


def effect_of(connection: Connection, wanted: FeedFilter) -> FeedEffect:
    """Return what this filter on the connection's feed would do. One query."""
    parameters: dict[str, Any] = {
        **wanted.as_json(), "marketplace": current_marketplace_id(), "connection": connection.pk,
    }  # fmt: skip
    with database.cursor() as cursor:
        cursor.execute(_EFFECT, parameters)
        return FeedEffect(*cursor.fetchone())


def add_feed(*, connection: Connection, countries: Iterable[str], actor: Actor, now: datetime) -> Feed:
    """Let a connection's tenants reach the marketplace, narrowed to ``countries`` if given, and to nothing else.

    Raises :class:`SettingsRefused` for a code that is none.
    """
    read = read_filter(TypedFilter(countries=" ".join(countries)))
    if read.errors:
        raise SettingsRefused(next(iter(read.errors.values())))
    return save_feed(connection=connection, wanted=read.value, actor=actor, now=now)


def save_feed(*, connection: Connection, wanted: FeedFilter, actor: Actor, now: datetime) -> Feed:
    """Create the connection's feed with this filter, or give the one that is there this filter."""
    marketplace_id = current_marketplace_id()
    parts = wanted.as_json()
    feed, created = Feed.objects.select_for_update().get_or_create(
        marketplace_id=marketplace_id, connection=connection, defaults={**parts, "created_at": now}
    )
    before = filter_of(feed)
    if not created and before == wanted:
        return feed
    for name, value in parts.items():
        setattr(feed, name, value)
    feed.save(update_fields=list(parts))
    happening = Happening(
        f"sync.feed.{'created' if created else 'changed'}",
        Target("connection", str(connection.pk), connection.name),
        before=None if created else _recorded(before),
        after=_recorded(wanted),
    )
    record_event(happening, actor=actor, marketplace_id=marketplace_id, now=now)
    return feed


def remove_feed(*, connection: Connection, actor: Actor, now: datetime) -> None:
    """End the feed. What it brought stays as it is, and follows the provider no more.

    Raises ``Feed.DoesNotExist``, and :class:`SettingsRefused` while a sync is enabled here and would be left without
    any connection that it can use.
    """
    marketplace_id = current_marketplace_id()
    feed = Feed.objects.select_for_update().get(connection=connection)
    stranded = sorted((allowed_switches() & set(NEEDS)) - fed_for(without=connection.pk))
    if stranded:
        name = SWITCH_NAMES[stranded[0]]
        raise SettingsRefused(
            f"It is the last connection that {name} can use here. Disable {name} for this marketplace "
            "first, or let another connection feed it."
        )
    before = _recorded(filter_of(feed))
    feed.delete()
    happening = Happening("sync.feed.removed", Target("connection", str(connection.pk), connection.name), before=before)
    record_event(happening, actor=actor, marketplace_id=marketplace_id, now=now)


def _recorded(wanted: FeedFilter) -> dict[str, object]:
    """Return the filter for the record; of a long list its beginning, and how long it is."""
    parts: dict[str, object] = {}
    for name, values in wanted.as_json().items():
        parts[name] = values[:_MOST_RECORDED]
        if len(values) > _MOST_RECORDED:
            parts[f"{name}_count"] = len(values)
    return parts
