"""What a company's administrator does with people who came in: invites them, or says that somebody is there already.

In the marketplace's scope.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from tenantry.audit.events import Actor
from tenantry.core.addresses import clean_email
from tenantry.marketplace.invitations.services import AddressNotConfirmed, InvitationRefused, invite
from tenantry.marketplace.models import Membership, MembershipRole, MembershipState, User
from tenantry.marketplace.people.filters import UserFilter
from tenantry.marketplace.people.places import change_role, deactivate_membership
from tenantry.marketplace.people.refusals import LastAdministrator
from tenantry.sync.models import LinkMaker, UserLink
from tenantry.sync.people.linking import link_person

MOST_AT_ONCE = 200
_BETWEEN = re.compile(r"[\s,;<>\"]+")


@dataclass(frozen=True, slots=True)
class Invited:
    """What became of people who were to be invited: how many were, and the others with the reason, by name.

    ``unconfirmed`` have an address that looks like a user name, which only a person can say takes mail.
    """

    invited: int
    unconfirmed: Sequence[str] = ()
    refused: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True, slots=True)
class Addressed:
    """Who of the waiting people have addresses of a list: their memberships, and the addresses of nobody."""

    memberships: Sequence[int]
    unknown: Sequence[str] = ()


def invite_pending_users(
    *, company_id: int, membership_ids: Iterable[int], role: MembershipRole, actor: Actor, now: datetime,
    request_id: str = "",
) -> Invited:  # fmt: skip
    """Give people who came in their role and invite them; those who can't be are told. Safe to repeat.

    Ids that are not of people who wait in this company are left out.
    """
    wanted = sorted(set(membership_ids))[:MOST_AT_ONCE]
    waiting = set(pending_places(company_id).filter(pk__in=wanted).values_list("pk", flat=True))
    found = Membership.objects.select_related("user").filter(pk__in=waiting).order_by("pk")
    invited, unconfirmed, refused = 0, [], []
    for place in found:
        try:
            with transaction.atomic():
                change_role(membership_id=place.pk, role=role, actor=actor, now=now, request_id=request_id)
                invite(membership_id=place.pk, actor=actor, now=now, request_id=request_id)
        except AddressNotConfirmed:
            unconfirmed.append(str(place.user))
        except (InvitationRefused, LastAdministrator) as refusal:
            refused.append((str(place.user), str(refusal)))
        else:
            invited += 1
    return Invited(invited, unconfirmed, refused)


def find_addressed(*, company_id: int, text: str) -> Addressed:
    """Return who of the people who wait in the company have the addresses in ``text``: a list, or a file's content.

    What is no address is passed over, so headings and names may stand beside.
    """
    words = [word for word in _BETWEEN.split(text) if "@" in word]
    addresses = list(dict.fromkeys(address for address in map(clean_email, words) if address))[:MOST_AT_ONCE]
    rows = pending_places(company_id).filter(user__email__in=addresses).values_list("pk", "user__email")
    found = {email: pk for pk, email in rows}
    return Addressed(list(found.values()), [address for address in addresses if address not in found])


@transaction.atomic
def link_to_existing(
    *, person_id: int, membership_id: int, actor: Actor, now: datetime, request_id: str = ""
) -> UserLink:  # fmt: skip
    """Say that a person of a directory is somebody whom the company has already.

    What the sync had made for the person before, and nobody used, is deactivated. Raises like
    :func:`~tenantry.sync.people.linking.link_person`.
    """
    before = UserLink.objects.filter(person_id=person_id, ended_at=None).first()
    link = link_person(
        person_id=person_id, membership_id=membership_id, actor=actor, now=now, request_id=request_id
    )  # fmt: skip
    if before is not None and before.membership_id != membership_id and _is_left_over(before):
        deactivate_membership(membership_id=before.membership_id, actor=actor, now=now, request_id=request_id)
    return link


def _is_left_over(before: UserLink) -> bool:
    place = Membership.objects.select_related("user").get(pk=before.membership_id)
    unused = place.accepted_at is None and place.state != MembershipState.INACTIVE
    linked = UserLink.objects.filter(membership=place, ended_at=None).exists()
    return before.made_by == LinkMaker.CREATED and unused and not linked and place.role == MembershipRole.USER


def pending_places(company_id: int) -> QuerySet[Membership]:
    """Return the places in the company of people who came in and have not accepted an invitation."""
    came = UserLink.objects.filter(ended_at=None, made_by=LinkMaker.CREATED, membership__company_id=company_id)
    waiting = Membership.objects.filter(company_id=company_id, accepted_at=None, pk__in=came.values("membership_id"))
    return waiting.exclude(state=MembershipState.INACTIVE)


def people_to_link(*, company_id: int, text: str, most: int) -> list[Membership]:
    """Return people of the company who are not deactivated and who have all the words typed, by name."""
    places = Membership.objects.select_related("user").filter(company_id=company_id)
    places = places.exclude(state=MembershipState.INACTIVE)
    if text.strip():
        users = UserFilter({"q": text}, User.objects.filter(pk__in=places.values("user_id"))).qs
        places = places.filter(user_id__in=users.values("pk"))
    return list(places.order_by("user__sort_name", "pk")[:most])
