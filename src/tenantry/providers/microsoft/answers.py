"""What Partner Center's answers mean: its bodies as JSON, its refusals as the failure vocabulary.

Sources: docs/reference/partner-center.md section 4 (byte-order mark), section 12 (two error shapes, the gateway's
third, empty bodies with the message in the reason phrase) and section 17 (what is uncertain).
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from tenantry.providers.errors import (
    AuthFailed,
    Conflict,
    ConsentMissing,
    Fault,
    Malformed,
    NotFound,
    ProviderError,
    Throttled,
    Unavailable,
)
from tenantry.providers.http import Answer
from tenantry.providers.microsoft.codes import (
    CODE_WRONG_AUDIENCE,
    GONE,
    MFA_REFUSED,
    NO_RIGHT,
    REFUSED_ROLES,
    STALE_ETAG,
)
from tenantry.providers.microsoft.refusals import SIGN_IN_AGAIN
from tenantry.providers.texts import excerpt

_QUIET_WHEN_UNSAID: Final = 30
_NO_CODE: Final = 10**9
_SLOW_DOWN = re.compile(r"rate limit|throttl|too many requests|call volume quota", re.IGNORECASE)
_SAID_SECONDS = re.compile(r"in (?:(\d{1,2}):(\d{2}):)?(\d{1,4})(?: second|\.|$)", re.ASCII)
_BAD_REQUEST: Final = 400
_UNAUTHORIZED: Final = 401
_FORBIDDEN: Final = 403
_NOT_FOUND: Final = 404
_TIMEOUT: Final = 408
_CHANGED: Final = frozenset({409, 412})
_TOO_MANY: Final = 429
_SERVER: Final = 500


def pick(value: Mapping[str, Any], name: str) -> Any:
    """Return the member ``name``, also when it is written with other capitals; ``None`` when absent.

    Some answers are PascalCase (contracts sections 6.3, 6.8, 17 no. 13).
    """
    if name in value:
        return value[name]
    wanted = name.lower()
    return next((member for key, member in value.items() if key.lower() == wanted), None)


def json_of(answer: Answer) -> Any:
    """Return the JSON value of a successful answer, with or without byte-order mark.

    Raises ``Malformed`` when it is none.
    """
    try:
        return _parsed(answer)
    except (ValueError, RecursionError) as error:
        kind = answer.headers.get("content-type", "no type")[:60]
        raise Malformed(
            f"The answer to {answer.where} is not JSON ({len(answer.body)} bytes, {kind}).",
            where=answer.where,
            status=answer.status,
            **_ids(answer),
        ) from error


def _parsed(answer: Answer) -> Any:
    return json.loads(answer.body.decode("utf-8-sig"))


def _ids(answer: Answer) -> dict[str, str]:
    return {
        "request_id": answer.headers.get("ms-requestid", "")[:64],
        "correlation_id": answer.headers.get("ms-correlationid", "")[:64],
    }


@dataclass(frozen=True, slots=True)
class Refusal:
    """The parts of a refusing answer. ``retryable`` is what the newer shape says, ``None`` when silent.

    ``foreign`` is whether a body came that Partner Center does not write: something between answered.
    """

    code: int | None
    text: str
    retryable: bool | None
    foreign: bool


def refusal_in(answer: Answer) -> Refusal:
    """Take a refusing answer apart: either JSON shape, the gateway's, an empty body, or a foreign one."""
    try:
        body = _parsed(answer) if answer.body.strip() else {}
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        shown = "" if b"<" in answer.body[:200] else answer.body[:400].decode("utf-8-sig", "replace")
        return Refusal(None, excerpt(shown) or excerpt(answer.reason), None, foreign=True)
    text = pick(body, "description") or pick(body, "message") or answer.reason
    retryable = pick(body, "isRetryable")
    return Refusal(
        code=_number(pick(body, "code")),
        text=excerpt(text) if isinstance(text, str) else "",
        retryable=retryable if isinstance(retryable, bool) else None,
        foreign=False,
    )


def _number(value: object) -> int | None:
    # Documented as a string, seen as a number: contracts section 12.1.
    if isinstance(value, str) and re.fullmatch(r"\d{1,9}", value.strip(), re.ASCII):
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _NO_CODE:
        return value
    return None


def token_was_rejected(answer: Answer) -> bool:
    """Whether a fresh token may help: a 401 that is neither about the audience nor about MFA."""
    if answer.status != _UNAUTHORIZED:
        return False
    refusal = refusal_in(answer)
    return refusal.code != CODE_WRONG_AUDIENCE and not _is_about_mfa(refusal, answer)


