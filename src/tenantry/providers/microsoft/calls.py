"""One logical call to Partner Center: headers, pace, sign-in, retries, and the meaning of the answer.

Sources: docs/reference/partner-center.md section 3 (headers), section 13 (throttling and retries).
"""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import uuid4

import stamina

from tenantry.providers.base import CallBudget
from tenantry.providers.errors import (
    Conflict,
    CursorExpired,
    ProviderError,
    Throttled,
    Unavailable,
)
from tenantry.providers.http import Answer, HttpClient
from tenantry.providers.microsoft.answers import classify, json_of, token_was_rejected
from tenantry.providers.microsoft.auth import TokenSource
from tenantry.providers.pacing import AdaptiveConcurrency
from tenantry.providers.patience import Patience

T = TypeVar("T")

_OK, _CREATED, _EMPTY = 200, 201, 204
_APPLICATION_NAME = "Tenantry"


@dataclass(frozen=True, slots=True)
class _Sent:
    """What is sent: a verb, and a body as JSON or none."""

    method: str = "GET"
    body: Mapping[str, object] | None = None


_READ = _Sent()


@dataclass(slots=True)
class _Attempts:
    """What the attempts of one call share. ``asked`` is the quiet that the last answer asked for."""

    correlation_id: str
    request_id: str = field(default_factory=lambda: str(uuid4()))
    asked: float = 0.0

    def answered(self, answer: Answer | None) -> None:
        # The id makes a repeat after silence the same request; after any answer it is a new one.
        self.request_id = str(uuid4())
        self.asked = (answer.retry_after or 0.0) if answer else 0.0


class Calls:
    """Makes calls for one connection. Thread-safe. ``judge`` says what an answer other than 200 means."""

    def __init__(
        self,
        *,
        api: str,
        tokens: TokenSource,
        budget: CallBudget,
        http: HttpClient,
        concurrency: AdaptiveConcurrency,
        patience: Patience,
        judge: Callable[[Answer], ProviderError] = classify,
    ) -> None:
        self._judge = judge
        self._api = api
        self._tokens = tokens
        self._budget = budget
        self._http = http
        self._concurrency = concurrency
        self._patience = patience

    def get(
        self,
        path: str,
        read: Callable[[Any], T],
        *,
        correlation_id: str,
        headers: Mapping[str, str] | None = None,
    ) -> T:
        """Return ``read`` of the JSON value at ``path`` (with its query, after the host).

        ``read`` may raise ``Malformed``: the call is then repeated like after a server error. Raises any
        ``ProviderError``.
        """
        return self.get_answer(
            path, lambda answer: read(json_of(answer)), correlation_id=correlation_id, headers=headers
        )

    def get_answer(
        self,
        path: str,
        read: Callable[[Answer], T],
        *,
        correlation_id: str,
        headers: Mapping[str, str] | None = None,
    ) -> T:
        """Return ``read`` of the whole answer, headers included. Otherwise like :meth:`get`."""
        attempts = _Attempts(correlation_id)
        patience = self._patience
        for attempt in stamina.retry_context(
            on=self._again(attempts), attempts=len(patience.waits) + 1, timeout=patience.total
        ):
            with attempt:
                return read(self._authorized(path, attempts, headers or {}))
        raise AssertionError("the last attempt returns or raises")

    def write(self, method: str, path: str, body: Mapping[str, object] | None, read: Callable[[Any], T]) -> T:
        """Send ``body`` as JSON, once: whoever asked decides about another try. Raises any ``ProviderError``.

        ``read`` gets ``None`` where the answer is empty.
        """
        answer = self._authorized(path, _Attempts(str(uuid4())), {}, _Sent(method, body))
        return read(None if answer.status == _EMPTY else json_of(answer))

    def _authorized(self, path: str, attempts: _Attempts, headers: Mapping[str, str], what: "_Sent" = _READ) -> Answer:
        token = self._tokens.access_token()
        answer = self._sent(path, token, attempts, headers, what)
        if token_was_rejected(answer):
            token = self._tokens.renew(token)
            answer = self._sent(path, token, attempts, headers, what)
        if answer.status == _OK or (what.method != "GET" and answer.status in {_CREATED, _EMPTY}):
            self._concurrency.succeeded()
            return answer
        error = self._judge(answer)
        if isinstance(error, Throttled):
            self._concurrency.throttled()
            self._budget.throttled(after=error.after)
        raise error

    def _sent(self, path: str, token: str, attempts: _Attempts, headers: Mapping[str, str], what: "_Sent") -> Answer:
        sent = {
            **headers,
            "Accept": "application/json",
            "Authorization": f"Bearer {token}",
            "MS-RequestId": attempts.request_id,
            "MS-CorrelationId": attempts.correlation_id,
            "MS-PartnerCenter-Application": _APPLICATION_NAME,
        }
        self._budget.acquire()
        try:
            with self._concurrency:
                answer = self._http.send(what.method, self._api + path, headers=sent, json=what.body)
        except ProviderError as error:
            error.request_id, error.correlation_id = attempts.request_id, attempts.correlation_id
            if not isinstance(error, Unavailable):
                attempts.answered(None)
            raise
        attempts.answered(answer)
        return answer

    def _again(self, attempts: _Attempts) -> Callable[[Exception], bool | float]:
        steps = iter(self._patience.waits)

        def hook(error: Exception) -> bool | float:
            if not isinstance(error, ProviderError) or not error.retryable:
                return False
            if isinstance(error, Conflict | CursorExpired):
                return False
            step = next(steps, None)
            asked = error.after if isinstance(error, Throttled) else attempts.asked
            attempts.asked = 0.0
            if step is None or asked > self._patience.longest_wait:
                return False
            return asked + step * random.uniform(1.0, 1.25)  # noqa: S311 (spreads retries, keeps no secret)

        return hook
