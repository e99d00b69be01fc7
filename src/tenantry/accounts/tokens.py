"""Tokens of the REST API: making, finding by their secret, counting their uses, revoking.

A token is a random text that is shown once. It is found by its digest, before the marketplace is known, through a named
look-up; everything else about tokens runs in the scope of their marketplace, or outside any for the installation's own.
"""

import hashlib
import json
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction

from tenantry.accounts.models import ApiToken, TokenUse
from tenantry.audit.events import Actor, Happening, Target
from tenantry.audit.models import INSTALLATION
from tenantry.audit.services import record_event
from tenantry.core.texts import storable
from tenantry.core.token_scopes import TokenScope

MARK = "tnt_"
LONGEST_LIFE = timedelta(days=366)
MOST_LIVE = 100
_LONGEST_NAME = 80
_PREFIX = 10
_USE = """
with former as (select last_used_at from accounts_tokenuse where token_id = %(token)s)
insert into accounts_tokenuse as use (token_id, window_at, asked, last_used_at)
values (%(token)s, %(window)s, 1, %(now)s)
on conflict (token_id) do update set
  asked = case when excluded.window_at > use.window_at then 1 else use.asked + 1 end,
  window_at = greatest(use.window_at, excluded.window_at),
  last_used_at = greatest(use.last_used_at, excluded.last_used_at)
returning asked, (select last_used_at from former)
"""


class TokenRefused(Exception):
    """The token can't be made. The message is a sentence; ``field`` names the input that it is about."""

    def __init__(self, sentence: str, field: str = "") -> None:
        super().__init__(sentence)
        self.field = field


@dataclass(frozen=True, slots=True)
class KnownToken:
    """A token that somebody sent and that counts: not revoked, its account active. It may have expired."""

    id: int
    account_id: int
    marketplace_id: int
    name: str
    scopes: frozenset[TokenScope]
    expires_at: datetime

    @property
    def installation(self) -> bool:
        """Whether it is for the installation itself."""
        return self.marketplace_id == INSTALLATION


@dataclass(frozen=True, slots=True)
class Use:
    """The how many-th use of its minute this is, and when the one before was."""

    asked: int
    former: datetime | None


@transaction.atomic
def make_token(
    *, account_id: int, marketplace_id: int, name: str, scopes: Collection[TokenScope], expires_at: datetime,
    actor: Actor, now: datetime, request_id: str = "",
) -> tuple[ApiToken, str]:  # fmt: skip
    """Make a token and return it with its secret, which nobody can read again. Raises :class:`TokenRefused`."""
    name = storable(name).strip()[:_LONGEST_NAME]
    _check(name, scopes, expires_at, now)
    if ApiToken.objects.filter(marketplace_id=marketplace_id, revoked_at=None, expires_at__gt=now).count() >= MOST_LIVE:
        raise TokenRefused(f"There are {MOST_LIVE} tokens already. Revoke some that nobody uses.")
    secret = MARK + secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        marketplace_id=marketplace_id, account_id=account_id, name=name, prefix=secret[:_PREFIX],
        digest=_digest(secret), scopes=sorted(scopes), created_at=now, expires_at=expires_at,
    )  # fmt: skip
    after = {"name": name, "scopes": token.scopes, "expires_at": expires_at.isoformat()}
    _record(token, "made", after, actor=actor, now=now, request_id=request_id)
    return token, secret


def _check(name: str, scopes: Collection[TokenScope], expires_at: datetime, now: datetime) -> None:
    if not name:
        raise TokenRefused("Give it a name that says what it is used for.", "name")
    if not scopes:
        raise TokenRefused("Choose at least one thing that it is for.", "scopes")
    if not now < expires_at <= now + LONGEST_LIFE:
        raise TokenRefused(f"Choose a life of at most {LONGEST_LIFE.days} days.", "expires_at")


def find_token(secret: str) -> KnownToken | None:
    """Return the token with this secret, if there is one that was not revoked, of an account that is active."""
    if not secret.startswith(MARK):
        return None
    with connection.cursor() as cursor:
        cursor.execute(
            "select id, account_id, marketplace_id, name, scopes, expires_at from api_token_by_digest(%s)",
            [_digest(secret)],
        )
        row = cursor.fetchone()
    if row is None:
        return None
    pk, account_id, marketplace_id, name, scopes, expires_at = row
    known = frozenset(TokenScope(scope) for scope in json.loads(scopes) if scope in list(TokenScope))
    return KnownToken(pk, account_id, marketplace_id, name, known, expires_at)


def count_use(token_id: int, *, window_at: datetime, now: datetime) -> Use:
    """Count one use of a token in the window that began at ``window_at``. One statement, its own transaction."""
    with connection.cursor() as cursor:
        cursor.execute(_USE, {"token": token_id, "window": window_at, "now": now})
        row = cursor.fetchone()
    return Use(*row)


def tokens_of(marketplace_id: int) -> list[tuple[ApiToken, datetime | None]]:
    """Return the newest tokens of a marketplace with when each was used last. Two queries."""
    rows = ApiToken.objects.select_related("account").filter(marketplace_id=marketplace_id)
    tokens = list(rows.order_by("-created_at", "-id")[: 2 * MOST_LIVE])
    used = dict(TokenUse.objects.filter(pk__in=[token.pk for token in tokens]).values_list("pk", "last_used_at"))
    return [(token, used.get(token.pk)) for token in tokens]


@transaction.atomic
def revoke_token(*, token_id: int, marketplace_id: int, actor: Actor, now: datetime, request_id: str = "") -> bool:
    """End a token at once; return whether it was live. Raises ``ApiToken.DoesNotExist``."""
    token = ApiToken.objects.select_for_update().get(pk=token_id, marketplace_id=marketplace_id)
    if token.revoked_at is not None:
        return False
    token.revoked_at, token.revoked_by_name = now, actor.name[:200]
    token.save(update_fields=["revoked_at", "revoked_by_name"])
    _record(token, "revoked", {"name": token.name}, actor=actor, now=now, request_id=request_id)
    return True


def _record(
    token: ApiToken, verb: str, after: dict[str, object], *, actor: Actor, now: datetime, request_id: str
) -> None:
    happening = Happening(f"accounts.token.{verb}", Target("token", str(token.pk), token.name), after=after)
    record_event(happening, actor=actor, marketplace_id=token.marketplace_id, now=now, request_id=request_id)


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()
