"""Gives places back that User Sync deactivated. The link stays ended, so no sync takes the place away again."""

from collections.abc import Sequence
from datetime import datetime

from tenantry.audit.events import Actor
from tenantry.core.planning.users.planning import UserChangeKind
from tenantry.core.undoing import Effect
from tenantry.core.undoing_people import NO_PLACE
from tenantry.marketplace.models import Membership, MembershipState
from tenantry.marketplace.people.places import reactivate_membership
from tenantry.sync.deciding.answering import Circumstances
from tenantry.sync.models import Change
from tenantry.sync.people.held import membership_of
from tenantry.sync.undoing.noting import note_undone
from tenantry.sync.undoing.ways import Planned, UndoStale, Way

_GIVEN_BACK = "The place in {company} is given back."
_BACK = "The place is not deactivated any more: somebody, or a later sync, gave it back."


def _plan(changes: Sequence[Change], actor: Actor, now: datetime) -> dict[int, Planned]:  # noqa: ARG001  # as all ways
    places = Membership.objects.select_related("company").in_bulk([membership_of(change) for change in changes])
    return {change.pk: _planned(places.get(membership_of(change))) for change in changes}


def _planned(place: Membership | None) -> Planned:
    if place is None:
        return Planned(Effect(NO_PLACE))
    if place.state != MembershipState.INACTIVE:
        return Planned(Effect(_BACK))
    effect = Effect(does=[_GIVEN_BACK.format(company=place.company.name)])
    return Planned(effect, {"state": "inactive"}, {"state": "active"}, {"membership": place.pk})


def _take_back(undo: Change, by: Circumstances) -> None:
    note_undone(undo.undoes_id, now=by.now)
    try:
        given_back = reactivate_membership(membership_id=membership_of(undo), **by.keywords)
    except Membership.DoesNotExist as gone:
        raise UndoStale(NO_PLACE) from gone
    if not given_back:
        raise UndoStale(_BACK)


PEOPLE = Way(frozenset({UserChangeKind.DEACTIVATE.value}), _plan, _take_back)
