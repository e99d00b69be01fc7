"""What Google's answers mean: its bodies as JSON, its refusals as the failure vocabulary.

Sources: docs/reference/google-directory.md section 13 (the classic body, the newer one with ``status`` and
``details``, plain text and pages of HTML).
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from tenantry.providers.errors import (
    AuthFailed,
    Conflict,
    ConsentMissing,
    Fault,
    Malformed,
    Misconfigured,
    NotFound,
    ProviderError,
    Throttled,
    Unavailable,
)
from tenantry.providers.google.addresses import Service
from tenantry.providers.google.credentials import ScopeSet
from tenantry.providers.google.reasons import BY_REASON, BY_STATUS, PLAIN_TEXTS, Meaning
from tenantry.providers.http import Answer
from tenantry.providers.texts import excerpt

DELETED_CODE: Final = "deleted"
_DAY_LOST: Final = 3600.0
_BAD_REQUEST: Final = 400
_UNAUTHORIZED: Final = 401
_SERVER: Final = 500


@dataclass(frozen=True, slots=True)
class Call:
    """What was asked: of which service, with which rights."""

    service: Service
    scopes: ScopeSet


@dataclass(frozen=True, slots=True)
class Refusal:
    """The parts of a refusing answer. ``foreign`` is whether a body came that Google's APIs do not write."""

    reason: str
    text: str
    meaning: Meaning | None
    foreign: bool = False


