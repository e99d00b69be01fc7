"""Releases and rejects held changes: exactly the rows that a person saw. All run in a marketplace's scope."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from tenantry.audit.events import Actor, Happening, Target
from tenantry.audit.services import record_event
from tenantry.core.brakes import asks_for_number
from tenantry.isolation.bulk import insert_rows
from tenantry.sync.holds.kinds import HeldKind, HeldRow, kind_named
from tenantry.sync.holds.queries import digest_of, first_approvals, held_rows
from tenantry.sync.holds.releasing import follow_releases, start_release
from tenantry.sync.holds.settling import end_held, settle_hold
from tenantry.sync.models import Approval, Change, ChangeState, Hold
from tenantry.sync.queue import enqueue_released
from tenantry.sync.runs.accounting import recount_changes
from tenantry.sync.switches import needs_two_people, read_limits

APPROVAL_LASTS = timedelta(days=7)
_APPROVAL = "marketplace_id change_id content_hash approved_by_id approved_by_name created_at expires_at".split()


class HoldRefused(Exception):
    """Nothing was released or rejected. The message says why, and what to do."""


class ContentChanged(HoldRefused):
    """Rows are not what the person saw any more, or are not held any more: ``change_ids``, as far as known."""

    def __init__(self, change_ids: Iterable[int]) -> None:
        self.change_ids = sorted(change_ids)
        super().__init__(
            "What you were shown changed meanwhile, or somebody else decided on it. Nothing was done: look at the "
            "list again."
        )


@dataclass(frozen=True, slots=True)
class Selection:
    """What a person chose on a hold's page, and the content that they saw.

    ``rows`` maps single changes to contents; ``everything`` stands for all rows of the hold as one digest.
    """

    rows: Mapping[int, UUID]
    everything: UUID | None = None


@dataclass(frozen=True, slots=True)
class Released:
    """How many rows were released, and how many were approved and wait for a second person."""

    released: int
    waiting: int = 0


def release_rows(
    *, hold_id: int, selection: Selection, actor: Actor, now: datetime, typed: int | None = None, request_id: str = ""
) -> Released:
    """Approve exactly the selected rows as they were seen; a job then applies them.

    The release is a run of its own, with what becomes of each row. Where the marketplace wants two people, what
    nobody else has approved yet stays held and waits for the second one.

    ``typed`` is the number of invitations that the person typed, asked for above the limit. Raises
    :class:`ContentChanged` when a row is not what was seen, :class:`HoldRefused` when nothing can be released now,
    and ``Hold.DoesNotExist``; nothing is released then.
    """
    hold = Hold.objects.select_for_update().get(pk=hold_id)
    kind = kind_named(hold.kind)
    refusal = kind.refusal()
    if refusal:
        raise HoldRefused(refusal)
    chosen = _chosen(hold, selection)
    _check_number(sum(row.invited for row in chosen), typed)
    ready = _ready(kind, chosen, actor, now=now)
    _approve(hold, chosen, actor, now=now)
    waiting = len(chosen) - len(ready)
    if waiting:
        _record(hold, chosen, "approved_first", actor=actor, now=now, request_id=request_id)
    if ready:
        _release(hold, ready, actor, now=now, request_id=request_id)
    return Released(len(ready), waiting)


def _ready(kind: HeldKind, chosen: Sequence[HeldRow], actor: Actor, *, now: datetime) -> list[HeldRow]:
    """Return the rows that this approval is enough for; raise when the same person would be the second one."""
    if not (kind.two_people and needs_two_people()):
        return list(chosen)
    first = first_approvals(chosen, now=now)
    ready = [row for row in chosen if row.change.pk in first and first[row.change.pk].approved_by_id != actor.id]
    if not ready and len(first) == len(chosen):
        raise HoldRefused(
            "You approved these rows before. Removals need two people here: somebody else has to approve them too."
        )
    return ready


def _approve(hold: Hold, chosen: Sequence[HeldRow], actor: Actor, *, now: datetime) -> None:
    approvals = [
        (hold.marketplace_id, row.change.pk, row.content, actor.id, actor.name[:200], now, now + APPROVAL_LASTS)
        for row in chosen
    ]
    insert_rows(Approval, _APPROVAL, approvals)


def _release(hold: Hold, ready: list[HeldRow], actor: Actor, *, now: datetime, request_id: str) -> None:
    follow_releases(now=now)  # an earlier release of the same rows is over
    released = Change.objects.filter(pk__in=[row.change.pk for row in ready])
    released.update(state=ChangeState.APPROVED, problem="", attempts=0, next_attempt_at=None)
    start_release(hold, ready, actor=actor, now=now, request_id=request_id)
    _settle(hold, ready, "released", actor=actor, now=now, request_id=request_id)
    enqueue_released(hold.marketplace_id)


def reject_rows(*, hold_id: int, selection: Selection, actor: Actor, now: datetime, request_id: str = "") -> int:
    """Reject the selected rows: nothing is applied, and no rule plans the same again. Return how many.

    Raises as :func:`release_rows` does.
    """
    hold = Hold.objects.select_for_update().get(pk=hold_id)
    chosen = _chosen(hold, selection)
    rejected = Change.objects.filter(pk__in=[row.change.pk for row in chosen])
    end_held(
        rejected, kind_named(hold.kind), ChangeState.REJECTED, f"Rejected by {actor.name}.", by_hand=True, actor=actor,
        now=now,
    )  # fmt: skip
    _settle(hold, chosen, "rejected", actor=actor, now=now, request_id=request_id)
    return len(chosen)


def _chosen(hold: Hold, selection: Selection) -> list[HeldRow]:
    """Return the selected rows, locked, if each is what the person saw."""
    if selection.everything is not None:
        chosen = held_rows(hold, lock=True)
        if chosen and digest_of(chosen) != selection.everything:
            raise ContentChanged([])
    else:
        chosen = held_rows(hold, lock=True, only=list(selection.rows))
        now_is = {row.change.pk: row.content for row in chosen}
        different = [pk for pk, content in selection.rows.items() if now_is.get(pk) != content]
        if different:
            raise ContentChanged(different)
    if not chosen:
        raise HoldRefused("No row was selected, or none is held any more. Choose rows on the page first.")
    return chosen


def _check_number(invitations: int, typed: int | None) -> None:
    if asks_for_number(invitations, read_limits()) and typed != invitations:
        raise HoldRefused(f"This invites {invitations:,} people. Type that number to go on; nothing was released.")


def _settle(hold: Hold, chosen: list[HeldRow], verb: str, *, actor: Actor, now: datetime, request_id: str) -> None:
    settle_hold(hold, now=now)
    recount_changes(hold.run_id)
    _record(hold, chosen, verb, actor=actor, now=now, request_id=request_id)


def _record(hold: Hold, chosen: Sequence[HeldRow], verb: str, *, actor: Actor, now: datetime, request_id: str) -> None:
    subjects = "people" if any(row.change.person_id for row in chosen) else "tenants"
    happening = Happening(
        f"sync.hold.{verb}",
        Target("hold", str(hold.pk)),
        after={
            "changes": len(chosen),
            "invitations": sum(row.invited for row in chosen),
            subjects: [row.change.subject for row in chosen],
        },
        reason=hold.reason,
    )
    record_event(
        happening, actor=actor, marketplace_id=hold.marketplace_id, now=now, request_id=request_id, run_id=hold.run_id
    )
