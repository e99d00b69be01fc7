"""What Graph's refusals mean: ``{"error": {"code", "message", "innerError"}}``, contract section 14."""

import json
from typing import Final

from tenantry.providers.errors import (
    AuthFailed,
    Conflict,
    ConsentMissing,
    CursorExpired,
    Fault,
    Malformed,
    NotFound,
    ProviderError,
    Throttled,
    Unavailable,
)
from tenantry.providers.http import Answer
from tenantry.providers.texts import excerpt

_QUIET_WHEN_UNSAID: Final = 10.0
_NEXT: Final = (
    "Ask the customer for a GDAP relationship with the Directory Readers role, and give application consent there."
)
_STALE: Final = frozenset(
    {
        "resyncRequired",
        "syncStateNotFound",
        "syncStateInvalid",
        "Directory_ExpiredPageToken",
        "Directory_ResyncRequired",
    }
)
_TROUBLE: Final = frozenset({408, 500, 502, 503, 504, 509})


def classify_graph(answer: Answer) -> ProviderError:
    """Return the error that an answer of Graph other than 200 stands for."""
    code, text, foreign = _refusal(answer)
    error = _classified(answer, code, text, foreign=foreign)
    error.status, error.code = answer.status, code
    error.request_id = answer.headers.get("request-id", "")[:64]
    error.correlation_id = answer.headers.get("client-request-id", "")[:64]
    return error


def _refusal(answer: Answer) -> tuple[str, str, bool]:
    """Return code and message of a refusal, and whether something other than Graph wrote it."""
    try:
        body = json.loads(answer.body.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        body = None
    error = body.get("error") if isinstance(body, dict) else None
    if not isinstance(error, dict):
        return "", excerpt(answer.reason), bool(answer.body.strip())
    code, text = error.get("code"), error.get("message")
    return (
        excerpt(code)[:80] if isinstance(code, str) else "",
        excerpt(text) if isinstance(text, str) else "",
        False,
    )


def _classified(answer: Answer, code: str, text: str, *, foreign: bool) -> ProviderError:
    says = f" It says: {text}" if text else ""
    where = f"({answer.where}: {answer.status}{f', {code}' if code else ''}).{says}"
    if answer.status == 429:  # noqa: PLR2004 (Too Many Requests)
        after = _QUIET_WHEN_UNSAID if answer.retry_after is None else answer.retry_after
        return Throttled(f"Graph asks to slow down {where}", after=after)
    if answer.status in _TROUBLE or answer.status >= 500:  # noqa: PLR2004 (server errors)
        return Unavailable(f"Graph has trouble {where}")
    if answer.status == 410 or code in _STALE:  # noqa: PLR2004 (Gone)
        return CursorExpired(f"Graph no longer knows the position in the listing {where}")
    if (foreign and answer.status != 401) or answer.status < 400:  # noqa: PLR2004 (Unauthorized; refusals)
        return Unavailable(f"The answer is not one of Graph's {where}", fault=Fault.NETWORK)
    return _refused(answer, where)


def _refused(answer: Answer, where: str) -> ProviderError:
    if answer.status == 401:  # noqa: PLR2004 (Unauthorized)
        # Each tenant has its own token: one that is refused says nothing about the others.
        return AuthFailed(f"Graph rejects the sign-in to this tenant {where}", next_step=_NEXT, stops_run=False)
    if answer.status == 403:  # noqa: PLR2004 (Forbidden)
        return ConsentMissing(
            f"This tenant is closed to the connection {where}", permission="User.Read.All", next_step=_NEXT
        )
    if answer.status == 404:  # noqa: PLR2004 (Not Found)
        return NotFound(f"There is no such object {where}")
    if answer.status in {409, 412}:
        return Conflict(f"The object is being changed by somebody else {where}")
    return Malformed(
        f"Graph does not accept the request {where}",
        where=answer.where,
        fault=Fault.OURS,
        retryable=False,
        next_step="Report this with the request id: the program asked for something wrong.",
    )
