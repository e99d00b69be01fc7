"""People of directories: what becomes of each and why, syncing and unlinking one, and a company's who wait."""

from typing import NoReturn

from django.http import Http404
from ninja import Query

from tenantry.api.areas import Area, Call, Place, Reply
from tenantry.api.companies import company_or_missing
from tenantry.api.people_shapes import (
    INVITED,
    AddressGiven,
    DirectoryPeoplePage,
    DirectoryPeopleQuery,
    DirectoryPersonDetail,
    DirectoryPersonRow,
    LinkSearch,
    NotInvited,
    PendingInvited,
    PendingInviteGiven,
    PendingUserRow,
    PendingUsersPage,
    PendingUsersQuery,
    PersonSynced,
    UserLinkGiven,
    UsersToLink,
)
from tenantry.api.problems import Problem
from tenantry.api.rules_shapes import PersonExplained, RuleTold
from tenantry.api.runs_shapes import RunsTold, RunTold
from tenantry.api.shapes import Done, Id, count_of, page_reply, refuse_strange, refuse_wrong, refuse_wrong_place
from tenantry.api.user_sync_shapes import CompanyUserSync
from tenantry.connections.models import Provider
from tenantry.core.addresses import clean_email
from tenantry.core.permissions import Action
from tenantry.core.planning.users.reasons import Verdict, verdict_of
from tenantry.isolation.scope import marketplace_scope
from tenantry.marketplace.models import Membership, MembershipRole, User
from tenantry.marketplace.people.editing import edit_user
from tenantry.sync.models import PersonStanding, Trigger, UserLink
from tenantry.sync.people.explaining import explain_directory_person
from tenantry.sync.people.inviting_by_hand import (
    MOST_AT_ONCE,
    find_addressed,
    invite_pending_users,
    link_to_existing,
    pending_places,
    people_to_link,
)
from tenantry.sync.people.linking import unlink_person
from tenantry.sync.people.one_person import sync_person
from tenantry.sync.people.queries import (
    BY_NAME,
    NEWEST_FIRST,
    PersonRow,
    count_by_reason,
    counts_of_company,
    find_person,
    list_pending_users,
    list_people,
    readings_of_company,
)
from tenantry.sync.people.requests import request_people_sync
from tenantry.sync.people.runs import Wish

area = Area("People of directories")
_MOST_TO_LINK = 20
_FILTERS = ("company", "provider", "verdict", "reason")


@area.get("/directory-people", Action.SEE_COMPANIES, DirectoryPeoplePage)
def list_people_of_directories(call: Call, query: Query[DirectoryPeopleQuery]) -> Reply:
    """List people of directories by name, with what becomes of each and why."""
    refuse_wrong_place(query, BY_NAME, PersonStanding)
    filters = {name: str(getattr(query, name) or "") for name in _FILTERS}
    found = list_people(filters, after=query.after, before=query.before, size=query.limit)
    refuse_wrong(found.applied)
    counts = dict.fromkeys((verdict.value for verdict in Verdict), 0)
    for reason, count in count_by_reason(company_id=query.company, provider=filters["provider"]).items():
        counts[verdict_of(reason).value] += count
    items = [DirectoryPersonRow(**DirectoryPersonRow.facts(row)) for row in found.rows]
    return page_reply(
        call, DirectoryPeoplePage, found.page, items=items, count=count_of(found.count), counts=counts
    )  # fmt: skip


def _person(pk: int) -> PersonRow:
    row = find_person(pk)
    if row is None:
        raise Http404
    return row


@area.get("/directory-people/{int:pk}", Action.SEE_COMPANIES, DirectoryPersonDetail)
def show_person_of_directory(call: Call, pk: Id) -> DirectoryPersonDetail:  # every route gets its call
    """Show one person of a directory: what it says of them, what becomes of them here and why."""
    return DirectoryPersonDetail.of(_person(pk))