def json_of(answer: Answer) -> Any:
    """Return the JSON value of a successful answer. Raises ``Malformed`` when it is none."""
    try:
        return json.loads(answer.body.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        kind = answer.headers.get("content-type", "no type")[:60]
        raise Malformed(
            f"The answer to {answer.where} is not JSON ({len(answer.body)} bytes, {kind}).",
            where=answer.where,
            status=answer.status,
        ) from error


def refusal_in(answer: Answer) -> Refusal:
    """Take a refusing answer apart: the classic body, the newer one, plain text, or a foreign page."""
    try:
        body = json.loads(answer.body.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return _plain(answer)
    error = body.get("error") if isinstance(body, dict) else None
    if not isinstance(error, dict):
        return _plain(answer)
    text = error.get("message")
    reasons = [*_reasons(error.get("errors")), *_reasons(error.get("details")), *_texts(error.get("status"))]
    known = next((each for each in reasons if each in BY_REASON), "")
    reason = known or next(iter(reasons), "")
    said = excerpt(text) if isinstance(text, str) else ""
    return Refusal(reason, said, _meaning(known, said))


def _meaning(reason: str, text: str) -> Meaning | None:
    if reason == "conditionNotMet" and "user is deleted" in text.lower():
        return Meaning.DELETED
    return BY_REASON.get(reason)


def _reasons(listed: object) -> list[str]:
    found = listed if isinstance(listed, list) else []
    return [text for each in found if isinstance(each, dict) for text in _texts(each.get("reason"))]


def _texts(value: object) -> list[str]:
    return [excerpt(value)] if isinstance(value, str) and value else []


def _plain(answer: Answer) -> Refusal:
    shown = "" if b"<" in answer.body[:200] else excerpt(answer.body[:400].decode("utf-8-sig", "replace"))
    known = next((each.meaning for each in PLAIN_TEXTS if shown.lower().startswith(each.start)), None)
    return Refusal("", shown or excerpt(answer.reason), known, foreign=known is None)


def token_was_rejected(answer: Answer) -> bool:
    """Whether a fresh token may help."""
    return answer.status == _UNAUTHORIZED


def classify(answer: Answer, call: Call) -> ProviderError:
    """Return the error that an answer other than 200 stands for."""
    refusal = refusal_in(answer)
    error = _classified(answer, refusal, call)
    error.status = answer.status
    error.code = error.code or refusal.reason
    return error


def _classified(answer: Answer, refusal: Refusal, call: Call) -> ProviderError:
    if answer.status >= _SERVER and refusal.meaning is not Meaning.THROTTLE:
        return Unavailable(_sentence(answer, refusal, "Google has trouble"))
    if refusal.meaning is None and (refusal.foreign or answer.status < _BAD_REQUEST):
        if answer.status == 429:  # noqa: PLR2004 (whoever says it, it is meant)
            return _throttled(answer, refusal, call)
        return Unavailable(
            _sentence(answer, refusal, "The answer is not one of Google's APIs; something between gave it"),
            fault=Fault.NETWORK,
            next_step="Nothing at first: it is retried. If it stays, look at the proxy or firewall in between.",
        )
    meaning = refusal.meaning or BY_STATUS.get(answer.status, Meaning.REQUEST)
    return _MAKERS[meaning](answer, refusal, call)


def _sentence(answer: Answer, refusal: Refusal, meaning: str) -> str:
    reason = f", {refusal.reason}" if refusal.reason else ""
    says = f" It says: {refusal.text}" if refusal.text else ""
    return f"{meaning} ({answer.where}: {answer.status}{reason}).{says}"


def _throttled(answer: Answer, refusal: Refusal, call: Call) -> Throttled:
    after = call.service.quiet if answer.retry_after is None else answer.retry_after
    return Throttled(_sentence(answer, refusal, "Google asks to slow down"), after=after)


def _daily(answer: Answer, refusal: Refusal, _: Call) -> Throttled:
    return Throttled(_sentence(answer, refusal, "The calls allowed for today are used up"), after=_DAY_LOST)


def _trouble(answer: Answer, refusal: Refusal, _: Call) -> Unavailable:
    return Unavailable(_sentence(answer, refusal, "Google has trouble"))


def _token(answer: Answer, refusal: Refusal, _: Call) -> AuthFailed:
    return AuthFailed(
        _sentence(answer, refusal, "Google rejects the sign-in, also with a fresh token"),
        next_step="Check the service account's key, the administrator's address and the delegation.",
    )


def _scope(answer: Answer, refusal: Refusal, call: Call) -> ConsentMissing:
    wanted = ", ".join(call.scopes.scopes)
    return ConsentMissing(
        _sentence(answer, refusal, "The token lacks a scope"),
        permission=wanted,
        next_step=f"Grant {wanted} to the service account in the Admin console, Domain-wide delegation.",
        stops_run=True,
    )


def _api_off(answer: Answer, refusal: Refusal, call: Call) -> ConsentMissing:
    return ConsentMissing(
        _sentence(answer, refusal, f"Google's {call.service.name} API is not enabled in the service account's project"),
        permission=f"the {call.service.name} API, enabled in the project",
        next_step=f"Enable the {call.service.name} API in the Google Cloud console of the service account's project.",
        stops_run=True,
    )


def _customer(answer: Answer, refusal: Refusal, call: Call) -> ConsentMissing:
    return ConsentMissing(
        _sentence(answer, refusal, "This customer is closed to the connection"),
        permission=f"access to the customer through the {call.service.name} API",
        next_step="Check that the customer is still resold by you and allows its reseller access, and that the "
        "administrator on the connection has the privilege.",
    )


def _not_found(answer: Answer, refusal: Refusal, _: Call) -> NotFound:
    return NotFound(_sentence(answer, refusal, "There is no such object"))


def _deleted(answer: Answer, refusal: Refusal, _: Call) -> NotFound:
    return NotFound(_sentence(answer, refusal, "The person is deleted"), code=DELETED_CODE)


def _conflict(answer: Answer, refusal: Refusal, _: Call) -> Conflict:
    return Conflict(_sentence(answer, refusal, "The object is being changed, or is not complete yet"))


def _request(answer: Answer, refusal: Refusal, _: Call) -> Malformed:
    return Malformed(
        _sentence(answer, refusal, "Google does not accept the request"),
        where=answer.where,
        fault=Fault.OURS,
        retryable=False,
        next_step="Report this: the program asked for something wrong.",
    )


def _address(answer: Answer, refusal: Refusal, _: Call) -> Misconfigured:
    return Misconfigured(
        _sentence(answer, refusal, "Google does not send to this installation's address"),
        next_step="Set TENANTRY_URL to an https address that the Internet reaches, with a certificate that is trusted.",
    )


_MAKERS: Final[Mapping[Meaning, Callable[[Answer, Refusal, Call], ProviderError]]] = {
    Meaning.THROTTLE: _throttled,
    Meaning.DAILY: _daily,
    Meaning.TROUBLE: _trouble,
    Meaning.TOKEN: _token,
    Meaning.SCOPE: _scope,
    Meaning.API_OFF: _api_off,
    Meaning.CUSTOMER: _customer,
    Meaning.NOT_FOUND: _not_found,
    Meaning.DELETED: _deleted,
    Meaning.CONFLICT: _conflict,
    Meaning.REQUEST: _request,
    Meaning.ADDRESS: _address,
}
