"""Takes back that User Sync brought people, gave places back, linked or invited people.

A link that is taken back ends as if a person had ended it, so that no sync makes it again.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tenantry.audit.events import Actor
from tenantry.core.planning.users.fields import usable_values
from tenantry.core.planning.users.planning import UserChangeKind
from tenantry.core.planning.users.views import OWN_FIELDS
from tenantry.core.undoing import Effect
from tenantry.core.undoing_people import (
    NO_PLACE,
    PlaceFacts,
    judge_arrival,
    judge_invitation,
    judge_linking,
    judge_return,
)
from tenantry.marketplace.invitations.services import InvitationRefused, revoke
from tenantry.marketplace.models import LIVE_INVITATION, Invitation, Membership, MembershipRole, MembershipState
from tenantry.marketplace.people.places import deactivate_membership, logins_among
from tenantry.marketplace.people.refusals import LastAdministrator
from tenantry.sync.deciding.answering import Circumstances
from tenantry.sync.deciding.newcomers import has_left, live_invitations
from tenantry.sync.models import Change, UserLink
from tenantry.sync.people.applying import lock_people
from tenantry.sync.people.held import membership_of
from tenantry.sync.people.linking import unlink_person
from tenantry.sync.people.store import record_of
from tenantry.sync.undoing.noting import note_undone
from tenantry.sync.undoing.ways import Planned, UndoRefused, UndoStale, Way

Judge = Callable[[PlaceFacts], Effect]
_CHANGED = "The person or the place changed after the undo was planned."


@dataclass(frozen=True, slots=True)
class _Now:
    """What is there of some people's places: invitations, other places, logins, administrators by company."""

    invitations: Mapping[int, Invitation]
    elsewhere: Collection[int]
    logins: Collection[str]
    administrators: Mapping[int, set[int]]


def _links(changes: Sequence[Change]) -> dict[int, UserLink]:
    """Return, by change, the link that it made. One query."""
    rows = UserLink.objects.select_related("person", "user", "membership__company", "membership__user").filter(
        run_id__in={change.run_id for change in changes}, person_id__in={change.person_id for change in changes}
    )
    made = {(row.run_id, row.person_id): row for row in rows.order_by("pk")}
    found = ((change.pk, made.get((change.run_id, change.person_id or 0))) for change in changes)
    return {pk: link for pk, link in found if link is not None}


def _now(places: Sequence[Membership]) -> _Now:
    users = [place.user_id for place in places]
    others = Membership.objects.filter(user_id__in=users).exclude(pk__in=[place.pk for place in places])
    chiefs = Membership.objects.filter(
        company_id__in={place.company_id for place in places}, role=MembershipRole.ADMINISTRATOR
    ).exclude(state=MembershipState.INACTIVE)
    administrators: dict[int, set[int]] = {}
    for company, key in chiefs.values_list("company_id", "pk"):
        administrators.setdefault(company, set()).add(key)
    return _Now(
        live_invitations([place.pk for place in places]), set(others.values_list("user_id", flat=True)),
        logins_among(place.user.email for place in places), administrators,
    )  # fmt: skip


def _facts(change: Change, place: Membership, link: UserLink | None, now: _Now) -> PlaceFacts:
    user, invitation = place.user, now.invitations.get(place.pk)
    theirs = place.state != MembershipState.AWAITING  # whom others know, and who has not accepted yet, lost nothing
    return PlaceFacts(
        name=user.name or user.email or change.subject_name,
        company=place.company.name,
        active=place.state != MembershipState.INACTIVE,
        linked=link is not None and link.ended_at is None,
        accepted=place.accepted_at is not None,
        known_elsewhere=theirs and _is_known(place, now),
        edited=theirs and link is not None and _was_edited(change, link),
        role_changed=place.role != (change.after or {}).get("role", place.role),
        last_administrator=now.administrators.get(place.company_id) == {place.pk},
        invitation=invitation.email if invitation else "",
        letter_left=invitation is not None and has_left(invitation),
    )


def _was_edited(change: Change, link: UserLink) -> bool:
    """Whether the person has a value that neither the change gave nor the directory says now."""
    after, told = change.after or {}, usable_values(record_of(vars(link.person)))
    return any(getattr(link.user, name) not in {after.get(name, ""), told.get(name)} for name in OWN_FIELDS)


