"""The two ends of single sign-on: leaving for a provider, and coming back. The checks are in ``accounts``."""

from collections.abc import Callable

from allauth.account.internal.flows.reauthentication import raise_if_reauthentication_required
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView, OAuth2LoginView
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from tenantry.accounts.models import Account
from tenantry.accounts.single_sign_on import CONNECT, CheckedTokens


@never_cache
@require_POST
def sign_on(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Leave for the provider. Connecting an identity needs somebody who just proved who they are."""
    if request.POST.get("process") == CONNECT:
        if not isinstance(request.user, Account):
            return redirect("account_login")
        raise_if_reauthentication_required(request, app="tenantry")
    answer = _answered(request, lambda: OAuth2LoginView.adapter_view(CheckedTokens(request, provider_id))(request))
    place = answer.headers.get("Location", "")
    return render(request, "account/leaving.html", {"url": place}) if place.startswith("https://") else answer


@never_cache
@require_safe
def sign_on_back(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Come back from the provider."""
    return _answered(request, lambda: OAuth2CallbackView.adapter_view(CheckedTokens(request, provider_id))(request))


def _answered(request: HttpRequest, answer: Callable[[], HttpResponse]) -> HttpResponse:
    try:
        return answer()
    except SocialApp.DoesNotExist as error:
        raise Http404 from error
    except OAuth2Error:
        messages.error(
            request, "The provider of single sign-on does not answer. Try again in a minute, or use your password."
        )
        return redirect("web:account" if isinstance(request.user, Account) else "account_login")
