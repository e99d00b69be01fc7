"""What the API says when it does not do what was asked: problem details as RFC 9457 has them.

Each says what happened (``title``, ``detail``), whose fault it is (``fault``) and what to do next (``next``).
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse

CONTENT_TYPE = "application/problem+json"
YOURS, OURS, RULES, PROVIDER = "the caller's", "Tenantry's", "nobody's: a rule says so", "the provider's"


@dataclass(frozen=True, slots=True)
class Kind:
    """One sort of problem: its HTTP status, whose fault it is, and what to do next."""

    status: int
    title: str
    fault: str
    next: str


KINDS: Mapping[str, Kind] = {
    "malformed": Kind(400, "The request can't be read", YOURS, "Send JSON in UTF-8, as OpenAPI describes it."),
    "unauthenticated": Kind(401, "There is no valid token", YOURS, "Send a live token as Authorization: Bearer."),
    "token-expired": Kind(401, "The token has expired", YOURS, "Make a new one under Settings, API tokens."),
    "forbidden": Kind(403, "The token may not do this", YOURS, "Use one with the scope, of somebody who may."),
    "not-found": Kind(404, "There is no such thing here", YOURS, "Look the id up in the list."),
    "method-not-allowed": Kind(405, "This address does not take this method", YOURS, "See the header Allow."),
    "refused": Kind(409, "It can't be done now", RULES, "The detail says what stands against it. Nothing was changed."),
    "already-decided": Kind(409, "Somebody decided before", RULES, "Read the row again, and decide whether to undo."),
    "looks-alike": Kind(409, "Something here looks the same", RULES, "Look at it; send accept_similar to go on."),
    "not-as-seen": Kind(409, "It is not any more what you saw", RULES, "Read it again, then decide again."),
    "changed-meanwhile": Kind(412, "It is not any more what you saw", RULES, "Read it again, then decide again."),
    "invalid": Kind(422, "The input is not valid", YOURS, "Correct what errors names. Nothing was changed."),
    "key-reused": Kind(422, "The key stands for another request", YOURS, "Use a new key for a new request."),
    "version-wanted": Kind(428, "It is not said which version it is about", YOURS, "Send If-Match, with the ETag."),
    "too-many-requests": Kind(429, "The token was used too often", YOURS, "Wait as long as Retry-After says."),
    "internal": Kind(500, "Something went wrong here", OURS, "Try again, or give your operator the request_id."),
    "provider": Kind(502, "The provider did not do it", PROVIDER, "The detail says what to do."),
}  # fmt: skip
_BY_STATUS: Mapping[int, str] = {kind.status: name for name, kind in reversed(list(KINDS.items()))} | {
    409: "refused",
    422: "invalid",
}


class Problem(Exception):
    """What is answered instead. ``errors`` has ``{field, sentence}``; ``more`` members of this answer alone."""

    def __init__(
        self, kind: str, detail: str, *, next_step: str = "", fault: str = "", errors: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None, **more: Any,
    ) -> None:  # fmt: skip
        super().__init__(detail)
        self.kind = kind
        self.detail = detail
        self.next_step = next_step
        self.fault = fault
        self.errors = dict(errors or {})
        self.headers = dict(headers or {})
        self.more = more


def answer_of(request: HttpRequest, problem: Problem) -> HttpResponse:
    """Return the problem as an HTTP answer."""
    kind = KINDS[problem.kind]
    errors: Sequence[Mapping[str, str]] = [
        {"field": field, "sentence": sentence} for field, sentence in problem.errors.items()
    ]
    body = {
        "type": f"urn:tenantry:problem:{problem.kind}",
        "title": kind.title,
        "status": kind.status,
        "detail": problem.detail,
        "fault": problem.fault or kind.fault,
        "next": problem.next_step or kind.next,
        "request_id": str(getattr(request, "request_id", "")),
        "errors": errors,
        **problem.more,
    }
    content = json.dumps(body, ensure_ascii=False, default=str).encode("utf-8", "replace")
    return HttpResponse(content, status=kind.status, content_type=CONTENT_TYPE, headers=problem.headers)


def problem_for(status: int) -> Problem:
    """Return what to say for an answer that something below the API gave: an address that there is not, a method."""
    name = _BY_STATUS.get(status) or ("internal" if status >= 500 else "malformed")  # noqa: PLR2004  # servers' faults
    return Problem(name, f"{KINDS[name].title}.")
