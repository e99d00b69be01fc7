"""The list of invitations, and what those who invite do with them."""

from collections.abc import Callable

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from tenantry.core.permissions import Action
from tenantry.marketplace.invitations.queries import companies_administered_by, list_invitations
from tenantry.marketplace.invitations.services import (
    AddressNotConfirmed,
    InvitationRefused,
    invite,
    note_bounce,
    resend,
    revoke,
)
from tenantry.marketplace.models import Invitation, Membership
from tenantry.web.access import Visit, needs
from tenantry.web.addresses import back_to
from tenantry.web.invitations.listing import kept_query, list_context, wanted_by

_HOME = "web:invitation-list"


@require_safe
@vary_on_headers("HX-Request")
@needs(Action.INVITE, Action.INVITE_IN_OWN_COMPANY)
def invitation_list(request: HttpRequest, visit: Visit) -> HttpResponse:
    """List invitations: a full page, or its table alone for HTMX."""
    wanted = wanted_by(request, companies=_own_companies(visit))
    context = list_context(request, wanted, list_invitations(wanted))
    htmx = getattr(request, "htmx", None)
    if not htmx or htmx.history_restore_request:
        return render(request, "invitations/list.html", context)
    response = render(request, "invitations/_table.html", context)
    response["HX-Push-Url"] = request.path + kept_query(wanted, place=True)
    return response


@require_POST
@needs(Action.INVITE, Action.INVITE_IN_OWN_COMPANY)
def membership_invite(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Invite a person; for an address that looks like a user name, ask first whether it takes mail."""
    membership = Membership.objects.select_related("user", "company").filter(pk=pk).first()
    if membership is None or not _may_touch(visit, membership.company_id):
        raise Http404
    confirmed = request.POST.get("address_confirmed") == "yes"
    try:
        invite(
            membership_id=pk, actor=visit.actor, now=visit.now, request_id=visit.request_id, address_confirmed=confirmed
        )
    except AddressNotConfirmed:
        context = {"membership": membership, "next": back_to(request, _HOME)}
        return render(request, "invitations/confirm_address.html", context)
    except InvitationRefused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, "The invitation is on its way.")
    return redirect(back_to(request, _HOME))


@require_POST
@needs(Action.INVITE, Action.INVITE_IN_OWN_COMPANY)
def invitation_resend(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Send a new link; the old one is dead."""

    def act() -> None:
        resend(invitation_id=pk, actor=visit.actor, now=visit.now, request_id=visit.request_id)

    return _done(request, visit, pk, act, "A new link is on its way; the earlier one no longer works.")


@require_POST
@needs(Action.INVITE, Action.INVITE_IN_OWN_COMPANY)
def invitation_revoke(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Take an invitation back."""

    def act() -> None:
        revoke(invitation_id=pk, actor=visit.actor, now=visit.now, request_id=visit.request_id)

    return _done(request, visit, pk, act, "The invitation is taken back; its link no longer works.")


@require_POST
@needs(Action.INVITE, Action.INVITE_IN_OWN_COMPANY)
def invitation_bounced(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Note that the e-mail came back."""

    def act() -> None:
        reason = f"{visit.actor.name} noted that the e-mail came back."
        note_bounce(invitation_id=pk, reason=reason, actor=visit.actor, now=visit.now, request_id=visit.request_id)

    return _done(request, visit, pk, act, "Noted. Correct the address and send the invitation again.")


def _done(request: HttpRequest, visit: Visit, pk: int, act: Callable[[], None], sentence: str) -> HttpResponse:
    company_id = Invitation.objects.filter(pk=pk).values_list("membership__company_id", flat=True).first()
    if company_id is None or not _may_touch(visit, company_id):
        raise Http404
    try:
        act()
    except InvitationRefused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, sentence)
    return redirect(back_to(request, _HOME))


def _own_companies(visit: Visit) -> list[int] | None:
    """Return the companies that a company's administrator may see; ``None`` for those who see all."""
    if visit.presence.may(Action.INVITE):
        return None
    return companies_administered_by(visit.presence.account.pk)


def _may_touch(visit: Visit, company_id: int) -> bool:
    own = _own_companies(visit)
    return own is None or company_id in own
