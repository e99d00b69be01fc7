"""One logical call to a Google API: pace, sign-in, retries, and the meaning of the answer.

Sources: docs/reference/google-directory.md sections 13.3 (retries) and 13.4 (budget).
"""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol, TypeVar

import stamina

from tenantry.providers.base import CallBudget
from tenantry.providers.errors import Conflict, CursorExpired, ProviderError, Throttled
from tenantry.providers.google.answers import Call, classify, json_of, token_was_rejected
from tenantry.providers.google.credentials import ScopeSet
from tenantry.providers.http import Answer, HttpClient
from tenantry.providers.pacing import AdaptiveConcurrency
from tenantry.providers.patience import Patience

T = TypeVar("T")

GOOGLES_PATIENCE: Final = Patience(waits=(1.0, 2.0, 4.0, 8.0, 16.0), longest_wait=64.0, total=180.0)
_OK: Final = 200
_EMPTY: Final = 204


class TokenSource(Protocol):
    """Where a client of Google's APIs gets its access tokens. Safe to call from several threads."""

    def access_token(self, scopes: ScopeSet) -> str:
        """Return a token that is good for a while. Raises ``ProviderError``."""

    def renew(self, scopes: ScopeSet, rejected: str) -> str:
        """Return a token other than ``rejected``, which a service refused. Raises ``ProviderError``."""


@dataclass(slots=True)
class _Attempts:
    """What the attempts of one call share. ``asked`` is the quiet that the last answer asked for.

    With a ``body`` it is a POST.
    """

    call: Call
    path: str
    params: Mapping[str, str]
    budget: CallBudget | None = None
    body: Mapping[str, object] | None = None
    asked: float = 0.0


class Calls:
    """Makes calls for one connection. Thread-safe. Customers of a reseller share one subject, and so one budget."""

    def __init__(
        self,
        *,
        tokens: TokenSource,
        budget: CallBudget,
        http: HttpClient,
        concurrency: AdaptiveConcurrency,
        patience: Patience,
    ) -> None:
        self._tokens = tokens
        self._budget = budget
        self._http = http
        self._concurrency = concurrency
        self._patience = patience

    def get(
        self,
        call: Call,
        path: str,
        read: Callable[[Any], T],
        *,
        params: Mapping[str, str] | None = None,
        budget: CallBudget | None = None,
    ) -> T:
        """Return ``read`` of the JSON value at ``path`` of the service.

        ``read`` may raise ``Malformed``: the call is then repeated like after a server error, unless the error
        says that it is not retryable. ``budget`` is one for this service, taken besides the connection's.
        Raises any ``ProviderError``.
        """
        return self._tried(_Attempts(call, path, params or {}, budget), read)

    def post(
        self, call: Call, path: str, body: Mapping[str, object], *, params: Mapping[str, str] | None = None
    ) -> Any:  # fmt: skip
        """Send ``body`` and return the JSON value of the answer, ``None`` where it is empty. Raises like :meth:`get`.

        It may be sent more than once: only for what may be.
        """
        return self._tried(_Attempts(call, path, params or {}, body=body), lambda value: value)

    def _tried(self, attempts: _Attempts, read: Callable[[Any], T]) -> T:
        patience = self._patience
        for attempt in stamina.retry_context(
            on=self._again(attempts), attempts=len(patience.waits) + 1, timeout=patience.total
        ):
            with attempt:
                answer = self._authorized(attempts)
                return read(None if answer.status == _EMPTY else json_of(answer))
        raise AssertionError("the last attempt returns or raises")

    def _authorized(self, attempts: _Attempts) -> Answer:
        call = attempts.call
        token = self._tokens.access_token(call.scopes)
        answer = self._sent(attempts, token)
        if token_was_rejected(answer):
            answer = self._sent(attempts, self._tokens.renew(call.scopes, token))
        if answer.status == _OK or (answer.status == _EMPTY and attempts.body is not None):
            self._concurrency.succeeded()
            return answer
        error = classify(answer, call)
        attempts.asked = answer.retry_after or 0.0
        if isinstance(error, Throttled):
            attempts.asked = error.after
            self._concurrency.throttled()
            (attempts.budget or self._budget).throttled(after=error.after)
        raise error

    def _sent(self, attempts: _Attempts, token: str) -> Answer:
        # Without prettyPrint=false every answer is indented: a third more bytes for nothing.
        asked = {**attempts.params, "alt": "json", "prettyPrint": "false"}
        headers = {"Accept": "application/json", "Authorization": f"Bearer {token}"}
        attempts.asked = 0.0
        self._budget.acquire()
        if attempts.budget is not None:
            attempts.budget.acquire()
        with self._concurrency:
            method, url = "GET" if attempts.body is None else "POST", attempts.call.service.base + attempts.path
            return self._http.send(method, url, headers=headers, params=asked, json=attempts.body)

    def _again(self, attempts: _Attempts) -> Callable[[Exception], bool | float]:
        steps = iter(self._patience.waits)

        def hook(error: Exception) -> bool | float:
            if not isinstance(error, ProviderError) or not error.retryable:
                return False
            if isinstance(error, Conflict | CursorExpired):
                return False
            step = next(steps, None)
            asked = attempts.asked
            if step is None or asked > self._patience.longest_wait:
                return False
            return max(asked, step) + random.uniform(0.0, min(1.0, step))  # noqa: S311 (spreads retries, keeps no secret)

        return hook
