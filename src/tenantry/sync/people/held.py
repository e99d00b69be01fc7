"""Removals and invitations of people as kinds of changes that may be held: their content, and making them."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from tenantry.audit.events import SYSTEM, Actor
from tenantry.core.planning.users.inviting import Newcomer, is_invited_by_rule
from tenantry.core.planning.users.planning import UserChangeKind
from tenantry.core.planning.users.reasons import SENTENCES, Reason
from tenantry.core.tenants import digest
from tenantry.marketplace.invitations.services import InvitationRefused, invite
from tenantry.marketplace.models import Membership, MembershipState
from tenantry.sync.holds.kinds import INVITATIONS, REMOVALS, Applier, HeldKind, HeldRow, Outcome
from tenantry.sync.models import Change, ChangeState, Run, UserLink
from tenantry.sync.people.applying import lock_people, plan_again
from tenantry.sync.people.making import Making, make_changes
from tenantry.sync.people.views import SharedAddresses
from tenantry.sync.user_settings import read_user_sync

_OFF = "User Sync is off. A manager switches it on in Sync settings."
_NO_INVITING = "People are not invited automatically now. A manager switches it on in Sync settings."
_STALE = "The directory or the company says otherwise now."


class _HeldPeople(HeldKind):
    """What both kinds have in common: a change names a membership."""

    def waiting(self, changes: QuerySet[Change]) -> QuerySet[Change]:
        """Leave out people whose place is gone or deactivated already."""
        places = UserLink.objects.filter(person_id=OuterRef("person_id"))
        return changes.filter(Exists(places.exclude(membership__state=MembershipState.INACTIVE)))

    def rows(self, changes: Sequence[Change], *, lock: bool = False) -> list[HeldRow]:
        """Return the people as they are now."""
        ids = [membership_of(change) for change in changes]
        found = Membership.objects.select_related("user", "company").filter(pk__in=ids)
        if lock:
            found = found.select_for_update(of=("self",)).order_by("pk")
        places = {row.pk: row for row in found}
        there = [(change, places.get(membership_of(change))) for change in changes]
        return [self._row(change, place) for change, place in there if place is not None]

    def _row(self, change: Change, place: Membership) -> HeldRow:
        why = why_of(change)
        content = digest(change.kind, str(place.pk), place.user.email, place.role, place.state, why)
        name = place.user.name or place.user.email or change.subject_name
        facts = {
            "company": place.company.name, "company_id": place.company_id, "user_id": place.user_id,
            "email": place.user.email, "role": place.role, "why": why,
        }  # fmt: skip
        return HeldRow(change, content, name, facts, self.name == INVITATIONS, change.problem)

    def began_to_wait(self, changes: QuerySet[Change]) -> None:
        """Do nothing: the change itself says that it waits."""

    def end(self, changes: QuerySet[Change], *, by_hand: bool, actor: Actor, now: datetime) -> None:
        """Do nothing: a rejected change stands in the way of the same one (``planning``)."""


class HeldRemovals(_HeldPeople):
    """People who left a directory, or its scope, and would lose their place."""

    name = REMOVALS
    change_kinds = frozenset({UserChangeKind.DEACTIVATE.value})
    two_people = True

    def refusal(self) -> str:
        """Nobody is deactivated while User Sync is off everywhere."""
        return "" if any(switches.on for switches in read_user_sync().values()) else _OFF

    def applier(self) -> Applier:
        """Deactivate people, each planned once more just before."""
        return partial(_remove, SharedAddresses())


class HeldInvitations(_HeldPeople):
    """People who came in and would be invited by the rule."""

    name = INVITATIONS
    change_kinds = frozenset({UserChangeKind.INVITE.value})

    def refusal(self) -> str:
        """Nobody is invited by a rule that is off."""
        return "" if any(switches.invites for switches in read_user_sync().values()) else _NO_INVITING

    def applier(self) -> Applier:
        """Invite people who still wait for it."""
        return _invite


HELD_REMOVALS, HELD_INVITATIONS = HeldRemovals(), HeldInvitations()


def membership_of(change: Change) -> int:
    """Return the place that a change of a person is about, 0 for none."""
    details: dict[str, Any] = change.details or {}
    return int(details.get("membership") or 0)


def company_of(change: Change) -> int:
    """Return the company that a change of a person is about."""
    details: dict[str, Any] = change.details or {}
    return int(details["company"])


def why_of(change: Change) -> str:
    """Return in a sentence why the change was planned."""
    why = (change.details or {}).get("why", "")
    return SENTENCES[Reason(why)] if why in set(Reason) else change.reason


def _remove(shared: SharedAddresses, change: Change, *, run_id: int, now: datetime) -> Outcome:
    lock_people(change.marketplace_id)
    planned = plan_again([change], change.run, shared).get(change.pk)
    if planned is None:
        return Outcome(ChangeState.STALE, _STALE)
    making = Making(Run.objects.get(pk=run_id), SYSTEM, now)
    make_changes(making, [(change, planned)])
    refusal = making.refused.get(change.pk)
    return Outcome(ChangeState.STALE, refusal) if refusal else Outcome()


def _invite(change: Change, *, run_id: int, now: datetime) -> Outcome:
    place = Membership.objects.select_related("user").filter(pk=membership_of(change)).first()
    if place is None or not is_invited_by_rule(newcomer_of(place, came_at=now), now):
        return Outcome(ChangeState.STALE, "The person was invited, accepted or left meanwhile.")
    try:
        invite(membership_id=place.pk, actor=SYSTEM, now=now, run_id=run_id)
    except InvitationRefused as refusal:
        return Outcome(ChangeState.STALE, str(refusal))
    return Outcome()


def newcomer_of(place: Membership, *, came_at: datetime) -> Newcomer:
    """Return a person who came in as the rule of inviting sees them. One query."""
    return Newcomer(
        came_at=came_at,
        email=place.user.email,
        invited=place.invitations.exists(),
        accepted=place.accepted_at is not None,
        active=place.state != MembershipState.INACTIVE,
    )
