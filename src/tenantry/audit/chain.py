"""Chains committed events, so that changing, removing or reordering one is found.

The chain is made after commit by a periodic job, not in the recording transaction: recording must not
queue behind one lock per marketplace. It covers ciphertext, so erasing a person leaves it whole. Checking it is the
business of ``verifying``.
"""

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, models, transaction

from tenantry.audit.heads import Head, sound_head_of, write_head
from tenantry.audit.models import ChainLink, Event

_ADVISORY_CLASS = 71_001
_BATCH = 5_000
# A transaction that was open longer than this could commit an event that is never chained; the
# application's role is cut off after 10 minutes idle in a transaction (isolation.roles).
_LONGEST_TRANSACTION = timedelta(hours=1)
# What the digest covers. Never change this list: a column added later gets a second format of its own,
# else every chain that exists would look broken.
_COVERED = (
    "id uid marketplace_id at actor_kind actor_id actor_name action target_kind target_id target_name "
    "before after sealed person_id reason request_id run_id"
).split()


def chain_events(*, marketplace_id: int, now: datetime) -> int:
    """Chain the marketplace's events that are not chained yet; return how many. Safe to run twice at once.

    Runs in the marketplace's scope (or outside any for the installation's own). Raises ``KeyRingMissing``.
    """
    with transaction.atomic():
        lock_chain(marketplace_id)
        events = list(_unchained(marketplace_id, now))
        if not events:
            return 0
        append_links(marketplace_id, events, now=now)
        return len(events)


def append_links(marketplace_id: int, events: Sequence[Event], *, now: datetime) -> None:
    """Chain these events behind the chain's end, in this order. Under the chain's lock."""
    end, signs = _end_of(marketplace_id)
    sequence, digest = end.sequence, end.digest
    links = []
    for event in events:
        sequence += 1
        digest = link_digest(digest, event)
        links.append(
            ChainLink(marketplace_id=marketplace_id, sequence=sequence, event=event, digest=digest, chained_at=now)
        )
    ChainLink.objects.bulk_create(links, batch_size=1_000)
    if signs:
        write_head(Head(marketplace_id, sequence, digest, *end.base), now=now)


def lock_chain(marketplace_id: int) -> None:
    """Let nobody else add to or shorten the marketplace's chain until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s, %s)", [_ADVISORY_CLASS, marketplace_id])


def _end_of(marketplace_id: int) -> tuple[Head, bool]:
    """Return what the chain goes on behind, and whether its head may be signed anew.

    That is what the head says, even where links were cut off before it: the gap must stay visible. A head that is gone,
    changed, or left behind by links that nobody signed is not made good: that would hide what was done.
    """
    head, sound = sound_head_of(marketplace_id)
    row = ChainLink.objects.filter(marketplace_id=marketplace_id).order_by("-sequence").first()
    last = Head(marketplace_id, row.sequence, bytes(row.digest)) if row else None
    if head is None:
        return last or Head(marketplace_id, 0, b""), last is None
    if last is not None and last.sequence > head.sequence:
        return last, False
    return head, sound


def unchainable(marketplace_id: int, now: datetime) -> models.QuerySet[Event]:
    """Return the events that have no link and will never get one: the application did not write them, or not so."""
    floor = _floor(marketplace_id, now)
    events = Event.objects.filter(marketplace_id=marketplace_id, id__lte=floor, link__isnull=True)
    return events.order_by("id")


def _floor(marketplace_id: int, now: datetime) -> int:
    settled = ChainLink.objects.filter(marketplace_id=marketplace_id, chained_at__lt=now - _LONGEST_TRANSACTION)
    return settled.order_by("-sequence").values_list("event_id", flat=True).first() or 0


def _unchained(marketplace_id: int, now: datetime) -> models.QuerySet[Event]:
    floor = _floor(marketplace_id, now)
    events = Event.objects.filter(marketplace_id=marketplace_id, id__gt=floor, link__isnull=True)
    return events.order_by("id")[:_BATCH]


def link_digest(previous: bytes, event: Event) -> bytes:
    """Return the digest of ``event`` placed after the link with digest ``previous``."""
    content: dict[str, Any] = {name: _plain(getattr(event, name)) for name in _COVERED}
    canonical = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(previous + canonical.encode()).digest()


def _plain(value: Any) -> Any:
    if isinstance(value, memoryview | bytes):
        return bytes(value).hex()
    return value.isoformat() if isinstance(value, datetime) else value
