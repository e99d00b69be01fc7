"""Takes back values that people got from their directories."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Count

from tenantry.audit.events import Actor
from tenantry.core.planning.users.fields import LABELS, usable_values
from tenantry.core.planning.users.planning import UserChangeKind
from tenantry.core.planning.users.views import OWN_FIELDS, PROFILE_FIELDS
from tenantry.core.undoing import ValuesFacts, judge_values, kept_away, restorable
from tenantry.marketplace.models import Membership, User
from tenantry.marketplace.people.editing import restore_values
from tenantry.marketplace.people.places import logins_among
from tenantry.marketplace.people.refusals import PersonRefused
from tenantry.sync.deciding.answering import Circumstances
from tenantry.sync.models import Change, UserLink
from tenantry.sync.people.applying import lock_people
from tenantry.sync.people.held import membership_of
from tenantry.sync.people.store import record_of
from tenantry.sync.undoing.noting import note_undone
from tenantry.sync.undoing.ways import Planned, UndoRefused, UndoStale, Way

_CHANGED = "The person was changed after the undo was planned."
_LABELS = LABELS | {f"profile_{name}": LABELS[name] for name in PROFILE_FIELDS}


def _plan(changes: Sequence[Change], actor: Actor, now: datetime) -> dict[int, Planned]:  # noqa: ARG001  # as all ways
    places = Membership.objects.select_related("user").in_bulk([membership_of(change) for change in changes])
    live = set(
        UserLink.objects.filter(pk__in=[_link(each) for each in changes], ended_at=None).values_list("pk", flat=True)
    )
    bound, taken = _bound(list(places.values())), _taken(changes)
    return {
        change.pk: _planned(change, places.get(membership_of(change)), bound, taken, linked=_link(change) in live)
        for change in changes
    }


def _link(change: Change) -> int:
    return int((change.details or {}).get("link") or 0)


def _bound(places: Sequence[Membership]) -> set[int]:
    """Return the people whose own fields are theirs: they sign in, or several companies know them."""
    users = {place.user_id: place.user for place in places}
    counted = Membership.objects.filter(user_id__in=users).values("user_id").annotate(count=Count("pk"))
    several = set(counted.filter(count__gt=1).values_list("user_id", flat=True))
    logins = logins_among(user.email for user in users.values())
    signing_in = {pk for pk, user in users.items() if user.account_id is not None or user.email in logins}
    accepted = {place.user_id for place in places if place.accepted_at is not None}
    erased = {pk for pk, user in users.items() if user.erased_at is not None}
    return several | signing_in | accepted | erased


def _taken(changes: Sequence[Change]) -> Mapping[str, int]:
    """Return who has the addresses from before now."""
    former = {(change.before or {}).get("email", "") for change in changes}
    return dict(User.objects.filter(email__in=former - {""}).values_list("email", "pk"))


def _planned(
    change: Change, place: Membership | None, bound: set[int], taken: Mapping[str, int], *, linked: bool
) -> Planned:  # fmt: skip
    before, after = change.before or {}, change.after or {}
    fixed: set[str] = set()
    if place is not None and place.user_id in bound:
        fixed |= {name for name in after if name in OWN_FIELDS}
    if place is not None and taken.get(before.get("email", ""), place.user_id) != place.user_id:
        fixed.add("email")
    current = None if place is None else values_at(place, after)
    facts = ValuesFacts(change.subject_name, before, after, current, linked, fixed, _LABELS)
    restored = restorable(facts)
    details = {"membership": membership_of(change), "link": _link(change)}
    return Planned(judge_values(facts), {name: after[name] for name in restored}, restored, details)


def values_at(place: Membership, names: Mapping[str, Any]) -> dict[str, str]:
    """Return what the marketplace has for these members of a change."""
    return {name: getattr(place if name.startswith("profile_") else place.user, name) for name in names}


def _take_back(undo: Change, by: Circumstances) -> None:
    lock_people(undo.marketplace_id)
    before, after = undo.before or {}, undo.after or {}
    place = (
        Membership.objects.select_for_update(of=("self",)).filter(pk=membership_of(undo)).select_related("user").first()
    )
    if place is None or values_at(place, before) != before:
        raise UndoStale(_CHANGED)
    note_undone(undo.undoes_id, now=by.now)
    try:
        restore_values(membership_id=place.pk, values=after, **by.keywords)
    except PersonRefused as refused:
        raise UndoRefused(" ".join(refused.errors.values())) from refused
    _keep_away(_link(undo), before)


def _keep_away(link_id: int, values: Mapping[str, Any]) -> None:
    """Note on the link which values of the directory are not taken again, beside what a later undo keeps away still."""
    rows = UserLink.objects.select_for_update(of=("self",)).select_related("person")
    link = rows.filter(pk=link_id, ended_at=None).first()
    if link is not None:
        told = usable_values(record_of(vars(link.person)))
        now = {name: told.get(name.removeprefix("profile_"), "") for name in values}
        link.taken_back = {**link.taken_back, **kept_away(values, link.taken_back, now)}
        link.save(update_fields=["taken_back"])


FOLLOWED_PERSON = Way(frozenset({UserChangeKind.UPDATE.value}), _plan, _take_back)
