"""What brakes hold: the list, the rows of one hold, releasing and rejecting exactly what was read."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.http import Http404
from ninja import Query, Schema
from pydantic import Field

from tenantry.api.areas import Area, Call, Reply
from tenantry.api.shapes import Done, Given, Id, PageQuery, PageShape, page_reply, refuse_wrong_place
from tenantry.core.permissions import Action
from tenantry.sync.holds.kinds import HeldRow, kind_named
from tenantry.sync.holds.queries import (
    IN_ORDER,
    HoldTally,
    digest_of,
    find_hold,
    first_approvals,
    held_rows,
    holds_under_way,
    latest_over,
    list_held,
    open_holds,
    tallies_of_holds,
)
from tenantry.sync.holds.services import Selection, reject_rows, release_rows
from tenantry.sync.models import Approval, Change, Hold, PendingCompany

area = Area("Holds")
_MOST = 1_000


class HoldTold(Schema):
    """A hold: which brake, why, since when, and its rows in numbers."""

    id: int
    brake: str
    kind: str
    state: str
    reason: str
    run_id: int
    created_at: datetime
    held: int
    under_way: int
    made: int
    rejected: int
    gone: int

    @classmethod
    def of(cls, hold: Hold, tally: HoldTally) -> "HoldTold":
        """Return a hold as an answer says it."""
        numbers = {name: getattr(tally, name) for name in ("held", "under_way", "made", "rejected", "gone")}
        return cls(
            id=hold.pk, brake=hold.brake, kind=hold.kind, state=hold.state, reason=hold.reason, run_id=hold.run_id,
            created_at=hold.created_at, **numbers,
        )  # fmt: skip


class Holds(Schema):
    """The holds that wait for a person, those that are being made, and the latest that are over."""

    waiting: list[HoldTold]
    under_way: list[HoldTold]
    over: list[HoldTold]


class HoldDetail(HoldTold):
    """A hold. ``everything`` names all its rows as they are now; ``invitations`` is what releasing all would send."""

    everything: UUID
    invitations: int
    refusal: str = Field(description="Why nothing of it may be released now; empty when it may.")


class HeldTold(Schema):
    """A held change as it would be applied now. ``content`` is what a release of it is bound to.

    ``facts`` says more, by the kind of change: of a creation its pending company, of a removal company and person.
    """

    change_id: int
    content: UUID
    kind: str
    name: str
    facts: Mapping[str, Any]
    invited: bool
    note: str
    problem: str
    approved_by: str = Field(description="Who approved it already, where a second person has to.")

    @classmethod
    def of(cls, row: HeldRow, first: Approval | None) -> "HeldTold":
        """Return a held row as an answer says it."""
        facts = json.loads(json.dumps(_plain(row.facts), cls=DjangoJSONEncoder))
        return cls(
            change_id=row.change.pk, content=row.content, kind=row.change.kind, name=row.name, facts=facts,
            invited=row.invited, note=row.note, problem=row.change.problem,
            approved_by=first.approved_by_name if first else "",
        )  # fmt: skip


def _plain(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a kind says of a row, with its pending company as values."""
    pending = facts.get("pending")
    if not isinstance(pending, PendingCompany):
        return dict(facts)
    named = ("name", "country", "domain", "contact_name", "contact_email", "first_seen_at")
    return {**facts, "pending": {"id": pending.pk} | {name: getattr(pending, name) for name in named}}


class HeldTolds(PageShape):
    """A page of held rows."""

    items: list[HeldTold]


class RowGiven(Given):
    """A row, as it was read."""

    change_id: Id
    content: UUID


class SelectionGiven(Given):
    """Rows as they were read, or all of them as ``everything`` of the hold named them."""

    rows: list[RowGiven] = Field(default_factory=list, max_length=_MOST)
    everything: UUID | None = None

    @property
    def selection(self) -> Selection:
        """The rows that are meant."""
        return Selection({row.change_id: row.content for row in self.rows}, self.everything)


class ReleaseGiven(SelectionGiven):
    """What to release. ``invitations``: how many people that invites, asked for above the limit."""

    invitations: int | None = Field(None, ge=0, le=999_999_999)


@area.get("/holds", Action.RELEASE_HOLDS, Holds)
def list_holds(call: Call) -> Holds:
    """List what is held, and what became of the latest holds."""
    waiting, going = open_holds(), holds_under_way()
    over = [hold for hold in latest_over() if hold not in going]
    tallies = tallies_of_holds([*waiting, *going, *over])
    told = [[HoldTold.of(hold, tallies[hold.pk]) for hold in part] for part in (waiting, going, over)]
    return Holds(waiting=told[0], under_way=told[1], over=told[2])


def _hold(pk: int) -> Hold:
    hold = find_hold(pk)
    if hold is None:
        raise Http404
    return hold


@area.get("/holds/{int:pk}", Action.RELEASE_HOLDS, HoldDetail)
def show_hold(call: Call, pk: Id) -> HoldDetail:
    """Show one hold, and what releasing all of it would do."""
    hold = _hold(pk)
    rows = held_rows(hold)
    base = HoldTold.of(hold, tallies_of_holds([hold])[hold.pk]).model_dump()
    return HoldDetail(
        **base, everything=digest_of(rows), invitations=sum(row.invited for row in rows),
        refusal=kind_named(hold.kind).refusal(),
    )  # fmt: skip


@area.get("/holds/{int:pk}/rows", Action.RELEASE_HOLDS, HeldTolds)
def list_held_rows(call: Call, pk: Id, query: Query[PageQuery]) -> Reply:
    """List the rows that a hold keeps, as they are now."""
    refuse_wrong_place(query, IN_ORDER, Change)
    found = list_held(_hold(pk), after=query.after, before=query.before, size=query.limit)
    first = first_approvals(found.rows, now=call.caller.now)
    items = [HeldTold.of(row, first.get(row.change.pk)) for row in found.rows]
    return page_reply(call, HeldTolds, found.page, items=items)


@area.post("/holds/{int:pk}/release", Action.RELEASE_HOLDS, Done, status=202, refuses=True)
def release(call: Call, pk: Id, given: ReleaseGiven) -> Done:
    """Release exactly these rows. When one of them changed meanwhile, nothing is released."""
    with transaction.atomic():
        done = release_rows(hold_id=_hold(pk).pk, selection=given.selection, typed=given.invitations, **call.told)
    waits = f" {done.waiting:,} wait for a second person to approve the same." if done.waiting else ""
    return Done(changed=True, sentence=f"Released {done.released:,}.{waits}")


@area.post("/holds/{int:pk}/reject", Action.RELEASE_HOLDS, Done, refuses=True)
def reject(call: Call, pk: Id, given: SelectionGiven) -> Done:
    """Reject exactly these rows: a person decides on them, and no rule touches them again."""
    with transaction.atomic():
        count = reject_rows(hold_id=_hold(pk).pk, selection=given.selection, **call.told)
    return Done(changed=True, sentence=f"Rejected {count:,}. They wait for a person.")
