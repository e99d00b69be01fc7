"""Links people of directories to users of their company by hand, and unlinks them. In the marketplace's scope."""

from datetime import datetime

from django.db import transaction

from tenantry.audit.events import Actor, Happening
from tenantry.audit.services import record_events
from tenantry.isolation.scope import current_marketplace_id
from tenantry.marketplace.companies.telling import target_of
from tenantry.marketplace.models import Membership, MembershipState
from tenantry.marketplace.people.telling import person_subject
from tenantry.sync.models import DirectoryUser, LinkMaker, TenantLink, UserLink
from tenantry.sync.people.applying import lock_people
from tenantry.sync.people.ends import EndReason


class LinkRefused(Exception):
    """The two can't be linked. The message is a sentence for the person who tried."""


_NOT_HERE = "This person is in no directory that is linked to the company."
_GONE = "This person has left the directory, so there is nobody to link."
_TAKEN = "The user is linked to somebody else of the same directory. Unlink that person first."
_INACTIVE = "The user is deactivated in the company. Activate them, then link."


@transaction.atomic
def link_person(
    *, person_id: int, membership_id: int, actor: Actor, now: datetime, request_id: str = ""
) -> UserLink:  # fmt: skip
    """Link a person of a directory to a user of the company that the directory belongs to. Safe to repeat.

    From now on the user follows the directory, and is never deactivated by it unless the sync brought them. A link
    to another user ends. Raises :class:`LinkRefused`, ``Membership.DoesNotExist``.
    """
    lock_people(current_marketplace_id())
    place = Membership.objects.select_for_update(of=("self",)).select_related("company", "user").get(pk=membership_id)
    person = DirectoryUser.objects.filter(pk=person_id).first()
    if person is None or not _belongs(person, place):
        raise LinkRefused(_NOT_HERE)
    live = UserLink.objects.filter(person_id=person_id, ended_at=None).select_related("membership__company").first()
    if live is not None and live.membership_id == membership_id:
        return live
    refusal = _refusal(person, place)
    if refusal:
        raise LinkRefused(refusal)
    told = [_happening("ended", live.membership, person, {})] if live else []
    if live is not None:
        UserLink.objects.filter(pk=live.pk).update(ended_at=now, end_reason=EndReason.BY_HAND.value)
    link = UserLink.objects.create(
        marketplace_id=place.marketplace_id, person=person, tenant_id=person.tenant_id, user_id=place.user_id,
        membership=place, made_by=LinkMaker.PERSON, created_at=now,
    )  # fmt: skip
    told.append(_happening("made", place, person, {"by": "a person"}))
    record_events(told, actor=actor, marketplace_id=place.marketplace_id, now=now, request_id=request_id)
    return link


def _belongs(person: DirectoryUser, place: Membership) -> bool:
    links = TenantLink.objects.filter(tenant_id=person.tenant_id, company_id=place.company_id, ended_at=None)
    return links.exists() and person.emptied_at is None


def _refusal(person: DirectoryUser, place: Membership) -> str:
    if person.presence != "present" or person.left_at is not None:
        return _GONE
    if place.state == MembershipState.INACTIVE:
        return _INACTIVE
    taken = UserLink.objects.filter(membership=place, tenant_id=person.tenant_id, ended_at=None)
    return _TAKEN if taken.exists() else ""


@transaction.atomic
def unlink_person(*, link_id: int, actor: Actor, now: datetime, request_id: str = "") -> bool:
    """End a link, so that no rule links the two again; tell whether it lived. The user stays as they are.

    Raises ``UserLink.DoesNotExist``.
    """
    lock_people(current_marketplace_id())
    rows = UserLink.objects.select_for_update(of=("self",)).select_related("membership__company", "person")
    link = rows.get(pk=link_id)
    if link.ended_at is not None:
        return False
    UserLink.objects.filter(pk=link.pk).update(ended_at=now, end_reason=EndReason.BY_HAND.value)
    told = [_happening("ended", link.membership, link.person, {"by": "a person"})]
    record_events(told, actor=actor, marketplace_id=link.marketplace_id, now=now, request_id=request_id)
    return True


def _happening(verb: str, place: Membership, person: DirectoryUser, after: dict[str, str]) -> Happening:
    name = person.display_name or f"{person.first_name or ''} {person.last_name or ''}".strip() or person.user_name
    return Happening(
        f"sync.user_link.{verb}",
        target_of(place.company_id, place.company.name),
        after={"membership": place.pk, "user": place.user_id, **after},
        personal={"directory_id": person.external_id, "name": name or ""},
        person=person_subject(place.user_id),
    )
