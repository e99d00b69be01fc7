"""Asking for a Google connection's list of customers: the button, the schedule. One transaction, its job included."""

from datetime import datetime

from django.db import transaction

from tenantry.audit.events import Actor, Happening, Target
from tenantry.audit.services import record_event
from tenantry.connections.models import Connection, Provider
from tenantry.isolation.scope import current_marketplace_id
from tenantry.sync.entitlements import allowed_switches
from tenantry.sync.google.refreshing import marketplaces_with_google
from tenantry.sync.models import Feed
from tenantry.sync.queue import enqueue_listing
from tenantry.sync.runs.lifecycle import join_or_start_observation
from tenantry.sync.schedule import is_due

NOT_ALLOWED = "User Sync from Google is not enabled for this marketplace. Ask your operator to enable it."
NOTHING_FEEDS = "No Google connection feeds this marketplace. Ask your operator to connect Google."


class GoogleRefused(Exception):
    """It can't be done. The message says why, and whom to ask or what to do."""


@transaction.atomic
def request_google_listing(*, actor: Actor, now: datetime, request_id: str = "") -> int:
    """Have the lists of the Google connections read that feed the scope's marketplace; return how many.

    A list that is being read already is joined. Raises :class:`GoogleRefused`.
    """
    if "user_sync_google" not in allowed_switches():
        raise GoogleRefused(NOT_ALLOWED)
    feeds = Feed.objects.filter(connection__provider=Provider.GOOGLE, connection__enabled=True)
    connections = list(feeds.order_by("id").values_list("connection_id", flat=True))
    if not connections:
        raise GoogleRefused(NOTHING_FEEDS)
    for connection_id in connections:
        _start(connection_id, now=now)
    marketplace_id = current_marketplace_id()
    happening = Happening(
        "sync.google_tenants.requested", Target("marketplace", str(marketplace_id)),
        after={"connections": len(connections)},
    )  # fmt: skip
    record_event(happening, actor=actor, marketplace_id=marketplace_id, now=now, request_id=request_id)
    return len(connections)


def start_due_google_listings(*, now: datetime) -> int:
    """Have the list of each Google connection read whose hour is over and that a marketplace uses; return how many."""
    started = 0
    for connection in Connection.objects.filter(enabled=True, provider=Provider.GOOGLE):
        wanted = connection.ready_for_tenants and is_due(connection, now=now)
        if wanted and marketplaces_with_google(connection.pk):
            _start(connection.pk, now=now)
            started += 1
    return started


@transaction.atomic
def _start(connection_id: int, *, now: datetime) -> None:
    observation = join_or_start_observation(connection_id, preview=False, now=now)
    enqueue_listing(observation.pk, connection_id)
