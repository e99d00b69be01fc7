"""The API's refusals: status, code and text, in the shape that the service uses."""

from dataclasses import dataclass
from typing import Final

from tenantry.emulator.messages import Answer, json_answer
from tenantry.emulator.microsoft.switches import ErrorShape
from tenantry.emulator.spoiling import new_error


@dataclass(eq=False)
class ApiRefusal(Exception):
    """One refusal. ``reason`` makes it an empty body with that reason phrase; ``challenge`` is WWW-Authenticate."""

    status: int
    code: int
    text: str
    reason: str = ""
    challenge: str = ""
    source: str = "PartnerFD"


_CHALLENGE: Final = 'Bearer error="invalid_token"'


def no_token() -> ApiRefusal:
    """There is no bearer token."""
    return ApiRefusal(401, 800001, "The authorization token is missing.", challenge="Bearer")


def bad_token(text: str) -> ApiRefusal:
    """The token is broken, foreign or lapsed."""
    return ApiRefusal(401, 400, "Access denied.", challenge=f'{_CHALLENGE}, error_description="{text}"')


def wrong_audience() -> ApiRefusal:
    """The token is for another service."""
    return ApiRefusal(401, 900420, "The token has an invalid audience.", challenge=_CHALLENGE)


def no_mfa() -> ApiRefusal:
    """The token shows no multi-factor authentication."""
    return ApiRefusal(401, 900421, "The request does not satisfy the multi-factor authentication requirement.",
                      challenge=_CHALLENGE)  # fmt: skip


def no_mfa_empty() -> ApiRefusal:
    """The same in its older form: everything is said in the status line."""
    return ApiRefusal(401, 0, "", reason="Unauthorized - MFA required", challenge=_CHALLENGE)


def program_inactive() -> ApiRefusal:
    """The partner has no access to the API, as an indirect reseller."""
    return ApiRefusal(403, 900149, "The partner's reseller program is not active for this operation.")


def not_an_agent() -> ApiRefusal:
    """The user is in none of the partner's agent groups."""
    return ApiRefusal(403, 1002, "Authorization Failed")


def user_only() -> ApiRefusal:
    """The operation needs a user."""
    return ApiRefusal(403, 900329, "The resource does not support application-only authentication.")


def not_a_guid() -> ApiRefusal:
    """The tenant id in the path is none."""
    return ApiRefusal(400, 2000, "Tenant Id must be a GUID.", source="PartnerApiServiceControllers")


def bad_input(text: str) -> ApiRefusal:
    """A parameter cannot be understood."""
    return ApiRefusal(400, 2001, text, source="PartnerApiServiceControllers")


def no_more_records() -> ApiRefusal:
    """The continuation token is used up, lapsed or unknown: all of these are told alike."""
    return ApiRefusal(400, 2000, "The continuation token is invalid.", source="PartnerApiServiceControllers")


def unknown_tenant() -> ApiRefusal:
    """No customer has that tenant id."""
    return ApiRefusal(404, 60003, "The tenant was not found.")


def unknown_user() -> ApiRefusal:
    """Nobody of the customer has that object id."""
    return ApiRefusal(404, 60002, "The user was not found.")


def no_relationship() -> ApiRefusal:
    """The customer left."""
    return ApiRefusal(403, 20002, "No relationship between caller and account.")


def not_allowed() -> ApiRefusal:
    """The operation is for a sandbox."""
    return ApiRefusal(403, 600006, "The requested action is not allowed.")


def no_role() -> ApiRefusal:
    """The delegated role is missing or has expired."""
    return ApiRefusal(403, 900308, "Insufficient privileges to complete the operation.")


def unknown_path() -> ApiRefusal:
    """The service has no such path."""
    return ApiRefusal(404, 1000, "The requested resource was not found.", source="PartnerApiServiceControllers")


def wrong_method() -> ApiRefusal:
    """The path does not take that method."""
    return ApiRefusal(405, 2000, "The requested resource does not support this http method.",
                      source="PartnerApiServiceControllers")  # fmt: skip


def filter_failed() -> ApiRefusal:
    """The domain filter fails on the service's side, as it was reported to."""
    return ApiRefusal(500, 0, "An internal error occurred.")


def refusal_answer(refusal: ApiRefusal, shape: ErrorShape) -> Answer:
    """Return ``refusal`` as the API answers it: never with a byte order mark."""
    if refusal.reason:
        answer = Answer(refusal.status, reason=refusal.reason)
    elif shape is ErrorShape.NEW:
        body = new_error(refusal.code, refusal.text, retryable=refusal.status >= 500)  # noqa: PLR2004 (a server error)
        answer = json_answer(body, status=refusal.status)
    else:
        body = {"code": refusal.code, "description": refusal.text, "data": [], "source": refusal.source}
        answer = json_answer(body, status=refusal.status)
    if refusal.challenge:
        answer.headers.append(("WWW-Authenticate", refusal.challenge))
    return answer
