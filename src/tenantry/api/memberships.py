"""People in companies: the list, adding one, roles, deactivating and reactivating, inviting."""

from django.http import Http404
from ninja import Query, Schema

from tenantry.api.areas import Area, Call, Reply
from tenantry.api.companies import company_or_missing
from tenantry.api.companies_shapes import Joined, NewPerson, PeoplePage, PersonTold, RoleGiven
from tenantry.api.shapes import Done, Given, Id, PageQuery, page_reply, refuse_strange, refuse_wrong_place
from tenantry.core.permissions import Action
from tenantry.marketplace.invitations.services import invite
from tenantry.marketplace.models import CompanyOrigin, Membership, MembershipRole
from tenantry.marketplace.people import services as people
from tenantry.marketplace.people.queries import IN_ORDER_OF_COMING, people_of
from tenantry.marketplace.people.services import Outcome

area = Area("People of companies")


class InviteGiven(Given):
    """``address_confirmed``: a person knows that an address which looks like a user name takes mail."""

    address_confirmed: bool = False


class Invited(Schema):
    """The invitation that waits to be sent."""

    invitation_id: int
    state: str


@area.get("/companies/{int:pk}/people", Action.SEE_COMPANIES, PeoplePage)
def list_people_of_company(call: Call, pk: Id, query: Query[PageQuery]) -> Reply:
    """List a company's people, in the order that they came."""
    company_or_missing(pk)
    refuse_wrong_place(query, IN_ORDER_OF_COMING, Membership)
    page, places = people_of(pk, after=query.after, before=query.before, size=query.limit)
    return page_reply(call, PeoplePage, page, items=[PersonTold.of(places[row.pk]) for row in page.rows])


@area.post("/companies/{int:pk}/people", Action.EDIT_COMPANIES, Joined, status=201)
def add_person(call: Call, pk: Id, given: NewPerson) -> Reply:
    """Add a person to a company, uninvited. The answer is the same whether the marketplace knew the address or not."""
    company_or_missing(pk)
    refuse_strange("role", given.role, MembershipRole.values)
    values = given.model_dump(exclude={"role"})
    role = MembershipRole(given.role)
    brought = people.bring_person(company_id=pk, role=role, origin=CompanyOrigin.BY_HAND, **values, **call.told)
    sentences = {
        Outcome.ALREADY: "The person is in this company already; role and state stay as they are.",
        Outcome.INACTIVE: "The person was deactivated in this company. Reactivate them.",
    }
    content = Joined(
        membership_id=brought.membership_id, changed=brought.outcome not in sentences,
        sentence=sentences.get(brought.outcome, "The person is added, and not invited yet."),
    )  # fmt: skip
    return Reply(content, location=f"/api/v1/companies/{pk}/people")


def _membership(pk: int) -> Membership:
    row = Membership.objects.filter(pk=pk).first()
    if row is None:
        raise Http404
    return row


@area.put("/memberships/{int:pk}/role", Action.EDIT_COMPANIES, Done, refuses=True)
def change_role(call: Call, pk: Id, given: RoleGiven) -> Done:
    """Make somebody an administrator of the company, or a user."""
    _membership(pk)
    refuse_strange("role", given.role, MembershipRole.values)
    changed = people.change_role(membership_id=pk, role=MembershipRole(given.role), **call.told)
    return Done(changed=changed, sentence=f"The person is {MembershipRole(given.role).label} there.")


@area.post("/memberships/{int:pk}/deactivate", Action.EDIT_COMPANIES, Done, refuses=True)
def deactivate(call: Call, pk: Id) -> Done:
    """Deactivate somebody in a company; a live invitation is revoked. The last administrator stays."""
    _membership(pk)
    done = people.deactivate_membership(membership_id=pk, **call.told)
    revoked = f" The invitation to {done.revoked} is revoked." if done and done.revoked else ""
    return Done(changed=done is not None, sentence=f"The person is deactivated there.{revoked}")


@area.post("/memberships/{int:pk}/reactivate", Action.EDIT_COMPANIES, Done)
def reactivate(call: Call, pk: Id) -> Done:
    """Reactivate somebody in a company."""
    _membership(pk)
    changed = people.reactivate_membership(membership_id=pk, **call.told)
    return Done(changed=changed, sentence="The person is not deactivated there.")


@area.post("/memberships/{int:pk}/invite", Action.INVITE, Invited, status=202, refuses=True)
def invite_person(call: Call, pk: Id, given: InviteGiven) -> Invited:
    """Invite somebody to a company; the e-mail leaves from the queue."""
    _membership(pk)
    row = invite(membership_id=pk, address_confirmed=given.address_confirmed, **call.told)
    return Invited(invitation_id=row.pk, state=row.state)
