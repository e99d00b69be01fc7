"""Undos that take something away as a kind of changes that may be held: their content, and making them."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db.models import QuerySet

from tenantry.audit.events import Actor, ActorKind
from tenantry.core.planning.companies import ChangeKind
from tenantry.core.planning.users.planning import UserChangeKind
from tenantry.core.tenants import digest
from tenantry.core.undoing import NO_WAY
from tenantry.marketplace.models import Membership
from tenantry.sync.deciding.answering import Circumstances
from tenantry.sync.deciding.many import KINDS
from tenantry.sync.deciding.selecting import BulkAction
from tenantry.sync.holds.kinds import UNDOS, Applier, HeldKind, HeldRow, Outcome
from tenantry.sync.holds.releasing import RELEASE
from tenantry.sync.models import Change, ChangeState
from tenantry.sync.people.held import membership_of
from tenantry.sync.undoing.registry import way_for
from tenantry.sync.undoing.ways import UNDO_PREFIX, Planned, UndoRefused

REMOVES_COMPANY = frozenset({KINDS[BulkAction.CREATE], RELEASE, ChangeKind.CREATE.value})
"""Kinds of changes with which a company may go when they are taken back."""
_REMOVES_PERSON = frozenset({UserChangeKind.CREATE.value, UserChangeKind.REACTIVATE.value})
REMOVES_PEOPLE = frozenset(f"{UNDO_PREFIX}{kind}" for kind in _REMOVES_PERSON)
REMOVES_COMPANIES = frozenset(f"{UNDO_PREFIX}{kind}" for kind in REMOVES_COMPANY)


def take_back_row(undo: Change, *, run_id: int, now: datetime) -> None:
    """Take back what a planned row says, in the caller's transaction. Raises :class:`UndoRefused`."""
    way = way_for(undo.kind.removeprefix(UNDO_PREFIX))
    if way is None:
        raise UndoRefused(NO_WAY)
    way.take_back(undo, Circumstances(actor_of(undo), now, run_id=run_id))


def actor_of(undo: Change) -> Actor:
    """Return who asked for it."""
    kind, name, account_id = (undo.details or {})["actor"]
    return Actor(ActorKind(kind), name, account_id)


class HeldUndos(HeldKind):
    """Taking back what would remove many people or companies at once."""

    name = UNDOS
    change_kinds = REMOVES_PEOPLE | REMOVES_COMPANIES
    two_people = True

    def refusal(self) -> str:
        """Nothing stands in the way of taking back."""
        return ""

    def waiting(self, changes: QuerySet[Change]) -> QuerySet[Change]:
        """Leave out what was taken back elsewhere."""
        return changes.filter(undoes__state=ChangeState.APPLIED)

    def rows(self, changes: Sequence[Change], *, lock: bool = False) -> list[HeldRow]:
        """Return what taking each back would do now; without what can't be taken back any more."""
        places = Membership.objects.select_related("user", "company").filter(
            pk__in=[membership_of(change) for change in changes]
        )
        if lock:
            places = places.select_for_update(of=("self",)).order_by("pk")
        people = {place.pk: place for place in places}
        planned = _plans(changes)
        there = [(change, planned.get(change.pk)) for change in changes]
        return [
            _row(change, now, people.get(membership_of(change)))
            for change, now in there
            if now is not None and now.effect.possible
        ]

    def applier(self) -> Applier:
        """Take back, each checked once more just before."""
        return _apply

    def began_to_wait(self, changes: QuerySet[Change]) -> None:
        """Do nothing: the change itself says that it waits."""

    def end(self, changes: QuerySet[Change], *, by_hand: bool, actor: Actor, now: datetime) -> None:
        """Do nothing: no rule takes anything back; a person may ask for it again."""


HELD_UNDOS = HeldUndos()


def _plans(changes: Sequence[Change]) -> dict[int, Planned]:
    """Return, by undo, what its way says now. As of when it was asked for: within that it may still be released."""
    originals = Change.objects.in_bulk([change.undoes_id for change in changes if change.undoes_id])
    by_kind: dict[str, list[Change]] = {}
    for change in changes:
        if change.undoes_id in originals:
            by_kind.setdefault(originals[change.undoes_id].kind, []).append(change)
    found: dict[int, Planned] = {}
    for kind, some in by_kind.items():
        way = way_for(kind)
        wanted = [originals[change.undoes_id or 0] for change in some]
        planned = way.plan(wanted, actor_of(some[0]), some[0].created_at) if way else {}
        found |= {change.pk: planned[change.undoes_id or 0] for change in some if change.undoes_id in planned}
    return found


def _row(change: Change, planned: Planned, place: Membership | None) -> HeldRow:
    content = digest(
        change.kind, str(change.undoes_id), _text(planned.before), _text(planned.after), *planned.effect.does,
        *planned.effect.stays, place.role if place else "",
    )  # fmt: skip
    facts: dict[str, object] = {"why": " ".join((*planned.effect.does, *planned.effect.stays))}
    name = change.subject_name
    if place is not None:
        name = place.user.name or place.user.email or name
        facts |= {
            "company": place.company.name, "company_id": place.company_id, "user_id": place.user_id,
            "email": place.user.email, "role": place.role,
        }  # fmt: skip
    return HeldRow(change, content, name, facts, note=change.problem)


def _text(values: Mapping[str, object]) -> str:
    return json.dumps(dict(values), sort_keys=True, default=str)


def _apply(change: Change, *, run_id: int, now: datetime) -> Outcome:
    try:
        take_back_row(change, run_id=run_id, now=now)
    except UndoRefused as refused:
        return Outcome(ChangeState.STALE, str(refused))
    return Outcome()
