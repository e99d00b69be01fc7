"""The page behind an invitation's link. Opening it changes nothing: mail scanners follow links; a button accepts."""

from typing import Any

from allauth.account.utils import perform_login
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from tenantry.accounts.models import Account
from tenantry.accounts.services import PasswordTooWeak
from tenantry.accounts.single_sign_on import forget_proven, kept_proven
from tenantry.core.invitations import Standing
from tenantry.marketplace.invitations.accepting import (
    Accepted,
    IdentityTaken,
    NotAcceptable,
    SeenInvitation,
    accept_signed_in,
    accept_with_identity,
    accept_with_password,
    see_invitation,
)
from tenantry.web.access import request_id_of
from tenantry.web.invitations.forms import NameForm, SetUpForm
from tenantry.web.middleware import SESSION_KEY

_GONE = 410
_NOT_FOUND = 404
_ENDED = {Standing.ACCEPTED, Standing.EXPIRED, Standing.REVOKED, Standing.REPLACED, Standing.COMPANY_DISABLED}


@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def invitation_accept(request: HttpRequest, token: str) -> HttpResponse:
    """Show an invitation to whoever follows its link; accept it when they press the button."""
    visitor = request.user if isinstance(request.user, Account) else None
    seen = see_invitation(token=token, visitor=visitor.pk if visitor else None, now=timezone.now())
    if request.method == "POST" and seen is not None and seen.standing.is_open:
        response = _posted(request, token, seen, visitor)
    else:
        response = _shown(request, seen)
    response["Referrer-Policy"] = "no-referrer"  # the address is a secret
    return response


def _shown(
    request: HttpRequest, seen: SeenInvitation | None, form: NameForm | None = None, problem: str = ""
) -> HttpResponse:
    standing = seen.standing if seen else None
    proven = kept_proven(request) if standing is Standing.SET_UP else None
    if request.GET.get("with") == "password":
        proven = None
    context: dict[str, Any] = {
        "seen": seen,
        "standing": standing.name.lower() if standing else "unknown",
        "place": request.path,
        "proven": proven,
        "form": form or _empty_form(seen, proven_name=proven.name if proven else None),
        "problem": problem,
    }
    status = _NOT_FOUND if seen is None else _GONE if standing in _ENDED else 200
    return render(request, "invitations/accept.html", context, status=status)


def _empty_form(seen: SeenInvitation | None, *, proven_name: str | None) -> NameForm:
    initial = {"name": (seen.name if seen else "") or proven_name or ""}
    return SetUpForm(initial=initial) if proven_name is None else NameForm(initial=initial)


def _posted(request: HttpRequest, token: str, seen: SeenInvitation, visitor: Account | None) -> HttpResponse:
    if seen.standing is Standing.ACCEPT and visitor is not None:
        return _finished(request, token, seen, lambda: _by_account(request, token, visitor), login=False)
    if seen.standing is not Standing.SET_UP:
        return _shown(request, seen)
    proven = kept_proven(request) if "password" not in request.POST else None
    form = NameForm(request.POST) if proven else SetUpForm(request.POST)
    if not form.is_valid():
        return _shown(request, seen, form)

    def accept() -> Accepted:
        given = {"token": token, "name": form.cleaned_data["name"], "now": timezone.now()}
        given["request_id"] = request_id_of(request)
        if proven:
            return accept_with_identity(proven=proven, **given)
        return accept_with_password(password=form.cleaned_data["password"], **given)

    try:
        return _finished(request, token, seen, accept, login=True)
    except PasswordTooWeak as weak:
        form.add_error("password", str(weak))
        return _shown(request, seen, form)
    except IdentityTaken as taken:
        forget_proven(request)
        return _shown(request, seen, problem=str(taken))


def _by_account(request: HttpRequest, token: str, visitor: Account) -> Accepted:
    return accept_signed_in(token=token, account=visitor, now=timezone.now(), request_id=request_id_of(request))


def _finished(request: HttpRequest, token: str, seen: SeenInvitation, accept: Any, *, login: bool) -> HttpResponse:
    try:
        accepted: Accepted = accept()
    except NotAcceptable:  # something changed since the page was shown: show it as it is now
        visitor = request.user if isinstance(request.user, Account) else None
        now_seen = see_invitation(token=token, visitor=visitor.pk if visitor else None, now=timezone.now())
        return _shown(request, now_seen)
    forget_proven(request)
    response: HttpResponse = redirect("web:home")
    if login:
        response = perform_login(request, accepted.account, email_verification="none", redirect_url="/")
    request.session[SESSION_KEY] = accepted.marketplace_id
    role = "administrator" if seen.administrator else "member"
    messages.success(request, f"Welcome. You are now {role} of {accepted.company} at {seen.marketplace}.")
    return response
