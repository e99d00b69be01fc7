"""*Pending users* of a company: who came in from a directory and was not invited, or has not accepted.

For the company's administrators and for those who look after the marketplace.
"""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tenantry.connections.models import Provider
from tenantry.core.permissions import Action
from tenantry.marketplace.invitations.queries import companies_administered_by
from tenantry.marketplace.models import Company, Membership, MembershipRole, User
from tenantry.marketplace.people.editing import may_change_email
from tenantry.marketplace.people.refusals import LastAdministrator, PersonRefused, StaleUser
from tenantry.marketplace.people.services import edit_user
from tenantry.sync.people.inviting_by_hand import (
    Invited,
    find_addressed,
    invite_pending_users,
    link_to_existing,
    pending_places,
    people_to_link,
)
from tenantry.sync.people.linking import LinkRefused
from tenantry.sync.people.queries import counts_of_company, list_pending_users, readings_of_company
from tenantry.web.access import Visit, needs
from tenantry.web.addresses import pager, query_of
from tenantry.web.amounts import bounded, counted
from tenantry.web.people.words import PROVIDERS, pending_row, reading_row
from tenantry.web.texts import legible

_CONFLICT = 409
_LARGEST_FILE = 1_000_000
_MOST_TO_LINK = 20
_STATES = {"": None, "no": False, "yes": True}


def company_for(visit: Visit, pk: int) -> Company:
    """Return the company, if whoever looks may look after its people. Raises ``Http404`` otherwise."""
    company = Company.objects.filter(pk=pk).first()
    own = visit.presence.may(Action.INVITE) or pk in companies_administered_by(visit.presence.account.pk)
    if company is None or not own:
        raise Http404
    return company


