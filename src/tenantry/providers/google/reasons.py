"""Google's refusals that decide something, by reason: docs/reference/google-directory.md section 13.2.

Reasons that are not listed are judged by their HTTP status.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Meaning(StrEnum):
    """What a refusal amounts to."""

    THROTTLE = "throttle"
    DAILY = "daily"
    TROUBLE = "trouble"
    TOKEN = "token"  # noqa: S105 (the name of a meaning)
    SCOPE = "scope"
    API_OFF = "api_off"
    CUSTOMER = "customer"
    NOT_FOUND = "not_found"
    DELETED = "deleted"
    CONFLICT = "conflict"
    REQUEST = "request"
    ADDRESS = "address"


# By reason alone where the status cannot mislead. Google throttles with 403 mostly: never judge by domain,
# accessNotConfigured and dailyLimitExceeded share "usageLimits".
BY_REASON: Final[Mapping[str, Meaning]] = {
    "userRateLimitExceeded": Meaning.THROTTLE,
    "rateLimitExceeded": Meaning.THROTTLE,
    "quotaExceeded": Meaning.THROTTLE,
    "RATE_LIMIT_EXCEEDED": Meaning.THROTTLE,
    "RESOURCE_EXHAUSTED": Meaning.THROTTLE,
    "dailyLimitExceeded": Meaning.DAILY,
    "accessNotConfigured": Meaning.API_OFF,
    "SERVICE_DISABLED": Meaning.API_OFF,
    "authError": Meaning.TOKEN,
    "required": Meaning.TOKEN,
    "UNAUTHENTICATED": Meaning.TOKEN,
    "insufficientPermissions": Meaning.SCOPE,
    "ACCESS_TOKEN_SCOPE_INSUFFICIENT": Meaning.SCOPE,
    "forbidden": Meaning.CUSTOMER,
    "notAuthorized": Meaning.CUSTOMER,
    "PERMISSION_DENIED": Meaning.CUSTOMER,
    "domainCannotUseApis": Meaning.CUSTOMER,
    "notFound": Meaning.NOT_FOUND,
    "NOT_FOUND": Meaning.NOT_FOUND,
    "resourceNotFound": Meaning.NOT_FOUND,
    "userNotFound": Meaning.NOT_FOUND,
    "domainNotFound": Meaning.NOT_FOUND,
    "customerNotFound": Meaning.NOT_FOUND,
    "duplicate": Meaning.CONFLICT,
    "conditionNotMet": Meaning.CONFLICT,
    "failedPrecondition": Meaning.TROUBLE,
    "backendError": Meaning.TROUBLE,
    "internalError": Meaning.TROUBLE,
    "unknownError": Meaning.TROUBLE,
    "invalid": Meaning.REQUEST,
    "badRequest": Meaning.REQUEST,
    "INVALID_ARGUMENT": Meaning.REQUEST,
    # Both come with 401, and no other token would help: [U], seen at other APIs of Google with the same channels.
    "push.webhookUrlNotHttps": Meaning.ADDRESS,
    "push.webhookUrlUnauthorized": Meaning.ADDRESS,
}

BY_STATUS: Final[Mapping[int, Meaning]] = {
    400: Meaning.REQUEST,
    401: Meaning.TOKEN,
    403: Meaning.CUSTOMER,
    404: Meaning.NOT_FOUND,
    408: Meaning.TROUBLE,
    409: Meaning.CONFLICT,
    412: Meaning.CONFLICT,
    429: Meaning.THROTTLE,
}


@dataclass(frozen=True, slots=True)
class PlainText:
    """A refusal that comes as text instead of JSON, by the beginning of it."""

    start: str
    meaning: Meaning


PLAIN_TEXTS: Final = (
    PlainText("request rate higher than configured", Meaning.THROTTLE),
    PlainText("quota exceeded for quota metric", Meaning.THROTTLE),
    PlainText("invalid domain", Meaning.NOT_FOUND),
    PlainText("domain cannot use apis", Meaning.CUSTOMER),
)
