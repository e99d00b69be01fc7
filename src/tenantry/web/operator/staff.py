"""The operator's pages about a marketplace's staff, and the link with which somebody new sets a password."""

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from tenantry.accounts.first_sign_in import account_to_invite, first_link_parts, waits_for_password
from tenantry.accounts.models import Account
from tenantry.accounts.services import UnableToCreateAccount
from tenantry.marketplace.models import StaffRole
from tenantry.marketplace.staff import StaffRefused, add_staff, change_staff_role, remove_staff
from tenantry.marketplace.staff_letters import ask_for_staff_letter, mail_lacks
from tenantry.web.operator.access import MarketplaceVisit, needs_operator_in_marketplace
from tenantry.web.operator.forms import ROLES, RoleForm, StaffForm


def staff_rows(staff: Iterable[StaffRole], marketplace_id: int) -> list[dict[str, Any]]:
    """Return the staff as the page lists it."""
    return [
        {
            "pk": row.pk,
            "name": row.account.name,
            "email": row.account.email,
            "role": row.role,
            "roles": ROLES,
            "operator": row.account.is_operator,
            "waits": waits_for_password(row.account),
            "since": row.created_at,
            "change_url": reverse("web:operator-staff-change", args=[marketplace_id, row.pk]),
            "remove_url": reverse("web:operator-staff-remove", args=[marketplace_id, row.pk]),
            "link_url": reverse("web:operator-staff-link", args=[marketplace_id, row.pk]),
        }
        for row in staff
    ]


@require_POST
@needs_operator_in_marketplace
def operator_staff_add(request: HttpRequest, visit: MarketplaceVisit) -> HttpResponse:
    """Let somebody work here; a new account gets a link to set its password."""
    from tenantry.web.operator.marketplaces import marketplace_context  # noqa: PLC0415  # shows this page's rows

    form = StaffForm(request.POST)
    if form.is_valid():
        data = form.cleaned_data
        try:
            account, _ = account_to_invite(email=data["email"], name=data["name"], now=visit.operator.now)
            add_staff(account=account, role=data["role"], actor=visit.operator.actor, now=visit.operator.now)
        except (UnableToCreateAccount, StaffRefused) as refusal:
            form.add_error("email", str(refusal))
        else:
            return _welcome(request, visit, account, by_mail=data["send"] == "mail")
    return render(request, "operator/marketplace.html", marketplace_context(staff_form=form), status=422)


@require_POST
@needs_operator_in_marketplace
def operator_staff_link(request: HttpRequest, visit: MarketplaceVisit, pk: int) -> HttpResponse:
    """Give out the link anew, while nobody set a password."""
    account = _staff(pk).account
    if not waits_for_password(account):
        messages.warning(request, f"{account.email} has a password already, so no link is given out.")
        return redirect("web:operator-marketplace", visit.marketplace_id)
    return _welcome(request, visit, account, by_mail=request.POST.get("send") == "mail")


def _welcome(request: HttpRequest, visit: MarketplaceVisit, account: Account, *, by_mail: bool) -> HttpResponse:
    if not waits_for_password(account):
        who = account.name or account.email
        messages.success(request, f"{who} works in {visit.place.name} from the next click on.")
        return redirect("web:operator-marketplace", visit.marketplace_id)
    link = request.build_absolute_uri(reverse("first-password", args=first_link_parts(account)))
    lacks = mail_lacks() if by_mail else ""
    if by_mail and not lacks:
        ask_for_staff_letter(account, sender_id=visit.operator.presence.account.pk)
        messages.success(request, f"{account.email} was added. The e-mail with the link leaves from the queue.")
        return redirect("web:operator-marketplace", visit.marketplace_id)
    context = {
        "account": {"name": account.name, "email": account.email},
        "link": link,
        "back_url": reverse("web:operator-marketplace", args=[visit.marketplace_id]),
        "marketplace": visit.place.name,
        "lacks": lacks,
    }
    response = render(request, "operator/first_link.html", context)
    response["Cache-Control"] = "no-store"
    return response


@require_POST
@needs_operator_in_marketplace
def operator_staff_change(request: HttpRequest, visit: MarketplaceVisit, pk: int) -> HttpResponse:
    """Give somebody another role."""
    form = RoleForm(request.POST)
    if not form.is_valid():
        raise BadRequest("This is no role of staff.")
    _staff(pk)
    change_staff_role(staff_id=pk, role=form.cleaned_data["role"], actor=visit.operator.actor, now=visit.operator.now)
    messages.success(request, "Saved. The role counts from the person's next click on.")
    return redirect("web:operator-marketplace", visit.marketplace_id)


@require_http_methods(["GET", "HEAD", "POST"])
@needs_operator_in_marketplace
def operator_staff_remove(request: HttpRequest, visit: MarketplaceVisit, pk: int) -> HttpResponse:
    """Ask, then take the role away."""
    row = _staff(pk)
    back = reverse("web:operator-marketplace", args=[visit.marketplace_id])
    if request.method == "POST":
        name = remove_staff(staff_id=pk, actor=visit.operator.actor, now=visit.operator.now)
        messages.success(request, f"{name} does not work in {visit.place.name} any more.")
        return redirect(back)
    who = row.account.name or row.account.email
    context = {
        "title": f"Remove {who} from {visit.place.name}?",
        "sentences": [
            f"{who} ({row.account.email}, {row.role}) can't enter {visit.place.name} from the next click on.",
            "The account stays, and so does its work in other marketplaces. What the person decided stays on record.",
        ],
        "submit": "Remove",
        "back_url": back,
    }
    return render(request, "operator/confirm.html", context)


def _staff(pk: int) -> StaffRole:
    row = StaffRole.objects.select_related("account").filter(pk=pk).first() if pk < 2**63 else None
    if row is None:
        raise Http404
    return row
