"""Asking for a sync of people: of everybody, of one company. One transaction, the first job included."""

from datetime import datetime

from tenantry.connections.models import Provider
from tenantry.isolation.scope import marketplace_scope
from tenantry.sync.models import Feed, Run, TenantLink
from tenantry.sync.people.runs import Wish, create_people_run
from tenantry.sync.queue import enqueue_people
from tenantry.sync.requests import SyncRefused
from tenantry.sync.user_settings import read_user_sync

_NOT_ALLOWED = "User Sync is not enabled for this marketplace. Ask your operator to enable it."
_OFF = "User Sync is off. A manager turns it on under Settings, Data Sync."
_NO_CONNECTION = (
    "No connection that can read people feeds this marketplace. Ask your operator: people need a signed-in Microsoft "
    "connection, or a Google one."
)
_NOT_LINKED = "The company is linked to no tenant whose people could be read. Link one first."


def request_people_sync(
    *, marketplace_id: int, wish: Wish, now: datetime, enqueue: bool = True, connection_id: int | None = None,
    although_off: bool = False,
) -> list[Run]:  # fmt: skip
    """Start, or join, a run of each connection that feeds the marketplace; return the runs.

    ``enqueue`` defers the first job; without it the caller drives the connections itself. ``although_off`` lets a
    preview show what switching on would do. Raises :class:`~tenantry.sync.requests.SyncRefused`.
    """
    with marketplace_scope(marketplace_id):
        wanted = _providers(although_off=although_off and wish.preview)
        feeds = Feed.objects.select_related("connection").filter(connection__enabled=True).order_by("id")
        if connection_id is not None:
            feeds = feeds.filter(connection_id=connection_id)
        usable = [each for each in feeds if each.connection.ready_for_people and each.connection.provider in wanted]
        if not usable:
            raise SyncRefused(_NO_CONNECTION)
        if wish.company_id is not None:
            seen = _connections_of(wish.company_id)
            usable = [each for each in usable if each.connection_id in seen]
            if not usable:
                raise SyncRefused(_NOT_LINKED)
        runs = [
            create_people_run(marketplace_id=marketplace_id, connection_id=each.connection_id, wish=wish, now=now)
            for each in usable
        ]
        if enqueue:
            for run in runs:
                enqueue_people(run.connection_id or 0)
        return runs


def _providers(*, although_off: bool) -> set[Provider]:
    switches = read_user_sync()
    allowed = {provider for provider, each in switches.items() if each.allowed}
    if not allowed:
        raise SyncRefused(_NOT_ALLOWED)
    on = {provider for provider in allowed if switches[provider].on or although_off}
    if not on:
        raise SyncRefused(_OFF)
    return on


def _connections_of(company_id: int) -> set[int]:
    links = TenantLink.objects.filter(company_id=company_id, ended_at=None, tenant__sightings__ended_at=None)
    return set(links.values_list("tenant__sightings__connection_id", flat=True))
