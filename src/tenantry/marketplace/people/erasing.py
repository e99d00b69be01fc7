"""Erases a person: what identifies them goes, that somebody was there stays.

Events keep the person's id; their personal values are sealed under a key that is destroyed. Other areas take what they
know of the person away when they hear of it: ``person_erasing``.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef, Q
from django.dispatch import Signal

from tenantry.accounts.erasing import erase_account
from tenantry.accounts.models import Account
from tenantry.audit.erasing import destroy_keys, subjects_naming
from tenantry.audit.events import Actor, Happening, Target
from tenantry.audit.services import record_event
from tenantry.core.erasing import without_person
from tenantry.isolation.scope import current_marketplace_id, marketplace_scope
from tenantry.marketplace.companies.guarding import follow_companies
from tenantry.marketplace.companies.telling import contact_subject
from tenantry.marketplace.invitations.services import revoke
from tenantry.marketplace.models import (
    Company,
    ImportLine,
    Invitation,
    Membership,
    MembershipRole,
    MembershipState,
    User,
    UserKey,
)
from tenantry.marketplace.models.people import LIVE_INVITATION
from tenantry.marketplace.people.places import deactivate_membership
from tenantry.marketplace.people.refusals import LastAdministrator
from tenantry.marketplace.people.telling import person_subject

# Sent in the erasing transaction and the marketplace's scope, with ``email`` (in lower case; never empty),
# ``company_ids`` (where the person belongs) and ``now``.
person_erasing = Signal()
# Sent with ``user_id`` and ``now`` for every person that is erased, in the erasing transaction and the marketplace's
# scope: whoever keeps copies of what was told of people drops them.
copies_going = Signal()


class ErasureRefused(Exception):
    """The person can't be erased as things are; nothing was written. The message says what to do first."""


@dataclass(frozen=True, slots=True)
class _By:
    actor: Actor
    now: datetime
    request_id: str


def erase_person(*, marketplace_id: int, user_id: int, actor: Actor, now: datetime, request_id: str = "") -> bool:
    """Erase a person of the marketplace; tell whether there was anything left to erase. Outside any scope.

    Places in companies end, invitations are revoked, sign-ins end. The login itself is erased with them unless somebody
    else needs it. Raises :class:`ErasureRefused` for the last administrator of a company, ``User.DoesNotExist``.
    """
    by = _By(actor, now, request_id)
    with transaction.atomic():
        with marketplace_scope(marketplace_id):
            user = User.objects.select_for_update().get(pk=user_id)
            if user.erased_at is not None:
                return False
            account_id = user.account_id
            _erase(user, by)
        if account_id is not None and not _in_use(account_id):
            erase_account(account_id=account_id, actor=actor, now=now, request_id=request_id)
    return True


def companies_kept_by(user: User) -> list[Company]:
    """Return the companies whose last administrator the person is. In the marketplace's scope."""
    administrators = Membership.objects.filter(role=MembershipRole.ADMINISTRATOR).exclude(
        state=MembershipState.INACTIVE
    )
    others = administrators.filter(company_id=OuterRef("company_id")).exclude(user=user)
    own = administrators.filter(~Exists(others), user=user).select_related("company")
    return [place.company for place in own.order_by("company__sort_name", "pk")]


def _erase(user: User, by: _By) -> None:
    email, company_ids = user.email.lower(), _end_places(user, by)
    names = {user.name, _account_name(user)} - {""}
    _empty_invitations(user, email, names)
    Membership.objects.filter(user=user).update(profile_first_name="", profile_last_name="")
    UserKey.objects.filter(user=user).delete()
    User.objects.filter(pk=user.pk).update(
        email="", first_name="", last_name="", sort_name="", phone="", language="", account=None, erased_at=by.now,
        version=F("version") + 1,
    )  # fmt: skip
    marketplace_id = current_marketplace_id()
    if email:
        _empty_contacts(email, company_ids, by)
        _empty_imports(email)
        person_erasing.send(sender=User, email=email, company_ids=company_ids, now=by.now)
    copies_going.send(sender=User, user_id=user.pk, now=by.now)
    destroy_keys([person_subject(user.pk)], marketplace_id=marketplace_id, now=by.now, for_good=True)
    happening = Happening("marketplace.user.erased", Target("user", str(user.pk)), after={"places": len(company_ids)})
    record_event(happening, actor=by.actor, marketplace_id=marketplace_id, now=by.now, request_id=by.request_id)


def _end_places(user: User, by: _By) -> list[int]:
    """Revoke live invitations and end all places; return the companies."""
    live = Invitation.objects.filter(membership__user=user, state__in=LIVE_INVITATION)
    for invitation_id in live.values_list("pk", flat=True):
        revoke(invitation_id=invitation_id, actor=by.actor, now=by.now, request_id=by.request_id)
    places = list(Membership.objects.select_related("company").filter(user=user).order_by("company_id"))
    for place in places:
        try:
            deactivate_membership(membership_id=place.pk, actor=by.actor, now=by.now, request_id=by.request_id)
        except LastAdministrator as error:
            raise ErasureRefused(
                f"This person is the last administrator of {place.company.name}. Make somebody else Company "
                "Administrator there first."
            ) from error
    return [place.company_id for place in places]


def _account_name(user: User) -> str:
    return Account.objects.get(pk=user.account_id).name if user.account_id else ""


def _empty_invitations(user: User, email: str, names: set[str]) -> None:
    own = Q(membership__user=user) | (Q(email=email) if email else Q())
    Invitation.objects.filter(own).update(email="", greeting="", subject="", problem="")
    Invitation.objects.filter(invited_by_name__in=names).update(invited_by_name="")


def _empty_contacts(email: str, company_ids: list[int], by: _By) -> None:
    """Take the person away as the primary contact of companies, from what they are now and what they were."""
    found = Company.objects.filter(contact_email__iexact=email)
    ids = sorted(found.values_list("pk", flat=True))
    Company.objects.filter(pk__in=ids).update(
        contact_name="", contact_email="", contact_phone="", version=F("version") + 1, changed_at=by.now
    )
    follow_companies(ids)
    subjects = [contact_subject(company_id) for company_id in {*ids, *company_ids}]
    marketplace_id = current_marketplace_id()
    naming = subjects_naming(email, subjects, marketplace_id=marketplace_id)
    destroy_keys(naming, marketplace_id=marketplace_id, now=by.now, for_good=False)


def _empty_imports(email: str) -> None:
    """Take the person out of the lines of files that were imported."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select id from marketplace_importline where position(%(email)s in lower(key)) > 0 "
            "or position(%(email)s in lower(subject)) > 0 or position(%(email)s in lower(reason)) > 0 "
            "or position(%(email)s in lower(before::text)) > 0 or position(%(email)s in lower(after::text)) > 0",
            {"email": email},
        )
        ids = [row[0] for row in cursor.fetchall()]
    lines = list(ImportLine.objects.filter(pk__in=ids))
    for line in lines:
        for field in ("key", "subject", "reason", "before", "after"):
            setattr(line, field, without_person(getattr(line, field), email))
    ImportLine.objects.bulk_update(lines, ["key", "subject", "reason", "before", "after"], batch_size=500)


def _in_use(account_id: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("select account_in_use(%s)", [account_id])
        return bool(cursor.fetchone()[0])