@area.get("/directory-people/{int:pk}/explanation", Action.SEE_COMPANIES, PersonExplained)
def explain_person_of_directory(call: Call, pk: Id) -> PersonExplained:  # same
    """Say why a person of a directory is as they are: each rule with what it was given, and its answer."""
    explained = explain_directory_person(pk)
    if explained is None:
        raise Http404
    return PersonExplained(rules=[RuleTold.of(rule) for rule in explained.rules])


@area.post("/directory-people/{int:pk}/sync", Action.START_RUN, PersonSynced, place=Place.OUTSIDE, refuses=True)
def sync_person_now(call: Call, pk: Id) -> PersonSynced:
    """Read one person at the provider now, and do what follows. What goes wrong on the way is told as a step."""
    marketplace_id = call.caller.marketplace_id
    with marketplace_scope(marketplace_id):
        _person(pk)
    done = sync_person(marketplace_id=marketplace_id, person_id=pk, actor=call.actor, now=call.caller.now)
    return PersonSynced.of(done)


@area.post("/directory-people/{int:pk}/unlink", Action.EDIT_COMPANIES, Done)
def unlink_person_from_user(call: Call, pk: Id) -> Done:
    """End the link between a person of a directory and a user; no rule makes it again."""
    link = _person(pk).link
    if link is None or not unlink_person(link_id=link.pk, **call.told):
        return Done(changed=False, sentence="Nobody is linked.")
    return Done(changed=True, sentence="Unlinked. The user stays as they are, and no rule links the two again.")


@area.get("/companies/{int:pk}/user-sync/{provider}", Action.INVITE, CompanyUserSync)
def show_user_sync_of_company(call: Call, pk: Id, provider: str) -> CompanyUserSync:  # same
    """Show what User Sync does for a company at one provider: numbers, and how people are read."""
    company_or_missing(pk)
    if provider not in Provider.values:
        raise Http404
    readings = [row for row in readings_of_company(pk) if row.tenant.provider == provider]
    return CompanyUserSync.of(counts_of_company(pk, provider), readings)


@area.post("/companies/{int:pk}/user-sync", Action.START_RUN, RunsTold, status=202, refuses=True)
def force_user_sync(call: Call, pk: Id) -> RunsTold:
    """Start a sync of the company's people now, whatever the schedule says, or join the one that is going on."""
    company_or_missing(pk)
    wish = Wish(call.actor, Trigger.BUTTON, company_id=pk)
    runs = request_people_sync(marketplace_id=call.caller.marketplace_id, wish=wish, now=call.caller.now)
    joined = all(run.created_at < call.caller.now for run in runs)
    return RunsTold(items=[RunTold.of(run) for run in runs], joined=joined)


@area.get("/companies/{int:pk}/pending-users", Action.INVITE, PendingUsersPage)
def list_pending_users_of_company(call: Call, pk: Id, query: Query[PendingUsersQuery]) -> Reply:
    """List the people of a company who came in from a directory and have not accepted an invitation, newest first."""
    company_or_missing(pk)
    refuse_wrong_place(query, NEWEST_FIRST, UserLink)
    if query.provider:
        refuse_strange("provider", query.provider, Provider.values)
    if query.invited:
        refuse_strange("invited", query.invited, INVITED)
    found = list_pending_users(
        company_id=pk, provider=query.provider or "", invited=INVITED.get(query.invited or ""), after=query.after,
        before=query.before, size=query.limit,
    )  # fmt: skip
    items = [PendingUserRow.of(row) for row in found.rows]
    return page_reply(call, PendingUsersPage, found.page, items=items, count=count_of(found.count))


