"""Matches pending companies anew when either side changed: small batches, safe to stop anywhere and to repeat.

A row wants matching while ``matched_at`` is null. What changes otherwise leaves :class:`StaleMatching`; the first step
of the work turns this into rows that want matching.

Any number of processes may match one marketplace: each takes rows that no other holds. Turning changes into rows waits
for all of them, so that no row is matched by what was and then taken for up to date.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from django.db import connection as database

from tenantry.core.matching.profiles import profile_of
from tenantry.isolation.scope import current_marketplace_id, marketplace_scope
from tenantry.sync.matching.epochs import begin_epoch, current_epoch
from tenantry.sync.matching.finding import MOST_SHARING, find_matches
from tenantry.sync.matching.keys import write_company_match_keys
from tenantry.sync.matching.rebuilding import is_rebuilding, rebuild_next
from tenantry.sync.matching.storing import lock_pending, store_matches
from tenantry.sync.models import Match, PendingCompany, PendingState, StaleMatching
from tenantry.sync.queue import enqueue_matching

BATCH = 200
_MANY = 2_000
_PAUSE = 0.1  # seconds, while others have the rest
_STALE = 500
_ADVISORY_CLASS = 71_006
_MATCHED_STATES = (PendingState.PENDING, PendingState.HELD, PendingState.IGNORED, PendingState.SNOOZED)

# A key that finds nobody, because too many companies have it, makes nothing stale. Rows are locked in the order in
# which the sync's batches lock them, so that the two never wait for each other.
MARK = """
with stale as (
    select key, company_id, pending_id from sync_stalematching
    where marketplace_id = %(marketplace)s and id = any(%(stale)s)
), keys as (
    select key from stale where key <> ''
    union
    select own.key from stale s cross join lateral (
        select k.key from marketplace_companymatchkey k
        where k.marketplace_id = %(marketplace)s and k.company_id = s.company_id offset 0
    ) own
), telling as (
    select key from keys where (
        select count(*) from (
            select from marketplace_companymatchkey c
            where c.marketplace_id = %(marketplace)s and c.key = keys.key limit %(most)s + 1
        ) counted
    ) <= %(most)s
), wanted as (
    select sharing.pending_id from telling t cross join lateral (
        select p.pending_id from sync_pendingmatchkey p
        where p.marketplace_id = %(marketplace)s and p.key = t.key offset 0
    ) sharing
    union
    select m.pending_id from stale s join sync_match m on m.company_id = s.company_id
    where m.marketplace_id = %(marketplace)s
    union
    select pending_id from stale where pending_id is not null
)
update sync_pendingcompany set matched_at = null where id in (
    select p.id from sync_pendingcompany p
    where p.marketplace_id = %(marketplace)s and p.matched_at is not null and p.id in (select pending_id from wanted)
    order by p.tenant_id for update
)
"""


def companies_were_changed(company_ids: Iterable[int]) -> None:
    """Note that companies came, went or changed; matching anew follows from the queue. In the scope's transaction."""
    write_company_match_keys(company_ids)
    enqueue_matching(current_marketplace_id())


def match_next(*, marketplace_id: int, now: datetime) -> int:
    """Do the next batch of a marketplace's matching; return how much was done, 0 when nothing is left to take.

    One transaction. Others may be at work on other rows.
    """
    with marketplace_scope(marketplace_id):
        if is_rebuilding() or StaleMatching.objects.exists():
            _lock("pg_advisory_xact_lock", marketplace_id)
            prepared = rebuild_next() or _mark_stale()
            if prepared:
                begin_epoch()
                return prepared
        else:
            _lock("pg_advisory_xact_lock_shared", marketplace_id)
        free = PendingCompany.objects.select_for_update(skip_locked=True).filter(matched_at=None).order_by("id")
        ids = list(free.values_list("id", flat=True)[:BATCH])
        return match_rows(ids, now=now, epoch=current_epoch()) if ids else 0


def _lock(function: str, marketplace_id: int) -> None:
    with database.cursor() as cursor:
        cursor.execute(f"select {function}(%s, %s)", [_ADVISORY_CLASS, marketplace_id])


def match_all(*, marketplace_id: int, clock: Callable[[], datetime], should_stop: Callable[[], bool]) -> bool:
    """Match until nothing is left, nor in the hands of others; return False when stopped before."""
    while True:
        done = match_next(marketplace_id=marketplace_id, now=clock())
        if not done and not wants_matching(marketplace_id):
            return True
        if should_stop():
            return False
        if not done:
            time.sleep(_PAUSE)


def wants_help(marketplace_id: int) -> bool:
    """Whether so many rows want matching that a second process is of use."""
    with marketplace_scope(marketplace_id):
        return PendingCompany.objects.filter(matched_at=None).order_by("id")[_MANY : _MANY + 1].exists()


def wants_matching(marketplace_id: int) -> bool:
    """Whether the marketplace has anything to match."""
    with marketplace_scope(marketplace_id):
        waits = PendingCompany.objects.filter(matched_at=None)
        return is_rebuilding() or StaleMatching.objects.exists() or waits.exists()


def _mark_stale() -> int:
    ids = list(StaleMatching.objects.order_by("id").values_list("id", flat=True)[:_STALE])
    if ids:
        with database.cursor() as cursor:
            cursor.execute(MARK, {"marketplace": current_marketplace_id(), "stale": ids, "most": MOST_SHARING})
        StaleMatching.objects.filter(pk__in=ids).delete()
    return len(ids)


def match_rows(pending_ids: Sequence[int], *, now: datetime, epoch: int = 0) -> int:
    """Match these pending companies now, in the caller's transaction and scope; return how many there were.

    ``epoch`` only where the transaction began with asking for it: companies read before in it are not read again.
    Decided ones lose their matches that nobody rejected. Rejected ones stay and are not proposed again. While keys are
    rebuilt, they are left as not matched.
    """
    if not pending_ids:
        return 0
    if is_rebuilding():
        PendingCompany.objects.filter(pk__in=pending_ids).update(matched_at=None)
        return 0
    rows = lock_pending(pending_ids)
    ids = [row.id for row in rows]
    rejected, known = _matched_before(ids)
    tenants = {row.id: profile_of(row.subject) for row in rows if row.state in _MATCHED_STATES}
    found = find_matches(tenants, without=rejected, epoch=epoch)
    store_matches(ids, found, known=known, now=now)
    return len(rows)


def _matched_before(pending_ids: Sequence[int]) -> tuple[dict[int, frozenset[int]], bool]:
    """Return the companies that were rejected for each, and whether any has a match that nobody rejected."""
    rejected: dict[int, set[int]] = {}
    known = False
    rows = Match.objects.filter(pending_id__in=pending_ids)
    for pending_id, company_id, rejected_at in rows.values_list("pending_id", "company_id", "rejected_at"):
        if rejected_at is None:
            known = True
        else:
            rejected.setdefault(pending_id, set()).add(company_id)
    return {pending_id: frozenset(found) for pending_id, found in rejected.items()}, known
