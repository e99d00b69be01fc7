"""Ends changes, and holds when nothing of them is left to decide. In a marketplace's scope."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import QuerySet

from tenantry.audit.events import Actor
from tenantry.core.retries import next_attempt
from tenantry.sync.holds.kinds import HeldKind, every_kind
from tenantry.sync.holds.releasing import follow_releases
from tenantry.sync.holds.telling import tell_held_again, tell_settled
from tenantry.sync.models import Approval, Change, ChangeState, Hold, HoldState
from tenantry.sync.runs.accounting import recount_changes

OPEN_STATES = [ChangeState.HELD, ChangeState.APPROVED, ChangeState.FAILED]
_MADE = {ChangeState.APPROVED, ChangeState.APPLIED, ChangeState.FAILED, ChangeState.UNDONE}
_DECIDED = "It was decided, or it left, before it was released."


def end_change(change: Change, state: ChangeState, problem: str, *, now: datetime) -> None:
    """Give a change its last state; its ``details`` are saved with it."""
    change.state, change.problem, change.settled_at, change.next_attempt_at = state, problem, now, None
    change.save(update_fields=["state", "problem", "settled_at", "next_attempt_at", "details"])


def fail_change(change: Change, problem: str, *, now: datetime) -> None:
    """Note a failure, and when the change is tried again: never, 28 days after it was planned."""
    change.attempts += 1
    change.state, change.problem = ChangeState.FAILED, problem
    change.next_attempt_at = next_attempt(change.attempts, begun_at=change.created_at, now=now)
    change.save(update_fields=["state", "problem", "attempts", "next_attempt_at"])


def hold_again(changes: QuerySet[Change], problem: str, *, now: datetime) -> int:
    """Let changes that were released wait for a person once more; return how many. Their approvals are void."""
    found = list(changes.values_list("pk", "hold_id"))
    ids = [pk for pk, _ in found]
    Approval.objects.filter(change_id__in=ids, expires_at__gt=now).update(expires_at=now)
    Change.objects.filter(pk__in=ids).update(state=ChangeState.HELD, problem=problem, next_attempt_at=None)
    holds = Hold.objects.select_related("run", "run__connection").filter(pk__in={hold_id for _, hold_id in found})
    holds.exclude(state=HoldState.OPEN).update(state=HoldState.OPEN, ended_at=None)
    for hold in holds:
        tell_held_again(hold.run, hold.kind, now=now)
    return len(ids)


def end_held(
    changes: QuerySet[Change], kind: HeldKind, state: ChangeState, problem: str, *, by_hand: bool, actor: Actor,
    now: datetime,
) -> None:  # fmt: skip
    """End changes that will not be applied, and let their area do the rest."""
    ids = list(changes.values_list("pk", flat=True))
    found = Change.objects.filter(pk__in=ids)
    kind.end(found, by_hand=by_hand, actor=actor, now=now)
    found.update(state=state, problem=problem, settled_at=now, next_attempt_at=None)


def drop_decided(*, now: datetime) -> int:
    """Take out of the holds what is not to decide any more because it was decided or left; return how many."""
    dropped: list[tuple[int | None, int]] = []
    for kind in every_kind():
        own = Change.objects.filter(hold__isnull=False, state__in=OPEN_STATES, kind__in=kind.change_kinds)
        gone = list(own.exclude(pk__in=kind.waiting(own).values("pk")).values_list("pk", "hold_id", "run_id"))
        ids = [pk for pk, _, _ in gone]
        Change.objects.filter(pk__in=ids).update(
            state=ChangeState.STALE, problem=_DECIDED, settled_at=now, next_attempt_at=None
        )
        dropped += [(hold_id, run_id) for _, hold_id, run_id in gone]
    settle_around(set(dropped), now=now)
    return len(dropped)


def settle_around(places: Iterable[tuple[int | None, int]], *, now: datetime) -> None:
    """Settle these holds, their releases, and count these runs anew.

    ``places`` are (hold, run) of changes that were settled.
    """
    places = list(places)
    for hold in (
        Hold.objects.select_related("run", "run__connection")
        .filter(pk__in={hold_id for hold_id, _ in places if hold_id})
        .order_by("pk")
    ):
        settle_hold(hold, now=now)
    for run_id in sorted({run_id for _, run_id in places}):
        recount_changes(run_id)
    follow_releases(now=now)


def settle_hold(hold: Hold, *, now: datetime) -> None:
    """Make the hold's state what its changes say: it is over when none of them is held any more."""
    states = set(Change.objects.filter(hold=hold).values_list("state", flat=True).distinct())
    if ChangeState.HELD in states:
        state = HoldState.OPEN
    elif states & _MADE:
        state = HoldState.RELEASED
    else:
        state = HoldState.REJECTED if ChangeState.REJECTED in states else HoldState.OVER
    if state != hold.state:
        hold.state, hold.ended_at = state, None if state == HoldState.OPEN else now
        hold.save(update_fields=["state", "ended_at"])
        if state != HoldState.OPEN:
            tell_settled(hold.run, hold.kind, now=now)
