"""How connections are doing, judged by their latest readings. For operators, and for the fed marketplace's staff."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db import connection as database
from django.db.models import OuterRef, QuerySet, Subquery

from tenantry.connections.models import Connection
from tenantry.sync.models import Feed, Observation, ObservationState, ObservedKind, Quarantine
from tenantry.sync.quarantine.queries import quarantines_of


class Health(StrEnum):
    """How a connection is doing."""

    WORKS = "works"
    READING = "reading"
    NOT_READ = "not read yet"
    INCOMPLETE = "incomplete"
    FAILED = "failed"
    CANCELLED = "cancelled"
    NOT_READY = "not ready"
    SET_ASIDE = "set aside"
    OFF = "switched off"


@dataclass(frozen=True, slots=True)
class ConnectionState:
    """A connection, how it is doing, and why: ``failure`` as ``observe.listing.failure_of`` keeps it.

    ``quarantine`` while it is set aside, also when it was switched off for that.
    """

    connection: Connection
    health: Health
    last_listing: datetime | None
    failure: dict[str, str]
    quarantine: Quarantine | None = None


def states_of_all() -> list[ConnectionState]:
    """Return every connection of the installation, by name. Three queries."""
    return _states(Connection.objects.all())


def state_of(connection: Connection) -> ConnectionState:
    """Return one connection with how it is doing. Three queries."""
    return _states(Connection.objects.filter(pk=connection.pk))[0]


def states_of_feeding() -> list[ConnectionState]:
    """Return the connections that feed the scope's marketplace, by name. Three queries."""
    return _states(Connection.objects.filter(pk__in=Feed.objects.values("connection_id")))


def _states(connections: QuerySet[Connection]) -> list[ConnectionState]:
    readings = Observation.objects.filter(connection=OuterRef("pk"), kind=ObservedKind.COMPANIES).order_by("-id")
    rows = list(
        connections.order_by("name").annotate(
            latest=Subquery(readings.values("pk")[:1]),
            listed=Subquery(readings.filter(state=ObservationState.DONE).values("listed_at")[:1]),
        )
    )
    latest = Observation.objects.in_bulk([row.latest for row in rows if row.latest])
    aside = quarantines_of(row.pk for row in rows)
    return [_state(row, latest.get(row.latest), row.listed, aside.get(row.pk)) for row in rows]


def _state(
    connection: Connection, latest: Observation | None, listed: datetime | None, aside: Quarantine | None
) -> ConnectionState:
    failure = (latest.failure or {}) if latest and latest.state != ObservationState.DONE else {}
    return ConnectionState(connection, _health(connection, latest, aside), listed, failure, aside)


_HEALTH = {
    ObservationState.WAITING: Health.READING,
    ObservationState.LISTING: Health.READING,
    ObservationState.FAILED: Health.FAILED,
    ObservationState.CANCELLED: Health.CANCELLED,
}


def _health(connection: Connection, latest: Observation | None, aside: Quarantine | None) -> Health:
    if not connection.enabled:
        return Health.OFF
    if aside is not None:
        return Health.SET_ASIDE
    if not connection.ready_for_tenants:
        return Health.NOT_READY
    if latest is None:
        return Health.NOT_READ
    if latest.state == ObservationState.DONE:
        return Health.WORKS if latest.complete else Health.INCOMPLETE
    return _HEALTH[ObservationState(latest.state)]


def tenants_seen(connections: Iterable[Connection]) -> dict[int, int]:
    """Return how many tenants each connection sees now. One query."""
    with database.cursor() as cursor:
        cursor.execute(
            "select connection_id, count(*) from sync_sighting where connection_id = any(%s) and ended_at is null "
            "and missing_since is null group by connection_id",
            [[connection.pk for connection in connections]],
        )
        return dict(cursor.fetchall())


@dataclass(frozen=True, slots=True)
class FedMarketplace:
    """A marketplace that a connection feeds, and whether its Company Sync is on and allowed."""

    connection_id: int
    marketplace_id: int
    syncing: bool


def fed_marketplaces() -> list[FedMarketplace]:
    """Return which connection feeds which marketplace, for operators. One query, by the named look-up."""
    with database.cursor() as cursor:
        cursor.execute(
            "select c.id, f.marketplace_id, f.syncing from connections_connection c, "
            "lateral marketplaces_fed_by(c.id) f order by c.name, f.marketplace_id"
        )
        return [FedMarketplace(*row) for row in cursor.fetchall()]
