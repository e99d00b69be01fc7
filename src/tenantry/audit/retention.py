"""Removes the oldest events, where the operator set for how long they are kept. The chain goes on from there."""

from datetime import datetime

import structlog
from django.db import connection, transaction

from tenantry.audit.chain import lock_chain
from tenantry.audit.events import SYSTEM, Happening, Target
from tenantry.audit.heads import Head, sound_head_of, write_head
from tenantry.audit.models import ChainCheck
from tenantry.audit.services import record_event

_log = structlog.stdlib.get_logger(__name__)


@transaction.atomic
def purge_events(*, marketplace_id: int, before: datetime, now: datetime, most: int = 2_000) -> int:
    """Remove up to ``most`` of the events chained before ``before``, oldest first; return how many.

    Events of the last thirty days stay whatever is asked: the database sees to it. Nothing is removed from a chain that
    does not hold, as far as is known. In the marketplace's scope (or outside any for the installation's own). Raises
    ``KeyRingMissing``.
    """
    lock_chain(marketplace_id)
    head, sound = sound_head_of(marketplace_id)
    if head is None or not sound or ChainCheck.objects.filter(marketplace_id=marketplace_id).exclude(fault="").exists():
        return 0
    with connection.cursor() as cursor:
        cursor.execute("select removed, last_sequence, last_digest from purge_audit_events(%s, %s)", [before, most])
        row = cursor.fetchone()
    if row is None:
        return 0
    removed, sequence, digest = int(row[0]), int(row[1]), bytes(row[2])
    write_head(Head(marketplace_id, head.sequence, head.digest, sequence, digest), now=now)
    happening = Happening(
        "audit.event.purged", Target("chain", str(marketplace_id)),
        after={"events": removed, "up_to_link": sequence, "older_than": before.isoformat(timespec="seconds")},
    )  # fmt: skip
    record_event(happening, actor=SYSTEM, marketplace_id=marketplace_id, now=now)
    _log.info("audit_purged", marketplace_id=marketplace_id, events=removed, up_to_link=sequence)
    return removed
