"""The pages of people."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe
from django.views.decorators.vary import vary_on_headers

from tenantry.core.permissions import Action
from tenantry.marketplace.models import User
from tenantry.marketplace.people.editing import may_change_email
from tenantry.marketplace.people.queries import events_of, list_users, places_of
from tenantry.marketplace.people.services import PersonRefused, StaleUser, edit_user
from tenantry.sync.people.origins import origins_in_words
from tenantry.web.access import Visit, needs
from tenantry.web.companies.detail import person_row
from tenantry.web.companies.history import steps_of
from tenantry.web.companies.words import status_badge
from tenantry.web.csv_files import csv_file
from tenantry.web.people.beside import origins_of
from tenantry.web.texts import legible
from tenantry.web.users.forms import UserForm
from tenantry.web.users.listing import EXPORT_HEADS, export_rows, kept_query, list_context, wanted_by

_CONFLICT = 409


@require_safe
@vary_on_headers("HX-Request")
@needs(Action.SEE_COMPANIES)
def user_list(request: HttpRequest, visit: Visit) -> HttpResponse:  # noqa: ARG001  # every page gets its visit
    """List people: a full page, or its table alone for HTMX."""
    wanted = wanted_by(request)
    context = list_context(request, wanted, list_users(wanted))
    htmx = getattr(request, "htmx", None)
    if not htmx or htmx.history_restore_request:
        return render(request, "users/list.html", context)
    response = render(request, "users/_table.html", context)
    response["HX-Push-Url"] = request.path + kept_query(wanted, place=True)  # without what is not set
    return response


@require_safe
@needs(Action.SEE_COMPANIES)
def user_export(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Download the people that fit the filters."""
    return csv_file(f"users-{visit.now:%Y-%m-%d}.csv", EXPORT_HEADS, export_rows(wanted_by(request)))


@require_safe
@needs(Action.SEE_COMPANIES)
def user_detail(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Show one person with their places in companies."""
    user = person_or_404(pk)
    context: dict[str, Any] = {
        "person": {
            "pk": user.pk,
            "name": legible(user.name or user.email),
            "signs_in": user.account_id is not None,
            "origin": origins_in_words([user])[user.pk],
            "created": user.created_at,
            "erased": user.erased_at,
        },
        "facts": [
            {"label": "First name", "value": legible(user.first_name)},
            {"label": "Last name", "value": legible(user.last_name)},
            {"label": "E-mail", "value": legible(user.email), "kind": "email"},
            {"label": "Phone", "value": legible(user.phone), "kind": "phone"},
            {"label": "Language", "value": user.language, "missing": "the marketplace's"},
        ],
        "places": [
            person_row(place)
            | {
                "company": legible(place.membership.company.name),
                "company_pk": place.membership.company_id,
                "company_status": status_badge(place.membership.company),
            }
            for place in places_of(user)
        ],
        "origins": [] if user.erased_at else origins_of(user),
        "history": steps_of(events_of(user), names={}),
        "can_edit": visit.presence.may(Action.EDIT_COMPANIES) and user.erased_at is None,
        "can_handle_data": visit.presence.may(Action.HANDLE_PERSONAL_DATA),
        "can_invite": visit.presence.may(Action.INVITE),
        "back_url": reverse("web:user-list") + kept_query(wanted_by(request)),
    }
    return render(request, "users/detail.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Action.EDIT_COMPANIES)
def user_edit(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Correct what the marketplace knows of a person."""
    user = person_or_404(pk)
    fixed = not may_change_email(user)
    form = UserForm(request.POST or None, user=user, email_fixed=fixed)
    if request.method != "POST" or not form.is_valid():
        return _edit_page(request, form, user, user.version)
    seen = request.POST.get("seen_version", "")
    if not seen.isdecimal() or len(seen) > 9:  # noqa: PLR2004  # more than an integer column holds
        raise BadRequest("The form was changed on the way.")
    try:
        news = edit_user(
            user_id=pk, seen_version=int(seen), changes=form.changes(), actor=visit.actor, now=visit.now,
            request_id=visit.request_id,
        )  # fmt: skip
    except PersonRefused as refusal:
        form.take_errors(refusal.errors)
        return _edit_page(request, form, user, int(seen))
    except StaleUser as stale:
        fresh = UserForm(user=user, email_fixed=fixed)
        return _edit_page(request, fresh, user, user.version, conflict=str(stale))
    messages.success(request, "Saved." if news else "Nothing was changed.")
    return redirect("web:user-detail", pk=pk)


def _edit_page(request: HttpRequest, form: UserForm, user: User, version: int, *, conflict: str = "") -> HttpResponse:
    context: dict[str, Any] = {
        "form": form,
        "person": {"pk": user.pk, "name": legible(user.name or user.email)},
        "seen_version": version,
        "conflict": conflict,
    }
    return render(request, "users/edit.html", context, status=_CONFLICT if conflict else 200)


def person_or_404(pk: int) -> User:
    """Return the person. Answers 404 for whom another marketplace has as for nobody."""
    user = User.objects.select_related("account").filter(pk=pk).first()
    if user is None:
        raise Http404
    return user
