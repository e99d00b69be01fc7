"""How Graph refuses: ``{"error": {"code", "message", "innerError"}}``. Contract section 14."""

import uuid
from typing import Final

from tenantry.emulator.messages import Answer, json_answer
from tenantry.emulator.microsoft.customer_users import utc

_CODES: Final = {400: "Request_BadRequest", 401: "InvalidAuthenticationToken", 403: "Authorization_RequestDenied",
                 404: "Request_ResourceNotFound", 410: "syncStateNotFound", 429: "TooManyRequests"}  # fmt: skip


class GraphRefusal(Exception):
    """One refusal. ``retry_after`` are whole seconds, 0 for none."""

    def __init__(self, status: int, message: str, code: str = "", location: str = "", retry_after: int = 0) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code or _CODES.get(status, "UnknownError")
        self.location = location
        self.retry_after = retry_after


def refused(refusal: GraphRefusal, now: float) -> Answer:
    """Return the answer that a refusal is. ``now`` in seconds since 1970."""
    ids = {name: str(uuid.uuid4()) for name in ("request-id", "client-request-id")}
    inner = {"date": utc(now), **ids}
    answer = json_answer(
        {"error": {"code": refusal.code, "message": refusal.message, "innerError": inner}}, status=refusal.status
    )
    if refusal.location:
        answer.headers.append(("Location", refusal.location))
    if refusal.retry_after:
        answer.headers.append(("Retry-After", str(refusal.retry_after)))
    return answer