def _is_about_mfa(refusal: Refusal, answer: Answer) -> bool:
    said = f"{refusal.text} {answer.reason}"
    return refusal.code == MFA_REFUSED or re.search(r"\bMFA\b|multi-?factor", said, re.IGNORECASE) is not None


def classify(answer: Answer) -> ProviderError:
    """Return the error that an answer other than 200 stands for."""
    refusal = refusal_in(answer)
    error = _classified(answer, refusal)
    error.status = answer.status
    error.code = str(refusal.code) if refusal.code is not None else ""
    ids = _ids(answer)
    error.request_id, error.correlation_id = ids["request_id"], ids["correlation_id"]
    if refusal.retryable is not None:
        error.retryable = refusal.retryable
    return error


def _classified(answer: Answer, refusal: Refusal) -> ProviderError:
    status = answer.status
    if status == _TOO_MANY or (status == _FORBIDDEN and _is_throttle(answer, refusal)):
        return _throttled(answer, refusal)
    if status == _TIMEOUT or status >= _SERVER:
        return Unavailable(_sentence(answer, refusal, "Partner Center has trouble"))
    if status < _BAD_REQUEST or (refusal.foreign and status != _UNAUTHORIZED):
        return _foreign(answer, refusal)
    return _refused(answer, refusal)


def _refused(answer: Answer, refusal: Refusal) -> ProviderError:
    """Return the error for a 4xx that Partner Center itself wrote."""
    status = answer.status
    if status == _UNAUTHORIZED:
        return _unauthorized(answer, refusal)
    if status == _NOT_FOUND or (status == _FORBIDDEN and refusal.code in GONE):
        return NotFound(_sentence(answer, refusal, GONE.get(refusal.code or 0, "There is no such object")))
    if status in _CHANGED or refusal.code == STALE_ETAG:
        return Conflict(_sentence(answer, refusal, "The object is being changed by somebody else"))
    if status == _FORBIDDEN or refusal.code in REFUSED_ROLES:
        return _forbidden(answer, refusal)
    return Malformed(
        _sentence(answer, refusal, "Partner Center does not accept the request"),
        where=answer.where,
        fault=Fault.OURS,
        retryable=False,
        next_step="Report this with the request id: the program asked for something wrong.",
    )


def _sentence(answer: Answer, refusal: Refusal, meaning: str) -> str:
    code = f", code {refusal.code}" if refusal.code is not None else ""
    says = f" It says: {refusal.text}" if refusal.text else ""
    return f"{meaning} ({answer.where}: {answer.status}{code}).{says}"


def _is_throttle(answer: Answer, refusal: Refusal) -> bool:
    if answer.retry_after is not None:
        return True
    return refusal.code is None and _SLOW_DOWN.search(refusal.text) is not None


def _throttled(answer: Answer, refusal: Refusal) -> Throttled:
    after = answer.retry_after
    if after is None:
        said = _SAID_SECONDS.search(refusal.text)
        hours, minutes, seconds = (int(part or 0) for part in said.groups()) if said else (0, 0, _QUIET_WHEN_UNSAID)
        after = float(hours * 3600 + minutes * 60 + seconds)
    return Throttled(_sentence(answer, refusal, f"Too many requests; wait {after:g} seconds"), after=after)


def _foreign(answer: Answer, refusal: Refusal) -> ProviderError:
    return Unavailable(
        _sentence(answer, refusal, "The answer is not one of Partner Center's; something between gave it"),
        fault=Fault.NETWORK,
        next_step="Nothing at first: it is retried. If it stays, look at the proxy or firewall in between.",
    )


def _unauthorized(answer: Answer, refusal: Refusal) -> AuthFailed:
    if refusal.code == CODE_WRONG_AUDIENCE:
        return AuthFailed(
            _sentence(answer, refusal, "The token is for another service than Partner Center"),
            next_step="Check the cloud on the connection: tokens and addresses must be of the same one.",
        )
    if _is_about_mfa(refusal, answer):
        return AuthFailed(
            _sentence(answer, refusal, "The service user signed in without multifactor authentication"),
            next_step="Run `tenantry connect microsoft` again and sign in with multifactor authentication.",
        )
    return AuthFailed(
        _sentence(answer, refusal, "Partner Center rejects the sign-in, also with a fresh token"),
        next_step="Check that the application is added in Partner Center (App management). " + SIGN_IN_AGAIN,
    )


def _forbidden(answer: Answer, refusal: Refusal) -> ConsentMissing:
    role = REFUSED_ROLES.get(refusal.code or 0, NO_RIGHT)
    return ConsentMissing(
        _sentence(answer, refusal, role.sentence),
        permission=role.permission,
        next_step=role.next_step,
        stops_run=role.stops_run,
    )
