"""Who calls: the token, whose it is, what it may do here and now; and how often it called."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from tenantry.accounts.models import Account
from tenantry.accounts.tokens import KnownToken, Use, count_use, find_token
from tenantry.api.problems import Problem
from tenantry.audit.events import Actor, ActorKind, Happening, Target
from tenantry.audit.services import record_event
from tenantry.core.permissions import SUPPORT_ROLES, Action, Role, refusal
from tenantry.core.token_scopes import actions_of, scopes_for, token_may
from tenantry.isolation.scope import marketplace_scope
from tenantry.marketplace.queries import Workplace, workplaces_of
from tenantry.sync.switches import pending_open_to

WINDOW = timedelta(minutes=1)
_LONGEST_NAME = 110  # so that it fits, with the token's, where names of deciders are kept


@dataclass(frozen=True, slots=True)
class Caller:
    """A token's one call. ``workplaces`` are the marketplaces that its owner may enter."""

    token: KnownToken
    account: Account
    role: Role | None
    workplaces: tuple[Workplace, ...]
    pending_open: bool
    request_id: str
    now: datetime

    @property
    def marketplace_id(self) -> int:
        """The marketplace that the token is for; 0 for the installation."""
        return self.token.marketplace_id

    @property
    def actor(self) -> Actor:
        """Who acts, as the audit names it: the owner, through this token."""
        kind = ActorKind.OPERATOR if self.account.is_operator else ActorKind.ACCOUNT
        return Actor(kind, f"{str(self.account)[:_LONGEST_NAME]} (token {self.token.name})", self.account.pk)

    def may(self, action: Action) -> bool:
        """Whether the token may do this: its scopes and its owner's role both do."""
        return token_may(self.token.scopes, self.role, action, pending_open=self.pending_open)

    def require(self, action: Action) -> None:
        """Raise the problem that says why not, when the token may not do this."""
        if self.may(action):
            return
        if action not in actions_of(self.token.scopes):
            named = " or ".join(scope.value for scope in scopes_for(action))
            raise Problem("forbidden", f"To {action.value} a token needs the scope {named}. This one lacks it.")
        raise Problem("forbidden", f"The token's owner may not {action.value}. {refusal(action)}")


def caller_of(request: HttpRequest) -> Caller:
    """Return who calls. Raises :class:`Problem` without a live token, and when it called too often."""
    now = timezone.now()
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    token = find_token(secret.strip()) if scheme.lower() == "bearer" else None
    if token is None:
        raise Problem(
            "unauthenticated", "The call has no token, or one that nobody knows or that was revoked.",
            headers={"WWW-Authenticate": 'Bearer realm="Tenantry"'},
        )  # fmt: skip
    if token.expires_at <= now:
        raise Problem(
            "token-expired", f"The token {token.name} ended on {token.expires_at:%Y-%m-%d}.",
            headers={"WWW-Authenticate": 'Bearer realm="Tenantry", error="invalid_token"'},
        )  # fmt: skip
    use = _within_limit(request, token, now)
    caller = _known(request, token, now)
    if caller.account.is_operator and not token.installation and _first_of_day(use, now):
        _record_entry(caller)
    return caller


def _within_limit(request: HttpRequest, token: KnownToken, now: datetime) -> Use:
    """Count the call; leave at the request what its answer says of the limit. Raises when it is one too many."""
    window_at = now.replace(second=0, microsecond=0)
    use = count_use(token.id, window_at=window_at, now=now)
    limit: int = settings.API_CALLS_PER_MINUTE
    wait = max(1, int((window_at + WINDOW - now).total_seconds()) + 1)
    headers = {
        "RateLimit-Limit": str(limit),
        "RateLimit-Remaining": str(max(0, limit - use.asked)),
        "RateLimit-Reset": str(wait),
    }
    request.rate_headers = headers  # type: ignore[attr-defined]  # read by the API's middleware
    if use.asked > limit:
        raise Problem(
            "too-many-requests", f"The token {token.name} was used {limit:,} times within this minute.",
            headers={"Retry-After": str(wait)},
        )  # fmt: skip
    return use


def _known(request: HttpRequest, token: KnownToken, now: datetime) -> Caller:
    account = Account.objects.get(pk=token.account_id)
    places = workplaces_of(account_id=account.pk)
    here = next((place for place in places if place.marketplace_id == token.marketplace_id), None)
    role = Role.OPERATOR if account.is_operator else here.role if here else None
    opened = False
    if role in SUPPORT_ROLES:  # read anew for each call, like for each click
        with marketplace_scope(token.marketplace_id):
            opened = pending_open_to(role)
    return Caller(token, account, role, places, opened, str(getattr(request, "request_id", "")), now)


def _first_of_day(use: Use, now: datetime) -> bool:
    return use.former is None or use.former.date() != now.date()


def _record_entry(caller: Caller) -> None:
    """Record that an operator works in a marketplace through a token: once for each day that it is used."""
    happening = Happening("marketplace.access.operator_entered", Target("marketplace", str(caller.marketplace_id)))
    with transaction.atomic(), marketplace_scope(caller.marketplace_id):
        record_event(
            happening, actor=caller.actor, marketplace_id=caller.marketplace_id, now=caller.now,
            request_id=caller.request_id,
        )  # fmt: skip
