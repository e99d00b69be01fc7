"""Invitations: the list, sending a new link, taking one back, noting that an e-mail came back."""

from datetime import datetime
from typing import Any

from ninja import Query, Schema

from tenantry.api.areas import Area, Call, Reply
from tenantry.api.shapes import (
    Count,
    Done,
    Id,
    PageQuery,
    PageShape,
    choice,
    counts_of,
    one_of,
    page_reply,
    refuse_strange,
    refuse_wrong,
    refuse_wrong_place,
)
from tenantry.core.permissions import Action
from tenantry.marketplace.invitations.filters import InvitationFilter
from tenantry.marketplace.invitations.queries import NEWEST, TABS, Wanted, list_invitations
from tenantry.marketplace.invitations.services import note_bounce, resend, revoke
from tenantry.marketplace.models import Invitation

area = Area("Invitations")


class InvitationQuery(PageQuery):
    """Which invitations a list shows, newest first."""

    q: str = choice(InvitationFilter, "q")
    state: str = choice(InvitationFilter, "state")
    company: Id = choice(InvitationFilter, "company")
    tab: str = one_of(TABS, "open", "How they stand.")


class InvitationTold(Schema):
    """An invitation. ``problem`` says why its e-mail does not leave, or that it came back."""

    id: int
    membership_id: int
    user_id: int
    company_id: int
    company: str
    email: str
    role: str
    state: str
    replaced: bool
    problem: str
    invited_by: str
    created_at: datetime
    sent_at: datetime | None
    expires_at: datetime | None
    ended_at: datetime | None

    @classmethod
    def of(cls, row: Invitation) -> "InvitationTold":
        """Return an invitation as an answer says it."""
        place = row.membership
        plain = ("email", "state", "problem", "created_at", "sent_at", "expires_at", "ended_at")
        members: dict[str, Any] = {name: getattr(row, name) for name in plain}
        return cls(
            id=row.pk, membership_id=row.membership_id, user_id=place.user_id, company_id=place.company_id,
            company=place.company.name, role=place.role, replaced=bool(getattr(row, "replaced", False)),
            invited_by=row.invited_by_name, **members,
        )  # fmt: skip


class InvitationPage(PageShape):
    """A page of invitations, and how many fit the filters in every tab."""

    items: list[InvitationTold]
    counts: dict[str, Count | None]


@area.get("/invitations", Action.INVITE, InvitationPage)
def list_all_invitations(call: Call, query: Query[InvitationQuery]) -> Reply:
    """List invitations, newest first."""
    refuse_strange("tab", query.tab, TABS)
    refuse_wrong_place(query, NEWEST, Invitation)
    filters = {name: str(getattr(query, name) or "") for name in ("q", "state", "company")}
    listed = list_invitations(Wanted(query.tab, filters, None, query.after, query.before, query.limit))
    refuse_wrong(listed.applied)
    items = [InvitationTold.of(row) for row in listed.page.rows]
    return page_reply(call, InvitationPage, listed.page, items=items, counts=counts_of(listed.counts))


@area.post("/invitations/{int:pk}/resend", Action.INVITE, InvitationTold, status=202, refuses=True)
def resend_invitation(call: Call, pk: Id) -> InvitationTold:
    """Send a new link in place of the earlier one, which is dead from now on."""
    row = resend(invitation_id=pk, **call.told)
    return InvitationTold.of(Invitation.objects.select_related("membership__company").get(pk=row.pk))


@area.post("/invitations/{int:pk}/revoke", Action.INVITE, Done, refuses=True)
def revoke_invitation(call: Call, pk: Id) -> Done:
    """Take an invitation back: its link no longer works."""
    revoke(invitation_id=pk, **call.told)
    return Done(changed=True, sentence="The invitation is taken back; its link no longer works.")


@area.post("/invitations/{int:pk}/bounced", Action.INVITE, Done, refuses=True)
def note_that_it_bounced(call: Call, pk: Id) -> Done:
    """Note that the e-mail came back."""
    note_bounce(invitation_id=pk, reason=f"{call.actor.name} noted that the e-mail came back.", **call.told)
    return Done(changed=True, sentence="Noted. Correct the address and send the invitation again.")
