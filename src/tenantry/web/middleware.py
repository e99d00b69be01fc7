"""What every request carries: an id for logs and audit, and the marketplace that the person works in."""

import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass

import structlog
from django.http import HttpRequest, HttpResponse

from tenantry.accounts.models import Account
from tenantry.core.permissions import COMPANY_ROLES, SUPPORT_ROLES, Action, Role, may
from tenantry.isolation.scope import marketplace_scope
from tenantry.marketplace.people.queries import company_role_of
from tenantry.marketplace.queries import Workplace, workplaces_of
from tenantry.sync.switches import pending_open_to

_SAFE_ID = re.compile(r"[\w-]{8,40}")
SESSION_KEY = "marketplace_id"


@dataclass(frozen=True, slots=True)
class Presence:
    """Who is here: the account, the marketplaces it may enter, and the one it is in.

    ``pending_open``: the settings of that one let the person, if in support, work on pending companies.
    ``company_role``: what staff are in one of its companies besides.
    """

    account: Account
    workplaces: tuple[Workplace, ...]
    current: Workplace | None
    pending_open: bool = False
    company_role: Role | None = None

    @property
    def role(self) -> Role | None:
        """The role in the current marketplace; operators are operators everywhere."""
        if self.account.is_operator:
            return Role.OPERATOR
        return self.current.role if self.current else None

    def may(self, action: Action) -> bool:
        """Whether the person may do this in the current marketplace, now."""
        return may(self.role, action, pending_open=self.pending_open, company_role=self.company_role)

    @property
    def is_staff(self) -> bool:
        """Whether the person works for the current marketplace, and is not only somebody of one of its companies."""
        return self.role is not None and self.role not in COMPANY_ROLES


class RequestIdMiddleware:
    """Gives every request an id, taken over from a proxy if it sent a sane one, and binds it to the log."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Handle one request."""
        given = request.headers.get("X-Request-Id", "")
        request_id = given if _SAFE_ID.fullmatch(given) else uuid.uuid4().hex
        request.request_id = request_id  # type: ignore[attr-defined]  # read by views through presence.request_id
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            response = self.get_response(request)
        response["X-Request-Id"] = request_id
        return response


class MarketplaceMiddleware:
    """Finds the marketplace of a signed-in person. The session remembers which one they chose."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Handle one request."""
        request.presence = presence_of(request)  # type: ignore[attr-defined]  # read through web.access
        return self.get_response(request)


def presence_of(request: HttpRequest) -> Presence | None:
    """Return who is here, or ``None`` for somebody who has not signed in."""
    account = request.user
    if not isinstance(account, Account):
        return None
    places = workplaces_of(account_id=account.pk)
    chosen = request.session.get(SESSION_KEY)
    current = next((place for place in places if place.marketplace_id == chosen), None)
    if current is None and places and (not account.is_operator or len(places) == 1):
        current = places[0]
    if current is None or current.role in COMPANY_ROLES:
        return Presence(account, places, current)
    # Both are read anew for each request of staff: what they give ends with the next click.
    with marketplace_scope(current.marketplace_id):
        opened = current.role in SUPPORT_ROLES and pending_open_to(current.role)
        return Presence(account, places, current, pending_open=opened, company_role=company_role_of(account.pk))
