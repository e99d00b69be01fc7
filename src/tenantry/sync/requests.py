"""Asking for a sync: Sync now, a preview, the schedule. One transaction, the first job included."""

from dataclasses import dataclass
from datetime import datetime

from tenantry.audit.events import Actor
from tenantry.connections.models import Provider
from tenantry.isolation.scope import marketplace_scope
from tenantry.sync.models import CompanySyncSettings, Entitlement, Feed, Run, Trigger
from tenantry.sync.queue import enqueue_listing
from tenantry.sync.runs.lifecycle import create_run, join_or_start_observation


class SyncRefused(Exception):
    """A sync can't be started. The message says why, and whom to ask or what to do."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asked for a sync, and how. ``although_off`` lets a preview show what switching on would do."""

    actor: Actor
    trigger: Trigger
    preview: bool = False
    although_off: bool = False


def request_sync(
    *,
    marketplace_id: int,
    asked: Asked,
    now: datetime,
    enqueue: bool = True,
    connection_id: int | None = None,
) -> list[Run]:
    """Start, or join, a sync of each connection that feeds the marketplace; return its runs.

    ``enqueue`` defers the first job; without it the caller drives the observation itself. Raises
    :class:`SyncRefused` when the marketplace does not sync companies, or nothing feeds it.
    """
    with marketplace_scope(marketplace_id):
        _check_allowed(although_off=asked.preview and asked.although_off)
        feeds = Feed.objects.select_related("connection").filter(
            connection__enabled=True, connection__provider=Provider.MICROSOFT
        )
        if connection_id is not None:
            feeds = feeds.filter(connection_id=connection_id)
        runs = [_start(feed, asked, now=now) for feed in feeds.order_by("id")]
        if not runs:
            raise SyncRefused("No connection feeds this marketplace. Ask your operator to connect a Partner Center.")
        if enqueue:
            for run in runs:
                enqueue_listing(run.observation_id or 0, run.connection_id or 0)
        return runs


def _check_allowed(*, although_off: bool) -> None:
    entitled = Entitlement.objects.filter(company_sync=True).exists()
    if not entitled:
        raise SyncRefused("Company Sync is not enabled for this marketplace. Ask your operator to enable it.")
    switched_on = CompanySyncSettings.objects.filter(company_sync=True).exists()
    if not switched_on and not although_off:
        raise SyncRefused("Company Sync is off. A manager turns it on under Settings, Data Sync.")


def _start(feed: Feed, asked: Asked, *, now: datetime) -> Run:
    observation = join_or_start_observation(feed.connection_id, preview=asked.preview, now=now)
    return create_run(
        marketplace_id=feed.marketplace_id, connection_id=feed.connection_id, observation=observation,
        trigger=asked.trigger, actor=asked.actor, preview=asked.preview, now=now,
    )  # fmt: skip