@area.post("/companies/{int:pk}/pending-users/invite", Action.INVITE, PendingInvited, status=202)
def invite_pending(call: Call, pk: Id, given: PendingInviteGiven) -> PendingInvited:
    """Invite people who wait, with a role; who can't be invited is told by name. At most 200 at once."""
    company_or_missing(pk)
    refuse_strange("role", given.role, MembershipRole.values)
    _refuse_nobody(given)
    found = find_addressed(company_id=pk, text="\n".join(given.addresses))
    wanted = {*given.membership_ids, *found.memberships}
    if len(wanted) > MOST_AT_ONCE:
        _refuse("membership_ids", f"These are {len(wanted)} people. Send at most {MOST_AT_ONCE} at once.")
    waiting = set(pending_places(pk).filter(pk__in=wanted).values_list("pk", flat=True))
    done = invite_pending_users(company_id=pk, membership_ids=waiting, role=MembershipRole(given.role), **call.told)
    return PendingInvited(
        invited=done.invited, unconfirmed=list(done.unconfirmed), unknown_addresses=list(found.unknown),
        refused=[NotInvited(name=name, sentence=why) for name, why in done.refused],
        unknown_ids=sorted(wanted - waiting),
    )  # fmt: skip


def _refuse_nobody(given: PendingInviteGiven) -> None:
    """Refuse a call that names nobody, or that has something else than one address where one belongs."""
    if not given.membership_ids and not given.addresses:
        _refuse("membership_ids", "Nobody was chosen. Send membership_ids, addresses, or both.")
    strange = next((each for each in given.addresses if not clean_email(each)), None)
    if strange is not None:
        _refuse("addresses", f"{strange[:60]!r} is no e-mail address.")


def _refuse(name: str, sentence: str) -> NoReturn:
    raise Problem("invalid", sentence, errors={name: sentence})


def _waiting(company_id: int, membership_id: int) -> Membership:
    company_or_missing(company_id)
    place = pending_places(company_id).select_related("user").filter(pk=membership_id).first()
    if place is None:
        raise Http404
    return place


@area.patch(
    "/companies/{int:pk}/pending-users/{int:membership_id}", Action.INVITE, Done, versioned=True, refuses=True
)  # fmt: skip
def correct_address(call: Call, pk: Id, membership_id: Id, given: AddressGiven) -> Reply:
    """Correct the address of somebody who waits, while it is anybody's to correct. Nobody is written to.

    `If-Match` names the `version` of their row.
    """
    user = _waiting(pk, membership_id).user
    call.check_version(user.version)
    news = edit_user(user_id=user.pk, seen_version=user.version, changes={"email": given.email}, **call.told)
    done = Done(changed=bool(news), sentence="The address is corrected. Nobody was written to.")
    return Reply(done, version=User.objects.get(pk=user.pk).version)


@area.get("/companies/{int:pk}/pending-users/{int:membership_id}/users", Action.INVITE, UsersToLink)
def find_users_to_link(call: Call, pk: Id, membership_id: Id, query: Query[LinkSearch]) -> UsersToLink:  # same
    """Search the company's users for the one who somebody that came in is."""
    _waiting(pk, membership_id)
    others = people_to_link(company_id=pk, text=query.q, most=_MOST_TO_LINK)
    return UsersToLink.of([place for place in others if place.pk != membership_id])


@area.post("/companies/{int:pk}/pending-users/{int:membership_id}/link", Action.INVITE, Done, refuses=True)
def link_to_user(call: Call, pk: Id, membership_id: Id, given: UserLinkGiven) -> Done:
    """Say that somebody who came in is a user whom the company has already.

    What the sync had made for them, and nobody used, is deactivated.
    """
    place = _waiting(pk, membership_id)
    came = place.directory_links.filter(ended_at=None).order_by("pk").first()
    if came is None:
        raise Http404
    if not Membership.objects.filter(pk=given.membership_id, company_id=pk).exists():
        _refuse("membership_id", "Choose the user whom this person is.")
    link_to_existing(person_id=came.person_id, membership_id=given.membership_id, **call.told)
    return Done(changed=True, sentence="Linked. From now on the directory keeps that user current.")
