"""Carrying out a fault: the answer it gives instead, or what it makes of the service's answer."""

import gzip
import json
from collections.abc import Callable
from typing import Any, Final

from tenantry.emulator.faults import Fault, FaultKind
from tenantry.emulator.messages import BOM, Answer, Delivery, compact, json_answer

_MEGABYTE: Final = 1024 * 1024
_HTML: Final = (
    b"<!DOCTYPE html><html><head><title>Service unavailable</title></head>"
    b"<body><h2>Our services aren't available right now</h2><p>We're working to restore all services as soon as "
    b"possible. Please check back soon.</p></body></html>"
)


def gateway_refusal(seconds: int, *, status: int = 429) -> Answer:
    """Return how the gateway in front of the service says that there were too many calls."""
    text = f"Rate limit is exceeded. Try again in {seconds} seconds."
    if status != 429:  # noqa: PLR2004 (the quota's refusal is a 403 with this text)
        text = f"Out of call volume quota. Quota will be replenished in 00:{seconds // 60:02}:{seconds % 60:02}."
    answer = json_answer({"statusCode": status, "message": text}, status=status)
    answer.headers.append(("Retry-After", str(seconds)))
    return answer


def instead(fault: Fault) -> Answer | None:
    """Return the answer that ``fault`` gives in the service's place, or ``None`` for a fault that spoils one."""
    seconds = 1 if fault.retry_after is None else fault.retry_after
    if fault.kind is FaultKind.THROTTLE:
        return gateway_refusal(seconds)
    if fault.kind is FaultKind.FORBIDDEN_THROTTLE:
        return gateway_refusal(seconds, status=403)
    if fault.kind is FaultKind.EXPIRED_TOKEN:
        answer = json_answer(
            {"code": 400, "description": "Access denied.", "data": [], "source": "PartnerFD"}, status=401
        )
        answer.headers.append(
            ("WWW-Authenticate", 'Bearer error="invalid_token", error_description="The token expired"')
        )
        return answer
    if fault.kind is FaultKind.REASON:
        text = fault.text or "The supplied role does not have the rights to perform the requested operation"
        return Answer(fault.status, reason=text)
    if fault.kind is FaultKind.STATUS:
        answer = _status(fault)
        if fault.retry_after is not None:
            answer.headers.append(("Retry-After", str(fault.retry_after)))
        return answer
    return None


def _status(fault: Fault) -> Answer:
    if fault.body == "html":
        return Answer(fault.status, _HTML, [("Content-Type", "text/html")])
    if fault.body == "text":
        return Answer(fault.status, (fault.text or "upstream connect error").encode(), [("Content-Type", "text/plain")])
    text = fault.text or "An internal error occurred."
    if fault.body == "json":
        body = {"code": fault.code, "description": text, "data": [], "source": "PartnerFD"}
        return json_answer(body, status=fault.status)
    if fault.body == "new":
        return json_answer(new_error(fault.code, text, retryable=fault.retryable), status=fault.status)
    return Answer(fault.status)


def new_error(code: int, text: str, *, retryable: bool) -> dict[str, Any]:
    """Return an error as the newer parts of the service write it."""
    return {
        "code": code, "message": text, "description": text, "errorName": "ServiceError", "isRetryable": retryable,
        "parameters": {}, "errorMessageExtended": f"InternalErrorCode={code}",
    }  # fmt: skip


def spoiled(fault: Fault, answer: Answer, previous: bytes | None) -> Answer:
    """Return what ``fault`` makes of the service's ``answer``. ``previous`` is the body of the last list answer."""
    delivering = _DELIVERIES.get(fault.kind)
    if delivering is not None:
        answer.delivery = delivering(fault, len(answer.body))
        return answer
    if fault.kind is FaultKind.MALFORMED:
        answer.body = answer.body[: max(1, int(len(answer.body) * fault.share))]
    elif fault.kind is FaultKind.REPEAT and previous is not None:
        answer.body = previous
    elif fault.kind in {FaultKind.GZIP, FaultKind.BOMB}:
        plain = answer.body if fault.kind is FaultKind.GZIP else answer.body + b" " * (fault.megabytes * _MEGABYTE)
        answer.body = gzip.compress(plain)
        answer.headers.extend([("Content-Encoding", "gzip"), ("Vary", "Accept-Encoding")])
    elif fault.kind in _REWRITES:
        _rewrite(fault, answer)
    return answer


