"""Takes hints, and follows them: what they name is marked to be read again, or the list is read anew.

A push waits until the window of its tenant has ended (``core.hints``), so that a burst of them causes one reading.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection as database
from django.db import transaction
from django.db.models import Q
from django.dispatch import Signal

from tenantry.audit.events import Actor, ActorKind
from tenantry.connections.models import Connection
from tenantry.core.hints import PUSHED, Wanted, push_window_ends, wanted_by
from tenantry.sync.models import Hint, HintSource, Observation, ObservedKind, Trigger
from tenantry.sync.models.observed import LIVE_OBSERVATION
from tenantry.sync.quarantine import may_be_tried
from tenantry.sync.queue import enqueue_hints, enqueue_runs
from tenantry.sync.requests import Asked, SyncRefused, request_sync
from tenantry.sync.schedule import any_syncing

# Sent with ``connection_id`` and ``tenant_ids`` (external ids) in the transaction that follows hints about people.
people_hinted = Signal()
# Hints make a list be read at most so often; it is read each hour anyway.
LISTING_GAP = timedelta(minutes=5)
KEPT = timedelta(days=7)
_BATCH = 500
_A_MOMENT = timedelta(seconds=3)  # several hints come together, and cost one read
_CLOCKS_DIFFER = timedelta(seconds=5)  # of two processes
_PROVIDER = Actor(ActorKind.SYSTEM, "The provider")


@dataclass(frozen=True, slots=True)
class Given:
    """One hint as it came. ``identity`` makes two of them the same; ``due_at``, if given, is when to follow it."""

    source: str
    name: str
    tenant_id: str
    happened_at: datetime
    identity: bytes
    due_at: datetime | None = None


def pushed(tenant_id: str, *, now: datetime) -> Given:
    """Return the hint that people of a tenant changed: one for all pushes of a window, due when the window is over."""
    ends = push_window_ends(tenant_id, now=now)
    identity = f"push:{tenant_id} {ends.isoformat()}".encode()
    return Given(HintSource.PUSH, PUSHED, tenant_id, now, identity, ends + _CLOCKS_DIFFER)


@dataclass(frozen=True, slots=True)
class Followed:
    """How many hints were followed, and when to look again for those that wait (``None``: none does)."""

    count: int
    again_at: datetime | None = None


def take_hints(connection_id: int, given: Iterable[Given], *, now: datetime) -> int:
    """Keep the hints that ask for something and were not kept before, with the job to follow them; how many."""
    rows = []
    for each in given:
        wanted = wanted_by(each.name)
        if wanted is not Wanted.NOTHING and each.tenant_id:
            rows.append(
                Hint(
                    connection_id=connection_id, digest=hashlib.sha256(each.identity).hexdigest(), source=each.source,
                    name=each.name[:100], wanted=wanted, tenant_external_id=each.tenant_id,
                    happened_at=each.happened_at, received_at=now, due_at=each.due_at,
                )
            )  # fmt: skip
    with transaction.atomic():
        known = set(
            Hint.objects.filter(connection_id=connection_id, digest__in=[row.digest for row in rows]).values_list(
                "digest", flat=True
            )
        )
        fresh = {row.digest: row for row in rows if row.digest not in known}
        Hint.objects.bulk_create(fresh.values(), ignore_conflicts=True)
        for at in {row.due_at or now + _A_MOMENT for row in fresh.values()}:
            enqueue_hints(connection_id, at=at)
    return len(fresh)


@transaction.atomic
def follow_hints(connection_id: int, *, now: datetime) -> Followed:
    """Follow what waits. Safe to repeat, and to be killed: all of it, or nothing."""
    due = Q(due_at=None) | Q(due_at__lte=now + _CLOCKS_DIFFER)
    waiting = Hint.objects.select_for_update().filter(due, connection_id=connection_id, followed_at=None)
    rows = list(waiting.order_by("id")[:_BATCH])
    if not rows:
        return Followed(0)
    if not Connection.objects.filter(pk=connection_id, enabled=True).exists():
        return Followed(_end(rows, "connection is switched off", now))
    about_people = sorted({row.tenant_external_id for row in rows if row.wanted != Wanted.TENANT})
    if about_people:
        people_hinted.send(Hint, connection_id=connection_id, tenant_ids=about_people, now=now)
    # A push says nothing of the tenant itself.
    marked = _mark_due(connection_id, [row for row in rows if row.source != HintSource.PUSH], now=now)
    if marked:
        enqueue_runs(connection_id)
    done = [row for row in rows if row.tenant_external_id in marked]
    rest = [row for row in rows if row.tenant_external_id not in marked]
    count = _end(done, "read again", now) + _end([row for row in rest if row.wanted == Wanted.PEOPLE], "noted", now)
    return _follow_unknown(connection_id, [row for row in rest if row.wanted != Wanted.PEOPLE], count, now=now)


def _follow_unknown(connection_id: int, rows: Sequence[Hint], count: int, *, now: datetime) -> Followed:
    """Have the list read for tenants that are not known as customers, unless that was done a moment ago."""
    if not rows:
        return Followed(count)
    marketplace_id = any_syncing(connection_id)
    if marketplace_id is None:
        return Followed(count + _end(rows, "nobody syncs", now))
    if not may_be_tried(connection_id, ObservedKind.COMPANIES, now=now):
        return Followed(count + _end(rows, "set aside", now))
    last = Observation.of_tenants(connection_id).order_by("-id").first()
    live = last is not None and last.state in LIVE_OBSERVATION
    if last is not None and (live or last.created_at > now - LISTING_GAP):
        return Followed(count, max(last.created_at + LISTING_GAP, now + timedelta(seconds=30)))
    try:
        asked = Asked(_PROVIDER, Trigger.HINT)
        request_sync(marketplace_id=marketplace_id, asked=asked, now=now, connection_id=connection_id)
    except SyncRefused:  # switched off a moment ago
        return Followed(count + _end(rows, "nobody syncs", now))
    return Followed(count + _end(rows, "list read again", now))


def _mark_due(connection_id: int, rows: Sequence[Hint], *, now: datetime) -> set[str]:
    """Mark the tenants that are known as customers to be read again; return their ids.

    One that was read since it happened needs no other read.
    """
    newest: dict[str, datetime] = {}
    for row in rows:
        known = newest.get(row.tenant_external_id, row.happened_at)
        newest[row.tenant_external_id] = max(known, row.happened_at)
    with database.cursor() as cursor:
        cursor.execute(
            "update sync_sighting s set details_due_at = case when s.details_at >= h.at then s.details_due_at "
            "else least(coalesce(s.details_due_at, %(now)s), %(now)s) end "
            "from sync_tenant t, unnest(%(ids)s::text[], %(at)s::timestamptz[]) h(id, at) "
            "where t.external_id = h.id and s.tenant_id = t.id and s.connection_id = %(connection)s "
            "and (s.relationship = 'reseller' or s.details_due_at is not null) "
            "and s.ended_at is null and s.missing_since is null returning t.external_id",
            {"now": now, "ids": list(newest), "at": list(newest.values()), "connection": connection_id},
        )
        return {row[0] for row in cursor.fetchall()}


def _end(rows: Sequence[Hint], outcome: str, now: datetime) -> int:
    for row in rows:
        row.outcome, row.followed_at = outcome, now
    Hint.objects.bulk_update(rows, ["outcome", "followed_at"])
    return len(rows)


def forget_old_hints(*, now: datetime) -> int:
    """Remove hints that are older than any that could come again; return how many."""
    return Hint.objects.filter(received_at__lt=now - KEPT).delete()[0]
