"""The operator's pages of sharing groups: marketplaces that are offered each other's decisions."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from tenantry.marketplace.models import SharingGroup
from tenantry.marketplace.queries import KnownMarketplace, marketplaces_for_operator
from tenantry.marketplace.sharing import (
    SharingRefused,
    create_sharing_group,
    remove_sharing_group,
    rename_sharing_group,
    set_sharing,
)
from tenantry.web.access import OperatorVisit, needs_operator
from tenantry.web.addresses import posted
from tenantry.web.operator.forms import NameForm
from tenantry.web.operator.listing import paged


@require_http_methods(["GET", "HEAD", "POST"])
@needs_operator
def operator_sharing(request: HttpRequest, visit: OperatorVisit) -> HttpResponse:
    """List the groups; on POST make one."""
    form = NameForm(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            group = create_sharing_group(name=form.cleaned_data["name"], actor=visit.actor, now=visit.now)
        except SharingRefused as refusal:
            form.add_error("name", str(refusal))
        else:
            messages.success(request, f"{group.name} is there. Choose its marketplaces.")
            return redirect("web:operator-sharing-group", group.pk)
    places = marketplaces_for_operator(account_id=visit.presence.account.pk)
    shown, pager = paged(request, list(SharingGroup.objects.order_by("name", "pk")), lambda group: group.pk)
    context = {"groups": [_row(group, places) for group in shown], "pager": pager, "form": form}
    return render(request, "operator/sharing.html", context, status=422 if form.errors else 200)


def _row(group: SharingGroup, places: list[KnownMarketplace]) -> dict[str, Any]:
    members = [place.name for place in places if place.sharing_group_id == group.pk]
    return {"name": group.name, "url": reverse("web:operator-sharing-group", args=[group.pk]), "members": members}


@require_http_methods(["GET", "HEAD", "POST"])
@needs_operator
def operator_sharing_group(request: HttpRequest, visit: OperatorVisit, pk: int) -> HttpResponse:
    """Show a group's name and marketplaces; on POST save both."""
    group = _group(pk)
    places = marketplaces_for_operator(account_id=visit.presence.account.pk)
    form = NameForm(posted(request), initial={"name": group.name})
    if request.method == "POST" and form.is_valid():
        chosen = {int(value) for value in request.POST.getlist("member") if value.isdecimal()}
        known = [place.id for place in places]
        try:
            rename_sharing_group(group_id=pk, name=form.cleaned_data["name"], actor=visit.actor, now=visit.now)
            changed = set_sharing(group_id=pk, members=chosen, known=known, actor=visit.actor, now=visit.now)
        except SharingRefused as refusal:
            form.add_error("name", str(refusal))
        else:
            messages.success(request, f"Saved: {changed} marketplace{'' if changed == 1 else 's'} changed.")
            return redirect("web:operator-sharing")
    names = dict(SharingGroup.objects.values_list("pk", "name"))
    context = {
        "form": form,
        "group": {"name": group.name, "remove_url": reverse("web:operator-sharing-remove", args=[pk])},
        "marketplaces": [_choice(place, pk, names) for place in places],
    }
    return render(request, "operator/sharing_group.html", context, status=422 if form.errors else 200)


def _choice(place: KnownMarketplace, group_id: int, names: dict[int, str]) -> dict[str, Any]:
    other = place.sharing_group_id if place.sharing_group_id != group_id else None
    return {
        "id": place.id,
        "name": place.name,
        "chosen": place.sharing_group_id == group_id,
        "other": names.get(other, "") if other else "",
    }


@require_http_methods(["GET", "HEAD", "POST"])
@needs_operator
def operator_sharing_remove(request: HttpRequest, visit: OperatorVisit, pk: int) -> HttpResponse:
    """Ask, then remove the group."""
    group = _group(pk)
    places = marketplaces_for_operator(account_id=visit.presence.account.pk)
    if request.method == "POST":
        remove_sharing_group(group_id=pk, known=[place.id for place in places], actor=visit.actor, now=visit.now)
        messages.success(request, f"The sharing group {group.name} is gone.")
        return redirect("web:operator-sharing")
    members = [place.name for place in places if place.sharing_group_id == pk]
    context = {
        "title": f"Remove the sharing group {group.name}?",
        "sentences": [
            f"Its marketplaces ({', '.join(members) or 'none'}) are not offered each other's decisions any more.",
            "Decisions that were made stay. People who manage several of them are still offered decisions.",
        ],
        "submit": "Remove",
        "back_url": reverse("web:operator-sharing-group", args=[pk]),
    }
    return render(request, "operator/confirm.html", context)


def _group(pk: int) -> SharingGroup:
    row = SharingGroup.objects.filter(pk=pk).first() if pk < 2**63 else None
    if row is None:
        raise Http404
    return row
