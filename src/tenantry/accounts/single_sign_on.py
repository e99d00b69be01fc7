"""Single sign-on by OpenID Connect: allauth's flow, with our checks of the token and our binding of identities.

What a provider says of a person counts only after its signature, audience, issuer and times were checked; then the
identity is looked up by issuer, tenant and subject. Nobody gets an account this way: an identity is bound by somebody
who is signed in, or when an invitation is accepted.
"""

import base64
import json
import time
from typing import Any

from allauth.account.utils import perform_login
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.internal import jwtkit
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from tenantry.accounts.identities import ProvenIdentity, UnableToBind, account_of, bind_identity, note_use
from tenantry.accounts.models import Account
from tenantry.accounts.provider_session import ProviderSession
from tenantry.audit.events import Actor, ActorKind

CONNECT = "connect"
_SESSION_KEY = "proven_identity"
_KEPT_SECONDS = 900
_ALGORITHMS = {"RS256", "RS384", "RS512", "PS256", "ES256", "ES384"}


class BoundIdentities(DefaultSocialAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    """Where allauth asks how single sign-on is done here."""

    def list_apps(
        self,
        request: HttpRequest | None,  # noqa: ARG002  # allauth's signature
        provider: str | None = None,
        client_id: str | None = None,
    ) -> list[SocialApp]:
        """Return the operator's providers, from the settings alone."""
        apps = [SocialApp(provider="openid_connect", **app) for app in settings.SIGN_ON_PROVIDERS]
        if provider is not None and provider != "openid_connect":
            apps = [app for app in apps if app.provider_id == provider]
        return [app for app in apps if client_id in {None, app.client_id}]

    def get_requests_session(self) -> ProviderSession:
        """Return a session over our own HTTP client, with its limits and its certificates."""
        return ProviderSession()

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        """Take over from allauth: the identity is proven; sign its account in, bind it, or say that it is unknown."""
        proven = ProvenIdentity.from_kept(sociallogin.account.extra_data["proven"])
        raise ImmediateHttpResponse(_proceed(request, proven, sociallogin.state))

    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: Any,
        error: Any = None,
        exception: Any = None,  # noqa: ARG002  # same
        extra_context: Any = None,  # noqa: ARG002
    ) -> None:
        """Go back to where the person came from, with a sentence."""
        if str(error) == "cancelled":
            messages.info(request, f"You cancelled signing in with {provider.name}. Nothing changed.")
        else:
            messages.error(
                request,
                f"Signing in with {provider.name} did not work: its answer could not be verified, or came too late. "
                "Try again; if it stays, tell your operator.",
            )
        raise ImmediateHttpResponse(redirect("web:account" if request.user.is_authenticated else "account_login"))


class CheckedTokens(OpenIDConnectOAuth2Adapter):  # type: ignore[misc]  # allauth ships no types
    """Reads the person from the id token, and from nothing else."""

    def complete_login(self, request: HttpRequest, app: SocialApp, token: Any, **kwargs: Any) -> Any:  # noqa: ARG002
        """Check the id token and return who it tells of. Raises ``OAuth2Error``, which becomes a sentence."""
        try:
            claims = self._checked(app, str(kwargs["response"].get("id_token") or ""))
            proven = _proven(app, claims)
        except (KeyError, TypeError, ValueError) as error:  # a token or key set of another shape
            raise OAuth2Error("The id token can't be read.") from error
        login = self.get_provider().sociallogin_from_response(request, {"id_token": {"sub": proven.subject}})
        login.account.extra_data = {"proven": proven.kept()}
        return login

    def _checked(self, app: SocialApp, id_token: str) -> dict[str, Any]:
        header, said = (json.loads(_decoded(part)) for part in id_token.split(".")[:2])
        if header.get("alg") not in _ALGORITHMS:
            raise OAuth2Error("The id token is signed in a way that is not accepted.")
        # Microsoft's address for all organizations leaves the tenant open in its issuer; the token names it.
        issuer = str(self.openid_config["issuer"]).replace("{tenantid}", str(said.get("tid", "")))
        claims: dict[str, Any] = jwtkit.verify_and_decode(
            credential=id_token, keys_url=self.openid_config["jwks_uri"], issuer=issuer, audience=app.client_id,
            lookup_kid=jwtkit.lookup_kid_jwk, verify_signature=True,
        )  # fmt: skip
        return claims


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _proven(app: SocialApp, claims: dict[str, Any]) -> ProvenIdentity:
    subject, issuer = str(claims["sub"]), str(claims["iss"])
    tenant = str(claims["tid"]) if app.settings.get("preset") == "microsoft" else str(claims.get("hd", ""))
    if not subject or not issuer:
        raise OAuth2Error("The id token names nobody.")
    shown = str(claims.get("preferred_username") or claims.get("email") or claims.get("name") or "")
    return ProvenIdentity(app.provider_id, issuer, tenant, subject, shown, str(claims.get("name") or ""))


def _proceed(request: HttpRequest, proven: ProvenIdentity, state: dict[str, Any]) -> HttpResponse:
    following = state.get("next") or "web:home"
    if state.get("process") == CONNECT:
        return _connect(request, proven)
    account = account_of(proven)
    if account is not None:
        note_use(proven, now=timezone.now())
        response: HttpResponse = perform_login(
            request, account, email_verification="none", redirect_url=state.get("next")
        )
        return response
    if str(following).startswith("/invitation/"):
        keep_proven(request, proven)
        return redirect(following)
    messages.error(
        request,
        f"{proven.shown_as or 'This identity'} is not connected to an account here. Sign in with your password and "
        "connect it on your account page, or follow the link of your invitation.",
    )
    return redirect("account_login")


def _connect(request: HttpRequest, proven: ProvenIdentity) -> HttpResponse:
    account = request.user
    if not isinstance(account, Account):
        return redirect("account_login")
    kind = ActorKind.OPERATOR if account.is_operator else ActorKind.ACCOUNT
    actor = Actor(kind, account.name or account.email, account.pk)
    try:
        bind_identity(account_id=account.pk, proven=proven, actor=actor, now=timezone.now())
    except UnableToBind as problem:
        messages.error(request, str(problem))
    else:
        messages.success(request, f"You can now sign in as {proven.shown_as or 'this identity'}.")
    return redirect("web:account")


def keep_proven(request: HttpRequest, proven: ProvenIdentity) -> None:
    """Keep who somebody proved to be, for a quarter of an hour, until they press the button of an invitation."""
    request.session[_SESSION_KEY] = {"identity": proven.kept(), "at": time.time()}


def kept_proven(request: HttpRequest) -> ProvenIdentity | None:
    """Return what :func:`keep_proven` kept, unless it is too old."""
    kept = request.session.get(_SESSION_KEY)
    if not isinstance(kept, dict) or time.time() - float(kept.get("at", 0)) > _KEPT_SECONDS:
        return None
    return ProvenIdentity.from_kept(kept["identity"])


def forget_proven(request: HttpRequest) -> None:
    """Forget it."""
    request.session.pop(_SESSION_KEY, None)
