"""Access tokens for Partner Center: app-only, and app+user with a rotating refresh token.

A token is renewed five minutes before it ends, once for all threads. A refusal that only a person can mend
is remembered for a minute and answered without asking again: every further attempt would spam the partner's
sign-in log or lock the account (docs/reference/partner-center.md section 13).
"""

import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from tenantry.providers.base import RefreshTokens
from tenantry.providers.errors import AuthFailed, ConsentMissing, Misconfigured, ProviderError
from tenantry.providers.http import HttpClient
from tenantry.providers.microsoft.clouds import Endpoints
from tenantry.providers.microsoft.credentials import Application, ApplicationKind, SignInMode
from tenantry.providers.microsoft.entra import EntraApplication, Granted
from tenantry.providers.microsoft.refusals import CUSTOMERS_OWN, SIGN_IN_AGAIN

_RENEW_BEFORE_END = 300.0
_REMEMBER_REFUSAL = 60.0

Clock = Callable[[], float]


class TokenSource(Protocol):
    """Where a client of Partner Center gets its access tokens. Safe to call from several threads."""

    @property
    def mode(self) -> SignInMode:
        """On whose behalf the tokens speak."""

    def access_token(self) -> str:
        """Return a token that is good for a while, signing in if need be. Raises ``ProviderError``."""

    def renew(self, rejected: str) -> str:
        """Return a token other than ``rejected``, which the service refused. Raises ``ProviderError``."""


@dataclass(frozen=True, slots=True)
class _Held:
    token: str = field(repr=False)
    good_until: float


class _RenewingTokens(ABC):
    """What both modes share: hold a token, renew it in time, remember a refusal."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._held: _Held | None = None
        self._refused: tuple[ProviderError, float] | None = None

    def access_token(self) -> str:
        """Return the token at hand, or a new one when it ends within five minutes."""
        with self._lock:
            if self._held is not None and self._clock() < self._held.good_until:
                return self._held.token
            return self._renewed()

    def renew(self, rejected: str) -> str:
        """Return a new token unless another thread already renewed ``rejected``."""
        with self._lock:
            if self._held is not None and self._held.token != rejected:
                return self._held.token
            self._held = None
            return self._renewed()

    def _renewed(self) -> str:
        if self._refused is not None and self._clock() < self._refused[1] and self._still_refused():
            raise self._refused[0]
        self._refused = None
        try:
            granted = self._sign_in()
        except ProviderError as error:
            if error.stops_run:
                self._refused = (error, self._clock() + _REMEMBER_REFUSAL)
            raise
        # A token that lives shorter than ten minutes is used for half its life.
        margin = min(_RENEW_BEFORE_END, granted.lifetime / 2)
        self._held = _Held(granted.access_token, self._clock() + granted.lifetime - margin)
        return granted.access_token

    def _still_refused(self) -> bool:
        return True

    @abstractmethod
    def _sign_in(self) -> Granted:
        """Ask the sign-in service."""


class AppOnlyTokens(_RenewingTokens):
    """Tokens of the application alone: customers and billing profiles, never people.

    Raises ``Misconfigured`` for a native application, which cannot sign in on its own.
    """

    mode = SignInMode.APP_ONLY

    def __init__(
        self,
        endpoints: Endpoints,
        application: Application,
        http: HttpClient,
        *,
        clock: Clock = time.monotonic,
    ) -> None:
        super().__init__(clock)
        if application.kind is not ApplicationKind.WEB:
            raise Misconfigured(
                "A native application cannot sign in without a user.",
                next_step="Sign in with `tenantry connect microsoft`, or use a web application.",
            )
        self._entra = EntraApplication(endpoints, application, http)

    def _sign_in(self) -> Granted:
        scopes = self._entra.scopes

        def question(app: object) -> object:
            # MSAL would answer from its cache, also with a token that the service has just refused.
            app.remove_tokens_for_client()  # type: ignore[attr-defined]  # MSAL ships no types
            return app.acquire_token_for_client(scopes)  # type: ignore[attr-defined]  # MSAL ships no types

        return self._entra.ask(question)


class UserTokens(_RenewingTokens):
    """Tokens of the application and the service user, bought with the stored refresh token.

    Each purchase may bring a new refresh token; it is stored before the access token is used, and a store
    that fails fails the call. With ``customer``, a tenant id, they are for Graph in that customer's directory.
    Another process may have rotated the token meanwhile: a refused one is tried
    once more when the store holds another by then.
    """

    mode = SignInMode.APP_AND_USER

    def __init__(
        self,
        endpoints: Endpoints,
        application: Application,
        refresh_tokens: RefreshTokens,
        http: HttpClient,
        *,
        clock: Clock = time.monotonic,
        customer: str = "",
    ) -> None:
        super().__init__(clock)
        self._entra = EntraApplication(endpoints, application, http, customer=customer)
        self._customer = customer
        self._store = refresh_tokens
        self._tried: str | None = None

    def _still_refused(self) -> bool:
        return self._store.load() == self._tried

    def _sign_in(self) -> Granted:
        current = self._store.load()
        self._tried = current
        if not current:
            raise AuthFailed("Nobody has signed in on this connection yet.", next_step=SIGN_IN_AGAIN)
        try:
            granted = self._redeem(current)
        except AuthFailed:
            newer = self._store.load()
            if not newer or newer == current:
                raise
            current = self._tried = newer
            granted = self._redeem(newer)
        if granted.refresh_token and granted.refresh_token != current:
            self._store.replace(new=granted.refresh_token, old=current)
        return granted

    def _redeem(self, refresh_token: str) -> Granted:
        try:
            return self._redeemed(refresh_token)
        except (AuthFailed, ConsentMissing) as error:
            if not self._customer or error.code not in CUSTOMERS_OWN:
                raise
            # Only this customer is closed: without the application's consent, or by a policy of its own.
            raise ConsentMissing(
                error.message,
                permission="application consent in the customer's tenant",
                next_step="Give the application consent in this customer's tenant, and check its policies.",
                code=error.code,
                correlation_id=error.correlation_id,
            ) from error

    def _redeemed(self, refresh_token: str) -> Granted:
        scopes = self._entra.scopes

        def question(app: object) -> object:
            return app.acquire_token_by_refresh_token(refresh_token, scopes)  # type: ignore[attr-defined]  # MSAL ships no types

        return self._entra.ask(question)
