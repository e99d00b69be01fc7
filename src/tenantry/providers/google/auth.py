"""Access tokens of a service account that speaks for an administrator, through google-auth only.

google-auth's traffic goes through ``providers/http.py``. Answers that it would retry with sleeps of its own,
or hide, are raised here in our vocabulary. One token for each set of scopes: a request that names one scope
too many fails as a whole (docs/reference/google-directory.md section 2.2).
"""

import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import parse_qsl

from google.auth.exceptions import GoogleAuthError, RefreshError
from google.auth.transport import Request
from google.oauth2.service_account import Credentials

from tenantry.providers.errors import (
    Fault,
    Malformed,
    Misconfigured,
    ProviderError,
    Throttled,
    Unavailable,
)
from tenantry.providers.google.addresses import Endpoints
from tenantry.providers.google.credentials import ScopeSet, ServiceAccountKey
from tenantry.providers.google.refusals import TROUBLE, refusal
from tenantry.providers.http import HttpClient
from tenantry.providers.texts import address_of

_RENEW_BEFORE_END: Final = 300.0
_REMEMBER_REFUSAL: Final = 60.0
_QUIET_WHEN_UNSAID: Final = 30.0
_LIFETIME: Final = 3599.0


@dataclass(frozen=True, slots=True)
class LoginAnswer:
    """An answer in the shape that google-auth expects."""

    status: int
    headers: Mapping[str, str]
    data: bytes


class LoginRequests(Request):
    """google-auth's transport. 429, 5xx and what is not JSON never reach it: it would sleep, or show the text.

    Raises ``Throttled``, ``Unavailable``, ``Malformed``, ``Misconfigured``.
    """

    def __init__(self, client: HttpClient) -> None:
        self._client = client

    def __call__(
        self,
        url: str,
        method: str = "GET",
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,  # noqa: ARG002 (the client has limits of its own)
        **_: Any,
    ) -> LoginAnswer:
        """Send what google-auth asks for."""
        form = dict(parse_qsl((body or b"").decode("ascii")))
        answer = self._client.send(method, url, headers=headers, form=form or None)
        if answer.status == 429:  # noqa: PLR2004 (Too Many Requests)
            after = answer.retry_after if answer.retry_after is not None else _QUIET_WHEN_UNSAID
            raise Throttled("Google's sign-in answers too many requests (429).", after=after, status=429)
        if answer.status >= 500 or answer.status == 408:  # noqa: PLR2004 (server errors, timeout)
            raise Unavailable(f"Google's sign-in failed: {answer.status}.", status=answer.status)
        document = _json_object(answer.body)
        if document is None:
            raise Malformed(
                f"Google's sign-in did not answer with JSON ({answer.status}); perhaps a proxy answered in its place.",
                where=answer.where,
                status=answer.status,
                fault=Fault.NETWORK,
            )
        if answer.status != 200 and {str(document.get(name)) for name in ("error", "error_description")} & TROUBLE:  # noqa: PLR2004 (OK)
            raise Unavailable("Google's sign-in has trouble.", status=answer.status)
        return LoginAnswer(answer.status, answer.headers, answer.body)


def _json_object(body: bytes) -> Mapping[str, object] | None:
    try:
        value = json.loads(body.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


@dataclass(slots=True)
class _Held:
    """What is at hand for one set of scopes."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    token: str = field(default="", repr=False)
    good_until: float = 0.0
    refused: ProviderError | None = None
    refused_until: float = 0.0


class DelegatedTokens:
    """Tokens for ``subject``, an administrator, one for each set of scopes. Safe to call from several threads.

    A refusal that only a person can mend is remembered for a minute. Raises ``Misconfigured`` for a subject
    that is no address, and for a key that does not fit the addresses.
    """

    def __init__(
        self,
        endpoints: Endpoints,
        key: ServiceAccountKey,
        subject: str,
        http: HttpClient,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.subject = address_of(subject)
        if self.subject.count("@") != 1:
            raise Misconfigured(
                "The administrator to speak for is not a mail address.",
                next_step="Give the address of an administrator of the Admin console.",
            )
        self._key = key
        self._info = key.for_google_auth(endpoints)
        self._requests = LoginRequests(http)
        self._clock = clock
        self._held = {each: _Held() for each in ScopeSet}

    def access_token(self, scopes: ScopeSet) -> str:
        """Return a token that is good for a while, signing in if need be. Raises ``ProviderError``."""
        held = self._held[scopes]
        with held.lock:
            if held.token and self._clock() < held.good_until:
                return held.token
            return self._signed_in(scopes, held)

    def renew(self, scopes: ScopeSet, rejected: str) -> str:
        """Return a token other than ``rejected``, which a service refused. Raises ``ProviderError``."""
        held = self._held[scopes]
        with held.lock:
            if held.token and held.token != rejected:
                return held.token
            return self._signed_in(scopes, held)

    def _signed_in(self, scopes: ScopeSet, held: _Held) -> str:
        if held.refused is not None and self._clock() < held.refused_until:
            raise held.refused
        held.token, held.refused = "", None
        try:
            held.token, lifetime = self._granted(scopes)
        except ProviderError as error:
            if error.stops_run:
                held.refused, held.refused_until = error, self._clock() + _REMEMBER_REFUSAL
            raise
        # A token that lives shorter than ten minutes is used for half its life.
        held.good_until = self._clock() + lifetime - min(_RENEW_BEFORE_END, lifetime / 2)
        return held.token

    def _granted(self, scopes: ScopeSet) -> tuple[str, float]:
        credentials = Credentials.from_service_account_info(  # type: ignore[no-untyped-call]  # google-auth is half typed
            self._info, scopes=list(scopes.scopes), subject=self.subject
        )
        try:
            credentials.refresh(self._requests)
        except RefreshError as error:
            document = error.args[1] if len(error.args) > 1 and isinstance(error.args[1], dict) else {}
            raise refusal(document, scopes, client_id=self._key.client_id) from error
        except (GoogleAuthError, ValueError, TypeError, LookupError, AttributeError, ArithmeticError) as error:
            raise _odd(type(error).__name__) from error
        token = credentials.token
        if not isinstance(token, str) or not token.isascii() or not token.isprintable() or " " in token or not token:
            raise _odd("no access token")
        return token, _lifetime(credentials.expiry)


def _lifetime(expiry: datetime | None) -> float:
    """Return how many seconds are left until ``expiry``, which google-auth writes in UTC without saying so."""
    if expiry is None:
        return _LIFETIME
    left = (expiry.replace(tzinfo=UTC) - datetime.now(tz=UTC)).total_seconds()
    return min(max(left, 0.0), _LIFETIME)


def _odd(what: str) -> Malformed:
    return Malformed(f"Google's sign-in answered something that cannot be understood ({what}).", where="the token")
