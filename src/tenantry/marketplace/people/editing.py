"""Corrects what the marketplace knows of a person."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from tenantry.audit.events import Actor, Happening, Target
from tenantry.audit.services import record_event, record_events
from tenantry.core.drafts import PersonDraft, clean_person
from tenantry.isolation.scope import current_marketplace_id
from tenantry.marketplace.models import Membership, MembershipState, User
from tenantry.marketplace.people.bringing import user_sort_name
from tenantry.marketplace.people.keys import write_user_keys
from tenantry.marketplace.people.places import has_login
from tenantry.marketplace.people.profiles import write_profiles
from tenantry.marketplace.people.refusals import PersonRefused, StaleUser
from tenantry.marketplace.people.telling import membership_happening, person_subject

_FIELDS = ("email", "first_name", "last_name", "phone", "language")
_PROFILE = "profile_"
_TAKEN = "Another person of this marketplace has this address."
_BOUND = "The address can't be changed here: this person signs in with it, or belongs to several companies."


@transaction.atomic
def edit_user(
    *, user_id: int, seen_version: int, changes: Mapping[str, Any], actor: Actor, now: datetime, request_id: str = ""
) -> dict[str, Any]:
    """Change a person as the editor saw them; return what differs. ``changes`` are fields of ``PersonDraft``.

    The address stays once the person has a login or belongs to more than one company. Raises :class:`StaleUser`,
    :class:`PersonRefused`.
    """
    user = User.objects.select_for_update().get(pk=user_id)
    if user.version != seen_version:
        raise StaleUser("Somebody else changed this person meanwhile.")
    before = PersonDraft(*(getattr(user, field) for field in _FIELDS))
    after = _after(before, changes)
    news = {field: value for field, value in asdict(after).items() if value != getattr(before, field)}
    if not news:
        return {}
    if "email" in news and not may_change_email(user):
        raise PersonRefused({"email": _BOUND})
    happening = _written(user, before, after)
    record_event(happening, actor=actor, marketplace_id=current_marketplace_id(), now=now, request_id=request_id)
    return news


@transaction.atomic
def follow_directory(
    *, membership_id: int, profile: Mapping[str, str], own: Mapping[str, str], actor: Actor, now: datetime,
    run_id: int | None = None,
) -> None:  # fmt: skip
    """Take over what a directory says: ``profile`` of the place, ``own`` of a person whom only its company knows.

    Raises :class:`PersonRefused` when the person is not its company's alone any more, or an address is taken.
    """
    membership = Membership.objects.select_related("company").get(pk=membership_id)
    user = User.objects.select_for_update().get(pk=membership.user_id)
    told = write_profiles([(membership, PersonDraft(**profile))])
    if own and not may_change_email(user):
        raise PersonRefused({"email": _BOUND})
    if own:
        before = PersonDraft(*(getattr(user, field) for field in _FIELDS))
        told.append(_written(user, before, _after(before, own)))
    record_events(told, actor=actor, marketplace_id=current_marketplace_id(), now=now, run_id=run_id)


@transaction.atomic
def restore_values(
    *, membership_id: int, values: Mapping[str, str], actor: Actor, now: datetime, request_id: str = "",
    run_id: int | None = None,
) -> None:  # fmt: skip
    """Give a person back what they had before a directory said otherwise, blanks too; a profile's as ``profile_…``.

    Raises as :func:`follow_directory`.
    """
    membership = Membership.objects.select_related("company").get(pk=membership_id)
    user = User.objects.select_for_update().get(pk=membership.user_id)
    profile = {name: text for name, text in values.items() if name.startswith(_PROFILE)}
    own = {name: text for name, text in values.items() if name not in profile}
    told = []
    if profile:
        personal = {"before": {name: getattr(membership, name) for name in profile}, "after": profile}
        Membership.objects.filter(pk=membership_id).update(**profile)
        told.append(membership_happening("profile_changed", membership, personal=personal))
    if own and not may_change_email(user):
        raise PersonRefused({"email": _BOUND})
    if own:
        before = PersonDraft(*(getattr(user, field) for field in _FIELDS))
        told.append(_written(user, before, replace(before, **own)))
    record_events(
        told, actor=actor, marketplace_id=current_marketplace_id(), now=now, request_id=request_id, run_id=run_id
    )


def may_change_email(user: User) -> bool:
    """Whether the address is still anybody's to correct: no login hangs on it, and one company at most knows it."""
    return user.account_id is None and Membership.objects.filter(user=user).count() <= 1


def _after(before: PersonDraft, changes: Mapping[str, Any]) -> PersonDraft:
    cleaned, errors = clean_person(replace(before, **changes))
    errors = {field: sentence for field, sentence in errors.items() if field in changes}
    if errors:
        raise PersonRefused(errors)
    return cleaned


def _written(user: User, before: PersonDraft, after: PersonDraft) -> Happening:
    """Write the person; return the event to record."""
    news = {field: value for field, value in asdict(after).items() if value != getattr(before, field)}
    _write(user, after)
    return Happening(
        "marketplace.user.edited", Target("user", str(user.pk)), after={"fields": sorted(news)},
        personal={"before": {field: getattr(before, field) for field in news}, "after": news},
        person=person_subject(user.pk),
    )  # fmt: skip


def _write(user: User, after: PersonDraft) -> None:
    sort_name = user_sort_name(after.first_name, after.last_name, after.email)
    try:
        with transaction.atomic():
            User.objects.filter(pk=user.pk).update(**asdict(after), sort_name=sort_name, version=user.version + 1)
    except IntegrityError as error:
        raise PersonRefused({"email": _TAKEN}) from error
    if after.email != user.email and has_login(after.email):  # it is somebody's: they must accept first
        unaccepted = Membership.objects.filter(user=user, accepted_at=None, state=MembershipState.ACTIVE)
        unaccepted.update(state=MembershipState.AWAITING)
    write_user_keys([user.pk])