@require_safe
@needs(Action.INVITE, Action.INVITE_IN_OWN_COMPANY)
def pending_users(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """List the people of a company who came in and have not accepted an invitation."""
    return render(request, "people/pending.html", _context(request, company_for(visit, pk), provider=""))


@require_safe
@needs(Action.INVITE, Action.INVITE_IN_OWN_COMPANY)
def user_sync_of_company(request: HttpRequest, visit: Visit, pk: int, provider: str) -> HttpResponse:
    """Show what User Sync does for a company at one provider: counts, since when, and the same list."""
    company = company_for(visit, pk)
    if provider not in Provider:
        raise Http404
    context = _context(request, company, provider=provider)
    context["numbers"] = _numbers(visit, company, provider)
    context["readings"] = [reading_row(row) for row in readings_of_company(pk) if row.tenant.provider == provider]
    return render(request, "people/user_sync.html", context)


def _numbers(visit: Visit, company: Company, provider: str) -> list[dict[str, Any]]:
    counts = counts_of_company(company.pk, provider)
    why = reverse("web:people-list") + query_of({"company": str(company.pk), "verdict": "skipped"})
    return [
        {"label": "assigned", "value": counts.assigned, "url": "", "note": "meant to come in"},
        {"label": "synced", "value": counts.synced, "url": "", "note": "are users here"},
        {"label": "waiting", "value": counts.pending, "url": "", "note": "have not accepted an invitation"},
        {"label": "left for a person", "value": counts.skipped, "tone": "wait", "note": "something speaks against them",
         "url": why if counts.skipped and visit.presence.may(Action.SEE_COMPANIES) else ""},
    ]  # fmt: skip


def _tabs(company: Company, invited: str, provider: str) -> list[dict[str, Any]]:
    waiting = reverse("web:pending-users", args=[company.pk])
    states = [
        {"label": label, "url": waiting + query_of({"invited": state}), "active": state == invited and not provider,
         "count": None}
        for state, label in (("", "All"), ("no", "Not invited"), ("yes", "Invited"))
    ]  # fmt: skip
    return states + [
        {"label": name, "url": reverse("web:company-user-sync", args=[company.pk, code]), "active": code == provider,
         "count": None}
        for code, name in PROVIDERS.items()
    ]  # fmt: skip


def _context(request: HttpRequest, company: Company, *, provider: str) -> dict[str, Any]:
    invited = _STATES.get(request.GET.get("invited", ""))
    found = list_pending_users(
        company_id=company.pk, provider=provider, invited=invited, after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
    )  # fmt: skip
    return {
        "company": {"pk": company.pk, "name": legible(company.name)},
        "provider": {"code": provider, "name": PROVIDERS.get(provider, "")},
        "tabs": _tabs(company, request.GET.get("invited", ""), provider),
        "rows": [pending_row(row) for row in found.rows],
        "total": bounded(found.count),
        "pager": pager(request, found.page),
        "invited": request.GET.get("invited", ""),
        "roles": [{"value": role.value, "label": role.label} for role in reversed(MembershipRole)],
    }


@require_POST
@needs(Action.INVITE, Action.INVITE_IN_OWN_COMPANY)
def pending_users_invite(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Invite those who were ticked, or whose addresses are in the list or file that was sent."""
    company = company_for(visit, pk)
    role = request.POST.get("role", "")
    if role not in MembershipRole:
        raise BadRequest("The form was changed on the way.")
    listed = _listed(request)
    ids = [int(one) for one in request.POST.getlist("who") if one.isascii() and one.isdigit() and len(one) < 19]  # noqa: PLR2004  # a bigint
    found = find_addressed(company_id=company.pk, text=listed) if listed else None
    done = invite_pending_users(
        company_id=company.pk, membership_ids=[*ids, *(found.memberships if found else ())],
        role=MembershipRole(role), actor=visit.actor, now=visit.now, request_id=visit.request_id,
    )  # fmt: skip
    _tell(request, done, found.unknown if found else ())
    return redirect("web:pending-users", pk=pk)


def _listed(request: HttpRequest) -> str:
    """Return what was typed, or the content of the file that was sent; addresses are ASCII, whatever it is."""
    sent = request.FILES.get("file")
    if sent is not None and (sent.size or 0) > _LARGEST_FILE:
        messages.error(request, "The file is larger than 1 MB. A list of addresses is enough.")
        return ""
    return request.POST.get("addresses", "") + (f" {sent.read().decode('utf-8', 'replace')}" if sent else "")


_UNCONFIRMED = (
    "The address looks like a user name. Invite each by itself to say that it takes mail, or correct the address."
)


def _tell(request: HttpRequest, done: Invited, unknown: Any) -> None:
    if done.invited:
        messages.success(request, f"{counted(done.invited, 'invitation is', 'invitations are')} on the way.")
    if done.unconfirmed:
        names = ", ".join(legible(name) for name in done.unconfirmed[:5])
        messages.warning(request, f"Not invited yet: {names}. {_UNCONFIRMED}")
    for name, sentence in done.refused[:5]:
        messages.error(request, f"{legible(name)}: {sentence}")
    if unknown:
        some = ", ".join(legible(address) for address in unknown[:5])
        more = f" and {len(unknown) - 5} more" if len(unknown) > 5 else ""  # noqa: PLR2004  # five are named
        messages.warning(request, f"Nobody who waits here has {some}{more}.")
    if not (done.invited or done.unconfirmed or done.refused or unknown):
        messages.info(request, "Nobody was chosen. Tick people, or give their addresses.")


class AddressForm(forms.Form):
    """The one thing about somebody who waits that can be corrected."""

    email = forms.CharField(
        label="E-mail address", max_length=254,
        widget=forms.TextInput(attrs={"class": "input", "inputmode": "email", "autocomplete": "off"}),
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Action.INVITE, Action.INVITE_IN_OWN_COMPANY)
def pending_user_address(request: HttpRequest, visit: Visit, pk: int, membership: int) -> HttpResponse:
    """Correct the address of somebody who waits, while it is anybody's to correct."""
    company, place = company_for(visit, pk), _place(pk, membership)
    user = place.user
    form = AddressForm(request.POST or None, initial={"email": user.email})
    fixed = not may_change_email(user)
    status = 200
    if request.method == "POST" and not fixed and form.is_valid():
        if _corrected(form, user, visit):
            messages.success(request, "The address is corrected. Nobody was written to.")
            return redirect("web:pending-users", pk=pk)
        status = _CONFLICT
    context = {"company": company, "name": legible(str(user)), "form": form, "fixed": fixed}
    return render(request, "people/address.html", context, status=status)


def _corrected(form: AddressForm, user: User, visit: Visit) -> bool:
    changes = {"email": form.cleaned_data["email"]}
    try:
        edit_user(
            user_id=user.pk, seen_version=user.version, changes=changes, actor=visit.actor, now=visit.now,
            request_id=visit.request_id,
        )  # fmt: skip
    except PersonRefused as refused:
        form.add_error("email", " ".join(refused.errors.values()))
    except StaleUser as stale:
        form.add_error(None, str(stale))
    else:
        return True
    return False


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Action.INVITE, Action.INVITE_IN_OWN_COMPANY)
def pending_user_link(request: HttpRequest, visit: Visit, pk: int, membership: int) -> HttpResponse:
    """Say that somebody who came in is a user whom the company has already."""
    company, place = company_for(visit, pk), _place(pk, membership)
    came = place.directory_links.filter(ended_at=None).select_related("person", "tenant").order_by("pk").first()
    if came is None:
        raise Http404
    wrong = ""
    if request.method == "POST":
        wrong = _attempt(lambda: _link(request, visit, came.person_id, pk))
        if not wrong:
            messages.success(request, "Linked. From now on the directory keeps that user current.")
            return redirect("web:pending-users", pk=pk)
    typed = request.GET.get("q", "")
    others = [each for each in people_to_link(company_id=pk, text=typed, most=_MOST_TO_LINK) if each.pk != membership]
    context = {
        "company": company,
        "name": legible(str(place.user)),
        "provider": PROVIDERS[came.tenant.provider],
        "others": [{"pk": each.pk, "name": legible(str(each.user)), "email": legible(each.user.email),
                    "role": each.get_role_display()} for each in others],
        "q": typed,
        "wrong": wrong,
        "back": reverse("web:pending-users", args=[pk]),
    }  # fmt: skip
    return render(request, "people/link.html", context, status=_CONFLICT if wrong else 200)


def _link(request: HttpRequest, visit: Visit, person_id: int, company_id: int) -> None:
    chosen = request.POST.get("user", "")
    place = Membership.objects.filter(pk=int(chosen), company_id=company_id) if chosen.isdecimal() else None
    if place is None or not place.exists():
        raise LinkRefused("Choose the user whom this person is.")
    link_to_existing(
        person_id=person_id, membership_id=int(chosen), actor=visit.actor, now=visit.now, request_id=visit.request_id
    )


def _attempt(act: Callable[[], None]) -> str:
    try:
        act()
    except (LinkRefused, LastAdministrator) as refusal:
        return str(refusal)
    return ""


def _place(company_id: int, membership: int) -> Membership:
    place = pending_places(company_id).select_related("user").filter(pk=membership).first()
    if place is None:
        raise Http404
    return place
