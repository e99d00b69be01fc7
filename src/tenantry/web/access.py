"""Who may open a page, and in whose name it runs.

A page names the action that it is; :func:`needs` checks the role, opens the marketplace's scope around the
whole view with its template, and hands the view a :class:`Visit`. What belongs to another marketplace does
not exist inside that scope: views answer 404 for both alike.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import Concatenate, ParamSpec, cast

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.utils import timezone
from django_htmx.http import HttpResponseClientRedirect

from tenantry.accounts.models import Account
from tenantry.audit.events import Actor, ActorKind, Happening, Target
from tenantry.audit.services import record_event
from tenantry.core.permissions import Action, Role, refusal
from tenantry.isolation.scope import marketplace_scope
from tenantry.marketplace.queries import Workplace
from tenantry.web.middleware import SESSION_KEY, Presence

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


@dataclass(frozen=True, slots=True)
class Visit:
    """A person's one request: who they are, the marketplace that they work in, and when."""

    presence: Presence
    marketplace_id: int
    marketplace_name: str
    actor: Actor
    request_id: str
    now: datetime


@dataclass(frozen=True, slots=True)
class OperatorVisit:
    """An operator's one request to the installation itself, outside any marketplace."""

    presence: Presence
    actor: Actor
    request_id: str
    now: datetime


def needs(
    action: Action, *others: Action
) -> Callable[[Callable[Concatenate[HttpRequest, Visit, P], HttpResponse]], View[P]]:
    """Let a view be opened only by those who may do ``action`` or one of ``others``, inside their marketplace's scope.

    Anonymous people go to the sign-in. A role that may not gets the page that says whom to ask. Somebody
    who is in no marketplace gets to where one is chosen.
    """

    def decorate(view: Callable[Concatenate[HttpRequest, Visit, P], HttpResponse]) -> View[P]:
        @needs_outside(action, *others)
        def guarded(request: HttpRequest, visit: Visit, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            with marketplace_scope(visit.marketplace_id):
                return view(request, visit, *args, **kwargs)

        return cast("View[P]", wraps(view)(guarded))

    return decorate


def needs_outside(
    action: Action, *others: Action
) -> Callable[[Callable[Concatenate[HttpRequest, Visit, P], HttpResponse]], View[P]]:
    """Like :func:`needs`, for a view that calls a provider: it runs in no scope, and opens its own."""

    def decorate(view: Callable[Concatenate[HttpRequest, Visit, P], HttpResponse]) -> View[P]:
        @wraps(view)
        def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            presence = presence_in(request)
            if presence is None:
                return to_sign_in(request)
            if presence.current is None:
                return _choose_marketplace(request, presence)
            if not any(map(presence.may, (action, *others))):
                raise PermissionDenied(refusal(action))
            return view(request, _visit(request, presence, presence.current), *args, **kwargs)

        return cast("View[P]", guarded)

    return decorate


def needs_operator(view: Callable[Concatenate[HttpRequest, OperatorVisit, P], HttpResponse]) -> View[P]:
    """Let a view be opened by operators only. It runs outside any marketplace's scope."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        presence = presence_in(request)
        if presence is None:
            return to_sign_in(request)
        if not presence.account.is_operator:
            raise PermissionDenied(refusal(Action.RUN_INSTALLATION))
        visit = OperatorVisit(presence, actor_of(presence.account), request_id_of(request), timezone.now())
        return view(request, visit, *args, **kwargs)

    return cast("View[P]", guarded)


def needs_account(view: Callable[Concatenate[HttpRequest, Presence, P], HttpResponse]) -> View[P]:
    """Let a view be opened by everybody who signed in. It runs outside any marketplace's scope."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        presence = presence_in(request)
        return to_sign_in(request) if presence is None else view(request, presence, *args, **kwargs)

    return cast("View[P]", guarded)


def presence_in(request: HttpRequest) -> Presence | None:
    """Return who is here, as the middleware found it."""
    return cast("Presence | None", getattr(request, "presence", None))


def request_id_of(request: HttpRequest) -> str:
    """Return the id that the request has in log and audit."""
    return str(getattr(request, "request_id", ""))


def actor_of(account: Account, *, private: bool = False) -> Actor:
    """Return the account as the audit names it; ``private``: by its id alone, for people of companies."""
    kind = ActorKind.OPERATOR if account.is_operator else ActorKind.ACCOUNT
    return Actor(kind, account.name or account.email, account.pk, private=private)


def own_actor(account: Account) -> Actor:
    """Return the account as the audit names it in what it does to itself."""
    return actor_of(account, private=not account.is_operator)


def to_sign_in(request: HttpRequest) -> HttpResponse:
    """Send somebody to the sign-in, and afterwards back to what can be opened again."""
    htmx = getattr(request, "htmx", None)
    if htmx:
        return HttpResponseClientRedirect(resolve_url("account_login"))
    if request.method not in {"GET", "HEAD"}:
        return redirect("account_login")
    return redirect_to_login(request.get_full_path(), resolve_url("account_login"))


def enter_marketplace(request: HttpRequest, presence: Presence, marketplace_id: int) -> None:
    """Remember the marketplace in the session; record that an operator entered it."""
    if presence.account.is_operator and request.session.get(SESSION_KEY) != marketplace_id:
        happening = Happening("marketplace.access.operator_entered", Target("marketplace", str(marketplace_id)))
        with marketplace_scope(marketplace_id):
            record_event(
                happening, actor=actor_of(presence.account), marketplace_id=marketplace_id, now=timezone.now(),
                request_id=request_id_of(request),
            )  # fmt: skip
    request.session[SESSION_KEY] = marketplace_id


def _choose_marketplace(request: HttpRequest, presence: Presence) -> HttpResponse:
    place = "web:operator-home" if presence.account.is_operator else "web:home"
    if getattr(request, "htmx", None):
        return HttpResponseClientRedirect(resolve_url(place))
    return redirect(place)


def _visit(request: HttpRequest, presence: Presence, current: Workplace) -> Visit:
    if presence.account.is_operator:  # with one marketplace only, an operator is in it without choosing
        enter_marketplace(request, presence, current.marketplace_id)
    private = presence.role in {Role.COMPANY_ADMINISTRATOR, Role.USER}
    actor = actor_of(presence.account, private=private)
    return Visit(
        presence, current.marketplace_id, current.name, actor, request_id_of(request),
        timezone.now(),
    )  # fmt: skip
