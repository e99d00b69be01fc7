"""Chains committed events, so that changing, removing or reordering one is found.

The chain is made after commit by a periodic job, not in the recording transaction: recording must not
queue behind one lock per marketplace. It covers ciphertext, so erasing a person leaves it whole.
"""

import hashlib
import json
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, models, transaction

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

    Runs in the marketplace's scope (or outside any for the installation's own).
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("select pg_advisory_xact_lock(%s, %s)", [_ADVISORY_CLASS, marketplace_id])
        last = ChainLink.objects.filter(marketplace_id=marketplace_id).order_by("-sequence").first()
        sequence, digest = (last.sequence, bytes(last.digest)) if last else (0, b"")
        links = []
        for event in _unchained(marketplace_id, now):
            sequence += 1
            digest = link_digest(digest, event)
            links.append(
                ChainLink(
                    marketplace_id=marketplace_id,
                    sequence=sequence,
                    event=event,
                    digest=digest,
                    chained_at=now,
                )
            )
        ChainLink.objects.bulk_create(links, batch_size=1_000)
        return len(links)


def _unchained(marketplace_id: int, now: datetime) -> models.QuerySet[Event]:
    settled = ChainLink.objects.filter(marketplace_id=marketplace_id, chained_at__lt=now - _LONGEST_TRANSACTION)
    floor = settled.order_by("-sequence").values_list("event_id", flat=True).first() or 0
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


def verify_chain(*, marketplace_id: int) -> tuple[int, str]:
    """Return how many links hold, and a sentence about the first that does not (empty when all do).

    Removing the newest links together with their events leaves a shorter chain that holds: compare the
    number with what an earlier check said.
    """
    digest, expected = b"", 0
    links = ChainLink.objects.filter(marketplace_id=marketplace_id).order_by("sequence").select_related("event")
    for link in links.iterator(chunk_size=1_000):
        expected += 1
        if link.sequence != expected:
            return expected - 1, f"Link {expected} of the chain is missing."
        digest = link_digest(digest, link.event)
        if bytes(link.digest) != digest:
            return (
                expected - 1,
                f"Event {link.event_id} at link {expected} was changed, or one before it was.",
            )
    return expected, ""
