"""Applies changes that may be held, each in a transaction of its own: planned, released, or failed and due again.

What was released must still be what the person approved, and the approval not too old; else it asks again. One row
that fails never stops the others.
"""

from collections.abc import Callable
from datetime import datetime

import structlog
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Q

from tenantry.isolation.scope import marketplace_scope
from tenantry.sync.holds.kinds import Applier, HeldKind, Outcome, held_change_kinds, kind_of
from tenantry.sync.holds.releasing import begin_releases, follow_releases, release_of
from tenantry.sync.holds.settling import drop_decided, end_change, fail_change, hold_again, settle_around
from tenantry.sync.models import Approval, Change, ChangeState

Clock = Callable[[], datetime]
_log = structlog.stdlib.get_logger(__name__)
_SOME = 50
_WAITING = [ChangeState.PLANNED, ChangeState.APPROVED, ChangeState.FAILED]
_LIVE_APPROVAL = [ChangeState.APPROVED, ChangeState.FAILED]
_CHANGED = "It changed after it was released, so it asks again."
_EXPIRED = "It was released more than seven days ago and could not be made in that time, so it asks again."


def apply_planned(
    run_id: int, kind: HeldKind, *, marketplace_id: int, clock: Clock, should_stop: Callable[[], bool]
) -> bool:
    """Apply what the run planned of a kind and no brake holds; return False when stopped before the end."""
    planned = Q(run_id=run_id, state=ChangeState.PLANNED, kind__in=kind.change_kinds)
    return _apply_each(planned, set(), marketplace_id=marketplace_id, clock=clock, should_stop=should_stop)


def apply_released(*, marketplace_id: int, clock: Clock, should_stop: Callable[[], bool]) -> bool:
    """Apply what was released, and try again what failed and is due; return False when stopped before the end."""
    with marketplace_scope(marketplace_id):
        drop_decided(now=clock())
        begin_releases(now=clock())
    touched: set[int] = set()
    ended = _apply_each(_due(clock()), touched, marketplace_id=marketplace_id, clock=clock, should_stop=should_stop)
    with marketplace_scope(marketplace_id):
        settle_around(Change.objects.filter(pk__in=touched).values_list("hold_id", "run_id").distinct(), now=clock())
    return ended


def wants_applying(marketplace_id: int, *, now: datetime) -> bool:
    """Whether anything was released that is not applied, or failed and is due again."""
    with marketplace_scope(marketplace_id):
        return Change.objects.filter(_due(now), run__preview=False).exists()


def expire_approvals(*, now: datetime) -> int:
    """Let what was released, and could not be applied before its approval expired, ask again. In the scope."""
    valid = Approval.objects.filter(expires_at__gt=now).values("change_id")
    old = Change.objects.filter(state__in=_LIVE_APPROVAL, hold__isnull=False, kind__in=held_change_kinds())
    ids = list(old.exclude(pk__in=valid).select_for_update(of=("self",)).order_by("pk").values_list("pk", flat=True))
    expired = Change.objects.filter(pk__in=ids)
    hold_again(expired, _EXPIRED, now=now)
    settle_around(expired.values_list("hold_id", "run_id").distinct(), now=now)
    return len(ids)


def _due(now: datetime) -> Q:
    due = Q(state=ChangeState.APPROVED) | Q(state=ChangeState.FAILED, next_attempt_at__lte=now)
    return due & Q(kind__in=held_change_kinds())


def _apply_each(
    wanted: Q, touched: set[int], *, marketplace_id: int, clock: Clock, should_stop: Callable[[], bool]
) -> bool:
    """Apply what is ``wanted``, and note in ``touched`` which changes those were."""
    after = 0
    while True:
        appliers: dict[str, Applier] = {}
        with marketplace_scope(marketplace_id):
            waiting = Change.objects.filter(wanted, pk__gt=after, run__preview=False)
            ids = list(waiting.order_by("pk").values_list("pk", flat=True)[:_SOME])
        if not ids:
            return True
        for change_id in ids:
            if should_stop():
                return False
            with marketplace_scope(marketplace_id):
                _apply(change_id, appliers, now=clock())
            touched.add(change_id)
        with marketplace_scope(marketplace_id):
            follow_releases(now=clock())
            begin_releases(now=clock())
        after = ids[-1]


def _apply(change_id: int, appliers: dict[str, Applier], *, now: datetime) -> None:
    """Apply one change, or say on it why not. In the marketplace's scope and transaction."""
    locked = Change.objects.select_for_update(of=("self",)).filter(pk=change_id, state__in=_WAITING)
    change = locked.first()
    if change is None:  # somebody else was at it
        return
    kind = kind_of(change)
    asks_again = _asks_again(change, kind, now=now) if change.hold_id else ""
    if asks_again:
        hold_again(Change.objects.filter(pk=change.pk), asks_again, now=now)
        return
    if kind.name not in appliers:
        appliers[kind.name] = kind.applier()
    outcome = _outcome(change, appliers[kind.name], now=now)
    if outcome.state == ChangeState.FAILED:
        fail_change(change, outcome.problem, now=now)
        return
    if outcome.details:
        change.details = {**(change.details or {}), **outcome.details}
    end_change(change, outcome.state, outcome.problem, now=now)


def _asks_again(change: Change, kind: HeldKind, *, now: datetime) -> str:
    """Return why the change needs another approval, or nothing. Who has left is for the applier to say."""
    row = next(iter(kind.rows([change], lock=True)), None)
    if row is None:
        return ""
    approval = Approval.objects.filter(change=change).order_by("-created_at", "-id").first()
    if approval is None or approval.content_hash != row.content:
        return _CHANGED
    return "" if now < approval.expires_at else _EXPIRED


def _outcome(change: Change, applier: Applier, *, now: datetime) -> Outcome:
    run_id = (release_of(change) if change.hold_id else None) or change.run_id
    try:
        with transaction.atomic():
            return applier(change, run_id=run_id, now=now)
    except (OperationalError, InterfaceError):  # the database went away: nothing can be noted either
        raise
    except Exception as error:  # noqa: BLE001  # one row must not stop the others; it is logged, shown and tried again
        _log.exception("change_not_applied", change_id=change.pk, run_id=change.run_id)
        return Outcome(ChangeState.FAILED, f"An error in Tenantry itself stopped this ({type(error).__name__}).")
