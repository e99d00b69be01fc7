"""The account page, and what is done from it."""

from typing import Any

from allauth.account.internal.flows.reauthentication import raise_if_reauthentication_required
from allauth.mfa.models import Authenticator
from allauth.socialaccount.adapter import get_adapter
from allauth.usersessions.internal.flows.sessions import end_sessions
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from tenantry.accounts.identities import UnableToBind, release_identity
from tenantry.accounts.models import Account, Identity
from tenantry.accounts.services import edit_account
from tenantry.web.access import needs_account, own_actor, request_id_of
from tenantry.web.account.agents import agent_words
from tenantry.web.account.forms import AccountForm
from tenantry.web.middleware import Presence


@require_http_methods(["GET", "HEAD", "POST"])
@needs_account
def account_page(request: HttpRequest, presence: Presence) -> HttpResponse:
    """Show the account, and save its name and language."""
    account = presence.account
    form = AccountForm(request.POST or None, initial={"name": account.name, "language": account.language})
    if request.method == "POST" and form.is_valid():
        edit_account(
            account_id=account.pk, name=form.cleaned_data["name"], language=form.cleaned_data["language"],
            actor=own_actor(account), now=timezone.now(), request_id=request_id_of(request),
        )  # fmt: skip
        messages.success(request, "Saved.")
        return redirect("web:account")
    return render(request, "accounts/account.html", {"form": form, **_context(request, account)})


def _context(request: HttpRequest, account: Account) -> dict[str, Any]:
    factors = {row.type: row for row in Authenticator.objects.filter(user_id=account.pk)}
    codes = factors.get(Authenticator.Type.RECOVERY_CODES)
    identities = list(account.identities.order_by("created_at"))
    return {
        "has_password": account.has_usable_password(),
        "second_factor": Authenticator.Type.TOTP in factors,
        "codes_left": len(codes.wrap().get_unused_codes()) if codes else 0,
        "identities": identities,
        "providers": get_adapter().list_providers(request),
        "sessions": [_session(row) for row in UserSession.objects.purge_and_list(account)],
    }


def _session(row: UserSession) -> dict[str, Any]:
    return {
        "pk": row.pk,
        "agent": agent_words(row.user_agent),
        "ip": row.ip,
        "since": row.created_at,
        "current": row.is_current(),
    }


@require_POST
@needs_account
def session_end(request: HttpRequest, presence: Presence) -> HttpResponse:
    """End one session of the person's own, or all others."""
    rows = [row for row in UserSession.objects.filter(user_id=presence.account.pk) if not row.is_current()]
    wanted = request.POST.get("session", "")
    chosen = [row for row in rows if wanted in {"others", str(row.pk)}]
    if not chosen and wanted != "others":
        raise Http404
    end_sessions(request, chosen)
    messages.success(request, "Signed out there.")
    return redirect("web:account")


@require_POST
@needs_account
def identity_release(request: HttpRequest, presence: Presence, pk: int) -> HttpResponse:
    """Take an identity off the account, after the person proved again who they are."""
    raise_if_reauthentication_required(request, app="tenantry")
    account = presence.account
    try:
        release_identity(
            account_id=account.pk, identity_id=pk, actor=own_actor(account), now=timezone.now(),
            request_id=request_id_of(request),
        )  # fmt: skip
    except Identity.DoesNotExist as error:
        raise Http404 from error
    except UnableToBind as problem:
        messages.error(request, str(problem))
    else:
        messages.success(request, "Disconnected. It no longer signs in here.")
    return redirect("web:account")
