"""The pages of API tokens: a marketplace's for its managers, the installation's for operators."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from tenantry.accounts.models import ApiToken
from tenantry.accounts.tokens import TokenRefused, make_token, revoke_token, tokens_of
from tenantry.audit.events import Actor
from tenantry.audit.models import INSTALLATION
from tenantry.core.permissions import Action
from tenantry.core.token_scopes import scopes_open_to
from tenantry.web.access import OperatorVisit, Visit, needs, needs_operator
from tenantry.web.addresses import posted
from tenantry.web.texts import legible
from tenantry.web.tokens.forms import SCOPE_WORDS, TokenForm

_BIGGEST = 2**63


@dataclass(frozen=True, slots=True)
class Place:
    """Whose tokens a page is about, and who looks at it."""

    marketplace_id: int
    name: str
    actor: Actor
    account_id: int
    request_id: str
    now: datetime

    @property
    def installation(self) -> bool:
        """Whether these are the installation's own."""
        return self.marketplace_id == INSTALLATION

    @property
    def page(self) -> str:
        """The name of the page's route."""
        return "web:operator-tokens" if self.installation else "web:token-list"

    @property
    def revoking(self) -> str:
        """The name of the route that revokes one."""
        return "web:operator-token-revoke" if self.installation else "web:token-revoke"


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Action.MAKE_TOKENS)
def token_list(request: HttpRequest, visit: Visit) -> HttpResponse:
    """List the marketplace's tokens; on POST make one and show it, once."""
    return _page(request, _here(visit), visit)


@require_POST
@needs(Action.MAKE_TOKENS)
def token_revoke(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """End a token of the marketplace."""
    return _revoke(request, _here(visit), pk)


@require_http_methods(["GET", "HEAD", "POST"])
@needs_operator
def operator_tokens(request: HttpRequest, visit: OperatorVisit) -> HttpResponse:
    """List the installation's tokens; on POST make one and show it, once."""
    return _page(request, _installation(visit), visit)


@require_POST
@needs_operator
def operator_token_revoke(request: HttpRequest, visit: OperatorVisit, pk: int) -> HttpResponse:
    """End a token of the installation."""
    return _revoke(request, _installation(visit), pk)


def _here(visit: Visit) -> Place:
    account = visit.presence.account.pk
    return Place(
        visit.marketplace_id, visit.marketplace_name, visit.actor, account, visit.request_id, visit.now
    )  # fmt: skip


def _installation(visit: OperatorVisit) -> Place:
    return Place(INSTALLATION, "", visit.actor, visit.presence.account.pk, visit.request_id, visit.now)


def _page(request: HttpRequest, place: Place, visit: Visit | OperatorVisit) -> HttpResponse:
    offered = scopes_open_to(visit.presence.role, installation=place.installation)
    form, secret = TokenForm(posted(request), offered=offered), ""
    if request.method == "POST" and form.is_valid():
        secret = _made(form, place)
    context = {
        "form": form,
        "place": {"name": place.name, "installation": place.installation},
        "secret": secret,
        "made": form.cleaned_data["name"] if secret else "",
        "tokens": [_row(token, used, place) for token, used in tokens_of(place.marketplace_id)],
        "page_url": reverse(place.page),
    }
    status = 422 if form.errors else 200
    response = render(request, "tokens/made.html" if secret else "tokens/list.html", context, status=status)
    response["Cache-Control"] = "no-store"
    return response


def _made(form: TokenForm, place: Place) -> str:
    """Make the token and return its secret; leave it at what is wrong with the form when it is refused."""
    try:
        _, secret = make_token(
            account_id=place.account_id, marketplace_id=place.marketplace_id, name=form.cleaned_data["name"],
            scopes=form.chosen, expires_at=form.ends(place.now), actor=place.actor, now=place.now,
            request_id=place.request_id,
        )  # fmt: skip
    except TokenRefused as refused:
        form.add_error(refused.field if refused.field in form.fields else None, str(refused))
        return ""
    return secret


def _row(token: ApiToken, used: datetime | None, place: Place) -> dict[str, Any]:
    ended = token.revoked_at is not None or token.expires_at <= place.now
    words = {scope.value: sentence for scope, sentence in SCOPE_WORDS.items()}
    return {
        "name": legible(token.name),
        "prefix": token.prefix,
        "scopes": [words.get(scope, scope) for scope in token.scopes],
        "by": legible(str(token.account)),
        "made": token.created_at,
        "expires": token.expires_at,
        "used": used,
        "word": "revoked" if token.revoked_at else "expired" if ended else "live",
        "tone": "off" if ended else "good",
        "revoke_url": "" if ended else reverse(place.revoking, args=[token.pk]),
    }


def _revoke(request: HttpRequest, place: Place, pk: int) -> HttpResponse:
    try:
        if pk >= _BIGGEST:
            raise Http404
        ended = revoke_token(
            token_id=pk, marketplace_id=place.marketplace_id, actor=place.actor, now=place.now,
            request_id=place.request_id,
        )  # fmt: skip
    except ApiToken.DoesNotExist as missing:
        raise Http404 from missing
    messages.success(request, "Revoked: the next call with it is refused." if ended else "It was revoked before.")
    return redirect(place.page)
