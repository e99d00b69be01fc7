"""Gives places back that User Sync deactivated. The link stays ended, so no sync takes the place away again."""

from collections.abc import Sequence
from datetime import datetime

from tenantry.audit.events import Actor
from tenantry.core.planning.users.planning import UserChangeKind
from tenantry.core.undoing import Effect
from tenantry.marketplace.models import Membership, MembershipState
from tenantry.marketplace.people.places import reactivate_membership
from tenantry.sync.deciding.answering import Circumstances
from tenantry.sync.models import Change, ChangeState
from tenantry.sync.runs.accounting import count_undone
from tenantry.sync.undoing.ways import Planned, UndoStale, Way

_GIVEN_BACK = "The place in {company} is given back."
_GONE = "This person has no place in the company any more."
_BACK = "The place is not deactivated any more: somebody, or a later sync, gave it back."


def _plan(changes: Sequence[Change], actor: Actor, now: datetime) -> dict[int, Planned]:  # noqa: ARG001  # as all ways
    places = Membership.objects.select_related("company").in_bulk([_place(change) for change in changes])
    return {change.pk: _planned(places.get(_place(change))) for change in changes}


def _place(change: Change) -> int:
    return int((change.details or {}).get("membership") or 0)


def _planned(place: Membership | None) -> Planned:
    if place is None:
        return Planned(Effect(_GONE))
    if place.state != MembershipState.INACTIVE:
        return Planned(Effect(_BACK))
    effect = Effect(does=[_GIVEN_BACK.format(company=place.company.name)])
    return Planned(effect, {"state": "inactive"}, {"state": "active"}, {"membership": place.pk})


def _take_back(undo: Change, by: Circumstances) -> None:
    original = Change.objects.filter(pk=undo.undoes_id or 0, state=ChangeState.APPLIED).first()
    if original is None:
        raise UndoStale("It was taken back meanwhile.")
    try:
        given_back = reactivate_membership(membership_id=_place(undo), **by.keywords)
    except Membership.DoesNotExist as gone:
        raise UndoStale(_GONE) from gone
    if not given_back:
        raise UndoStale(_BACK)
    original.state, original.settled_at = ChangeState.UNDONE, by.now
    original.save(update_fields=["state", "settled_at"])
    count_undone(original.run_id)


PEOPLE = Way(frozenset({UserChangeKind.DEACTIVATE.value}), _plan, _take_back)