_DELIVERIES: Final[dict[FaultKind, Callable[[Fault, int], Delivery]]] = {
    FaultKind.SLOW: lambda fault, _: Delivery(wait=fault.seconds),
    FaultKind.DRIP: lambda fault, _: Delivery(piece=fault.piece, pause=fault.seconds),
    FaultKind.CUT: lambda fault, length: Delivery(cut_after=int(length * fault.share)),
    FaultKind.RESET: lambda _fault, _: Delivery(cut_after=-1),
}


def _rewrite(fault: Fault, answer: Answer) -> None:
    try:
        content = json.loads(answer.body.decode("utf-8-sig"))
    except ValueError:
        return  # nothing to rewrite: an empty or broken answer stays as it is
    if not isinstance(content, dict):
        return
    _REWRITES[fault.kind](fault, content)
    mark = BOM if answer.body.startswith(BOM) else b""
    answer.body = mark + compact(content)


def _list_in(content: dict[str, Any]) -> str:
    """Return the member that has the rows: Graph's lists call it otherwise."""
    return "value" if isinstance(content.get("value"), list) else "items"


def _records(content: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the records of a list, or the record."""
    rows: list[dict[str, Any]] = content.get(_list_in(content), [content])
    return rows


def _put(content: dict[str, Any], rows: list[dict[str, Any]]) -> None:
    content[_list_in(content)] = rows
    if "totalCount" in content:
        content["totalCount"] = len(rows)


def _without_next(content: dict[str, Any]) -> None:
    content.pop("continuationToken", None)
    content.pop("@odata.nextLink", None)
    content.get("links", {}).pop("next", None)


def _empty(_: Fault, content: dict[str, Any]) -> None:
    _put(content, [])
    _without_next(content)


def _half(fault: Fault, content: dict[str, Any]) -> None:
    rows = content.get(_list_in(content), [])
    _put(content, rows[: int(len(rows) * fault.share)])
    _without_next(content)


def _no_list(_: Fault, content: dict[str, Any]) -> None:
    content[_list_in(content)] = {"0": "not a list"}


def _no_id(_: Fault, content: dict[str, Any]) -> None:
    for record in _records(content)[:1]:
        record.pop("id", None)
        record.get("companyProfile", {}).pop("tenantId", None)


def _wrong_types(_: Fault, content: dict[str, Any]) -> None:
    for record in _records(content):
        for name in ("userPrincipalName", "displayName", "accountEnabled", "customer"):
            if name in record:
                record[name] = 42
        record["companyProfile"] = {"tenantId": 42, "companyName": 7, "domain": ["a", "b"]}
        if "billingProfile" in record:
            record["billingProfile"] = "a text"


def _twice(_: Fault, content: dict[str, Any]) -> None:
    rows = content.get(_list_in(content), [])
    _put(content, [*rows, *(dict(row) for row in rows[-1:])])


def _skipped(_: Fault, content: dict[str, Any]) -> None:
    _put(content, content.get(_list_in(content), [])[:-1])


def _huge(fault: Fault, content: dict[str, Any]) -> None:
    content["padding"] = "x" * (fault.megabytes * _MEGABYTE)


_REWRITES: Final[dict[FaultKind, Callable[[Fault, dict[str, Any]], None]]] = {
    FaultKind.EMPTY_LIST: _empty,
    FaultKind.HALF_LIST: _half,
    FaultKind.ITEMS_NO_LIST: _no_list,
    FaultKind.NO_ID: _no_id,
    FaultKind.WRONG_TYPES: _wrong_types,
    FaultKind.EMPTY_PAGE: lambda _, content: _put(content, []),
    FaultKind.ROW_TWICE: _twice,
    FaultKind.ROW_SKIPPED: _skipped,
    FaultKind.HUGE: _huge,
}
