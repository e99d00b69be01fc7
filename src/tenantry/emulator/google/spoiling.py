"""What faults look like at Google: its throttling, its errors, and what they make of its lists.

The kinds are those of ``tenantry.emulator.faults``; what they mean for Microsoft is in ``spoiling.py`` there.
"""

import json
from collections.abc import Callable
from typing import Any, Final

from tenantry.emulator.faults import Fault, FaultKind
from tenantry.emulator.google.refusals import MESSAGES, error_answer
from tenantry.emulator.messages import Answer, compact
from tenantry.emulator.spoiling import spoiled as usually_spoiled

Json = dict[str, Any]
_PAGE: Final = b"<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"
_LISTS: Final = ("users", "items", "subscriptions", "customers", "domains", "organizationUnits")


def instead(fault: Fault) -> Answer | None:
    """Return the answer that ``fault`` gives in Google's place, or ``None`` for a fault that spoils one."""
    given = _INSTEAD.get(fault.kind)
    if given is None:
        return None
    answer = given(fault)
    if fault.retry_after is not None:
        answer.headers.append(("Retry-After", str(fault.retry_after)))
    return answer


def _error(reason: str, status: int = 0, text: str = "", *, newer: bool = False) -> Answer:
    usual, message = MESSAGES.get(reason, (status or 503, "Service unavailable. Please try again"))
    return error_answer(status or usual, reason, text or message, newer=newer)


def _status(fault: Fault) -> Answer:
    if fault.body == "html":
        return Answer(fault.status, _PAGE, [("Content-Type", "text/html; charset=UTF-8")])
    if fault.body == "text":
        text = fault.text or "Request rate higher than configured."
        return Answer(fault.status, text.encode(), [("Content-Type", "text/plain")])
    if fault.body in {"json", "new"}:
        return _error(fault.reason or "backendError", fault.status, fault.text, newer=fault.body == "new")
    return Answer(fault.status)


_INSTEAD: Final[dict[FaultKind, Callable[[Fault], Answer]]] = {
    FaultKind.THROTTLE: lambda fault: _error(fault.reason or "rateLimitExceeded", 429),
    FaultKind.FORBIDDEN_THROTTLE: lambda fault: _error(fault.reason or "userRateLimitExceeded", 403),
    FaultKind.EXPIRED_TOKEN: lambda _: _error("authError"),
    FaultKind.REASON: lambda fault: Answer(fault.status, reason=fault.text or "Service Unavailable"),
    FaultKind.STATUS: _status,
    FaultKind.REFUSE: lambda fault: _error(fault.reason or "forbidden", text=fault.text),
}


def spoiled(fault: Fault, answer: Answer, previous: bytes | None) -> Answer:
    """Return what ``fault`` makes of Google's ``answer``. ``previous`` is the body of the last list answer."""
    rewrite = _REWRITES.get(fault.kind)
    if rewrite is None:
        return usually_spoiled(fault, answer, previous)
    try:
        content = json.loads(answer.body)
    except ValueError:
        return answer  # nothing to rewrite: an empty or broken answer stays as it is
    if isinstance(content, dict):
        rewrite(fault, content)
        answer.body = compact(content)
    return answer


def _rows(content: Json) -> list[Json]:
    return next((content[name] for name in _LISTS if name in content), [content] if "id" in content else [])


def _empty(_: Fault, content: Json) -> None:
    for name in _LISTS:
        content.pop(name, None)
    content.pop("nextPageToken", None)


def _empty_page(_: Fault, content: Json) -> None:
    for name in _LISTS:
        content.pop(name, None)
    content.setdefault("nextPageToken", "after-an-empty-page")


def _half(fault: Fault, content: Json) -> None:
    rows = _rows(content)
    del rows[int(len(rows) * fault.share) :]
    content.pop("nextPageToken", None)


def _no_list(_: Fault, content: Json) -> None:
    for name in _LISTS:
        if name in content:
            content[name] = {"0": "not a list"}


def _in_rows(change: Callable[[Json], None], most: int | None = 1) -> Callable[[Fault, Json], None]:
    def rewrite(_: Fault, content: Json) -> None:
        for row in _rows(content)[:most]:
            change(row)

    return rewrite


def _no_id(row: Json) -> None:
    row.pop("id", None)
    row.pop("customerId", None)


def _without_flags(row: Json) -> None:
    row.pop("suspended", None)
    row.pop("archived", None)


def _half_created(row: Json) -> None:
    for name in [name for name in row if name not in {"kind", "id", "etag", "primaryEmail", "customerId"}]:
        del row[name]


def _texts(row: Json) -> None:
    for name, value in list(row.items()):
        if isinstance(value, bool):
            row[name] = str(value).lower()


def _wrong(row: Json) -> None:
    row.update({"name": "a text", "emails": "", "aliases": 7, "languages": {}, "organizations": None, "suspended": 1})


def _same_token(_: Fault, content: Json) -> None:
    content["nextPageToken"] = "the-same-token-again"


def _twice(_: Fault, content: Json) -> None:
    rows = _rows(content)
    rows.extend([dict(row) for row in rows[-1:]])


def _skipped(_: Fault, content: Json) -> None:
    del _rows(content)[-1:]


_REWRITES: Final[dict[FaultKind, Callable[[Fault, Json], None]]] = {
    FaultKind.EMPTY_LIST: _empty,
    FaultKind.EMPTY_PAGE: _empty_page,
    FaultKind.HALF_LIST: _half,
    FaultKind.ITEMS_NO_LIST: _no_list,
    FaultKind.NO_ID: _in_rows(_no_id),
    FaultKind.WRONG_TYPES: _in_rows(_wrong, most=None),
    FaultKind.FOREIGN_ROW: _in_rows(lambda row: row.update({"customerId": "C0stranger"})),
    FaultKind.NO_FLAGS: _in_rows(_without_flags, most=None),
    FaultKind.HALF_CREATED: _in_rows(_half_created),
    FaultKind.TEXT_BOOLEANS: _in_rows(_texts, most=None),
    FaultKind.NO_ADDRESS: _in_rows(lambda row: row.update({"primaryEmail": ""})),
    FaultKind.SAME_TOKEN: _same_token,
    FaultKind.ROW_TWICE: _twice,
    FaultKind.ROW_SKIPPED: _skipped,
    FaultKind.NO_KIND: lambda _, content: content.pop("kind", None),
}
