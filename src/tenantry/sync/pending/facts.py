"""What is known of one pending company beyond its own row: who sees it, and what happened to it.

Runs in a marketplace's scope. Shared tables are read through the marketplace's feeds only.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Max, Q

from tenantry.audit.models import Event
from tenantry.isolation.scope import current_marketplace_id
from tenantry.sync.holds.releasing import RELEASE
from tenantry.sync.models import Change, ChangeState, Feed, Observation, PendingCompany, Sighting

MOST_EVENTS = 50
_MOST_CHANGES = 20


@dataclass(frozen=True, slots=True)
class Seen:
    """One connection of the marketplace's feeds seeing the tenant.

    ``last_seen`` is the latest moment at which it is known to have been there.
    """

    sighting: Sighting
    last_seen: datetime


def sightings_of(pending: PendingCompany) -> list[Seen]:
    """Return which of the marketplace's connections see the tenant, the first to see it first. Two queries."""
    sightings = list(
        Sighting.objects.filter(tenant_id=pending.tenant_id, connection_id__in=Feed.objects.values("connection_id"))
        .select_related("connection")
        .order_by("first_seen_at", "id")
    )
    listings: dict[int, datetime] = dict(
        Observation.of_tenants(*[sighting.connection_id for sighting in sightings])
        .filter(complete=True)
        .values_list("connection_id")
        .annotate(Max("listed_at"))
    )
    return [Seen(sighting, _last_seen(sighting, listings.get(sighting.connection_id))) for sighting in sightings]


def _last_seen(sighting: Sighting, last_complete_listing: datetime | None) -> datetime:
    """A tenant that no complete listing missed was in the last one, if that came after it was first seen."""
    there = sighting.missing_since is None and sighting.ended_at is None
    known = [sighting.first_seen_at, sighting.details_at, last_complete_listing if there else None]
    return max(moment for moment in known if moment is not None)


def events_of(pending: PendingCompany) -> list[Event]:
    """Return the latest events of the tenant in this marketplace, newest first. Sealed values stay sealed."""
    events = Event.objects.filter(
        marketplace_id=current_marketplace_id(), target_kind="tenant", target_id=pending.tenant.external_id
    )
    return list(events.order_by("-id")[:MOST_EVENTS])


def unapplied_changes_of(pending: PendingCompany) -> list[Change]:
    """Return the latest changes of the tenant that were not made (those that were are events), newest first."""
    changes = Change.objects.filter(~Q(state=ChangeState.APPLIED), tenant_id=pending.tenant_id, run__preview=False)
    changes = changes.exclude(kind=RELEASE)  # stands for another one
    return list(changes.order_by("-id")[:_MOST_CHANGES])
