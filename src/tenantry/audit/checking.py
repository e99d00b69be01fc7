"""Checks chains in slices and remembers what came of it, and lets a chain that does not hold be accepted as it is."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.db import connection, transaction

from tenantry.audit.chain import append_links, lock_chain, unchainable
from tenantry.audit.events import Actor, Happening, Target
from tenantry.audit.heads import Head, head_of, write_head
from tenantry.audit.models import ChainCheck, ChainLink
from tenantry.audit.services import record_event
from tenantry.audit.verifying import Place, Verdict, scope_of, verify_chain

_log = structlog.stdlib.get_logger(__name__)

# What was checked before is checked again after so long: somebody may have changed it since.
FROM_THE_BEGINNING = timedelta(days=7)


def check_chain(
    *, marketplace_id: int, now: datetime, should_stop: Callable[[], bool], anew: bool | None = None
) -> Verdict:
    """Check a chain from where the last check came to, or ``anew`` from its beginning, and remember what was found.

    Unless it is said, it begins anew after a fault, and when it last did so seven days ago. To go on with a check that
    was stopped, give ``anew=False``. Outside any scope. Raises ``KeyRingMissing``.
    """
    with scope_of(marketplace_id):
        known = ChainCheck.objects.filter(marketplace_id=marketplace_id).first()
    if anew is None:
        anew = known is None or bool(known.fault) or known.started_at <= now - FROM_THE_BEGINNING
    start = None if anew or known is None else Place(known.sequence, bytes(known.digest))
    verdict = verify_chain(marketplace_id=marketplace_id, now=now, start=start, should_stop=should_stop)
    with scope_of(marketplace_id), transaction.atomic():
        _remember(verdict, marketplace_id=marketplace_id, now=now, anew=anew)
    return verdict


def _remember(verdict: Verdict, *, marketplace_id: int, now: datetime, anew: bool) -> None:
    row, made = ChainCheck.objects.select_for_update().get_or_create(
        marketplace_id=marketplace_id, defaults={"started_at": now}
    )
    if anew and not made:
        row.started_at = now
    if verdict.faults:
        row.fault, row.fault_at = verdict.sentence, now
        _log.error("audit_chain_broken", marketplace_id=marketplace_id, fault=verdict.sentence)
    else:
        row.sequence, row.digest = verdict.reached.sequence, verdict.reached.digest
        _note_end(row, verdict, now=now)
    row.save()


def _note_end(row: ChainCheck, verdict: Verdict, *, now: datetime) -> None:
    """Note that all held; a fault of an earlier check is over when this one began at the beginning, after it."""
    if not verdict.ended:
        return
    if row.fault_at is None or row.fault_at < row.started_at:
        row.fault, row.fault_at = "", None
        row.held_at, row.links = now, verdict.reached.sequence


@transaction.atomic
def accept_chain(*, marketplace_id: int, reason: str, actor: Actor, now: datetime) -> list[str]:
    """Let a chain that does not hold go on from its end; return what was wrong. That is recorded, with the reason.

    What stands before is not checked any more. In the marketplace's scope (or outside any for the installation's own).
    """
    lock_chain(marketplace_id)
    faults = [fault.sentence for fault in verify_chain(marketplace_id=marketplace_id, now=now).faults]
    if not faults:
        return []
    happening = Happening(
        "audit.chain.accepted", Target("chain", str(marketplace_id)), after={"faults": faults}, reason=reason
    )
    record_event(happening, actor=actor, marketplace_id=marketplace_id, now=now)
    last = ChainLink.objects.filter(marketplace_id=marketplace_id).order_by("-sequence").first()
    head = head_of(marketplace_id)
    end = Place(last.sequence, bytes(last.digest)) if last else Place(head.sequence, head.digest) if head else Place()
    write_head(Head(marketplace_id, end.sequence, end.digest, end.sequence, end.digest), now=now)
    strays = list(unchainable(marketplace_id, now))
    if strays:
        append_links(marketplace_id, strays, now=now)
    ChainCheck.objects.filter(marketplace_id=marketplace_id).update(
        fault="", fault_at=None, sequence=end.sequence, digest=end.digest
    )
    return faults


@dataclass(frozen=True, slots=True)
class Standing:
    """What the last check of one chain found. ``marketplace_id`` 0 is the installation's own."""

    marketplace_id: int
    held_at: datetime | None
    links: int
    fault: str
    fault_at: datetime | None


def chain_standings() -> list[Standing]:
    """Return what was last found of every chain that was ever checked. One query, whatever the scope."""
    with connection.cursor() as cursor:
        cursor.execute("select marketplace_id, held_at, links, fault, fault_at from audit_standings()")
        return [Standing(*row) for row in cursor.fetchall()]