def _is_known(place: Membership, now: _Now) -> bool:
    user = place.user
    return user.account_id is not None or user.email in now.logins or user.pk in now.elsewhere


def _planned(change: Change, place: Membership, effect: Effect, link: UserLink | None) -> Planned:
    if effect.refusal:
        return Planned(effect)
    details: dict[str, Any] = {
        "membership": place.pk, "company": place.company_id, "link": link.pk if link else None,
        "administrator": place.role == MembershipRole.ADMINISTRATOR,
    }  # fmt: skip
    before = {"linked": True, "active": place.state != MembershipState.INACTIVE}
    return Planned(effect, before, dict(change.before or {"linked": False, "active": False}), details)


def _plan_with(judge: Judge) -> Callable[[Sequence[Change], Actor, datetime], dict[int, Planned]]:
    def plan(changes: Sequence[Change], actor: Actor, now: datetime) -> dict[int, Planned]:  # noqa: ARG001  # as all ways
        links = _links(changes)
        there = _now([link.membership for link in links.values()])
        found = {change.pk: Planned(Effect(NO_PLACE)) for change in changes}
        for change in changes:
            link = links.get(change.pk)
            if link is not None:
                effect = judge(_facts(change, link.membership, link, there))
                found[change.pk] = _planned(change, link.membership, effect, link)
        return found

    return plan


def _end_link(undo: Change, by: Circumstances) -> None:
    lock_people(undo.marketplace_id)
    ended = unlink_person(
        link_id=int((undo.details or {})["link"]), actor=by.actor, now=by.now, request_id=by.request_id
    )
    if not ended:
        raise UndoStale(_CHANGED)


def _take_place(undo: Change, by: Circumstances) -> None:
    note_undone(undo.undoes_id, now=by.now)
    _end_link(undo, by)
    try:
        taken = deactivate_membership(membership_id=membership_of(undo), **by.keywords)
    except LastAdministrator as last:
        raise UndoRefused(str(last)) from last
    if taken is None:
        raise UndoStale(_CHANGED)


def _take_arrival(undo: Change, by: Circumstances) -> None:
    """Take the place away of somebody whom nobody touched since: what is known of them is judged once more."""
    original = Change.objects.get(pk=undo.undoes_id or 0)
    refusal = _plan_with(judge_arrival)([original], by.actor, by.now)[original.pk].effect.refusal
    if refusal:
        raise UndoStale(refusal)
    _take_place(undo, by)


def _take_link(undo: Change, by: Circumstances) -> None:
    note_undone(undo.undoes_id, now=by.now)
    _end_link(undo, by)


def _plan_invitations(changes: Sequence[Change], actor: Actor, now: datetime) -> dict[int, Planned]:  # noqa: ARG001  # same
    places = Membership.objects.select_related("company", "user").in_bulk([membership_of(change) for change in changes])
    there = _now(list(places.values()))
    found = {}
    for change in changes:
        place = places.get(membership_of(change))
        if place is None:
            found[change.pk] = Planned(Effect(NO_PLACE))
            continue
        effect = judge_invitation(_facts(change, place, None, there))
        live = there.invitations.get(place.pk)
        details = {"membership": place.pk, "company": place.company_id, "invitation": live.pk if live else None}
        found[change.pk] = Planned(effect, {"invited": True}, {"invited": False}, details)
    return found


def _take_invitation(undo: Change, by: Circumstances) -> None:
    note_undone(undo.undoes_id, now=by.now)
    invitation_id = (undo.details or {})["invitation"]
    if not Invitation.objects.filter(pk=invitation_id, state__in=LIVE_INVITATION).exists():
        raise UndoStale("The invitation was accepted, or ended, after the undo was planned.")
    try:
        revoke(
            invitation_id=invitation_id, actor=by.actor, now=by.now, request_id=by.request_id, reason="Taken back."
        )  # fmt: skip
    except InvitationRefused as refused:
        raise UndoStale(str(refused)) from refused


ARRIVED = Way(frozenset({UserChangeKind.CREATE.value}), _plan_with(judge_arrival), _take_arrival)
RETURNED = Way(frozenset({UserChangeKind.REACTIVATE.value}), _plan_with(judge_return), _take_place)
LINKED = Way(frozenset({UserChangeKind.JOIN.value}), _plan_with(judge_linking), _take_link)
INVITED = Way(frozenset({UserChangeKind.INVITE.value}), _plan_invitations, _take_invitation)
