"""Google's refusals: status, reason and message, in the shapes that its APIs use.

Sources: docs/reference/google-directory.md section 13.
"""

from dataclasses import dataclass
from typing import Any, Final

from tenantry.emulator.messages import Answer, compact

_DOMAINS: Final = {
    "userRateLimitExceeded": "usageLimits", "quotaExceeded": "usageLimits", "rateLimitExceeded": "usageLimits",
    "dailyLimitExceeded": "usageLimits", "accessNotConfigured": "usageLimits",
}  # fmt: skip
_STATUSES: Final = {
    400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 404: "NOT_FOUND",
    409: "ALREADY_EXISTS", 412: "FAILED_PRECONDITION", 429: "RESOURCE_EXHAUSTED", 500: "INTERNAL",
    503: "UNAVAILABLE",
}  # fmt: skip
_QUOTA: Final = (
    "Quota exceeded for quota metric 'Queries' and limit 'Queries per minute per user' of service "
    "'admin.googleapis.com' for consumer 'project_number:1'."
)
# A reason, its status and message, as they were seen or are documented.
MESSAGES: Final = {
    "badRequest": (400, "Bad Request"),
    "invalid": (400, "Invalid Input"),
    "failedPrecondition": (400, "Precondition check failed."),
    "authError": (401, "Invalid Credentials"),
    "userRateLimitExceeded": (403, "Rate Limit Exceeded"),
    "quotaExceeded": (403, "Quota exceeded."),
    "rateLimitExceeded": (403, _QUOTA),
    "dailyLimitExceeded": (403, "Daily Limit Exceeded"),
    "accessNotConfigured": (403, "Admin SDK API has not been used in project 1 before or it is disabled."),
    "forbidden": (403, "Not Authorized to access this resource/api"),
    "insufficientPermissions": (403, "Request had insufficient authentication scopes."),
    "domainCannotUseApis": (403, "Domain cannot use apis."),
    "notFound": (404, "Resource Not Found: userKey"),
    "channelIdInvalid": (400, "Channel id or token is not valid"),
    "channelIdNotUnique": (400, "Channel id not unique"),
    "parseError": (400, "Parse Error"),
    "push.webhookUrlNotHttps": (401, "WebHook callback must be HTTPS"),
    "duplicate": (409, "Entity already exists."),
    "conditionNotMet": (412, "User creation is not complete."),
    "backendError": (503, "Service unavailable. Please try again"),
    "internalError": (500, "Internal error encountered."),
    "unknownError": (500, "Unknown Error."),
}  # fmt: skip
PAGE: Final = (
    b"<!DOCTYPE html>\n<html lang=en>\n  <title>Error 404 (Not Found)!!1</title>\n"
    b"  <p><b>404.</b> <ins>That\xe2\x80\x99s an error.</ins>\n</html>\n"
)


@dataclass(eq=False)
class GoogleRefusal(Exception):
    """One refusal. ``details`` makes it one of the newer bodies; ``challenge`` is WWW-Authenticate."""

    status: int
    reason: str
    message: str
    challenge: str = ""
    details: str = ""

    def answer(self, *, newer: bool) -> Answer:
        """Return it as the API answers it."""
        answer = error_answer(self.status, self.reason, self.message, newer=newer or bool(self.details))
        if self.challenge:
            answer.headers.append(("WWW-Authenticate", self.challenge))
        return answer


def refused(reason: str, message: str = "") -> GoogleRefusal:
    """Return the refusal with ``reason``, with its usual status, and message unless one is given."""
    status, usual = MESSAGES[reason]
    return GoogleRefusal(status, reason, message or usual)


def error_answer(status: int, reason: str, message: str, *, newer: bool = False) -> Answer:
    """Return an error body: the classic one, or the newer one with ``status`` and ``details``."""
    error: dict[str, Any] = {"code": status, "message": message}
    if newer:
        error["status"] = _STATUSES.get(status, "UNKNOWN")
        error["details"] = [
            {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason, "domain": "googleapis.com"}
        ]
    else:
        error["errors"] = [{"message": message, "domain": _DOMAINS.get(reason, "global"), "reason": reason}]
    return Answer(status, compact({"error": error}), [("Content-Type", "application/json; charset=UTF-8")])


def page_not_found() -> Answer:
    """Return the page that an address outside all APIs gets: HTML."""
    return Answer(404, PAGE, [("Content-Type", "text/html; charset=UTF-8")])


def scope_refusal(scopes: tuple[str, ...]) -> GoogleRefusal:
    """The token lacks every one of ``scopes``."""
    status, message = MESSAGES["insufficientPermissions"]
    wanted = " ".join(f"https://www.googleapis.com/auth/{scope}" for scope in scopes)
    challenge = f'Bearer realm="https://accounts.google.com/", error="insufficient_scope", scope="{wanted}"'
    return GoogleRefusal(status, "insufficientPermissions", message, challenge=challenge)
