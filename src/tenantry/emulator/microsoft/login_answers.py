"""How the sign-in host writes its answers: refusals with trace ids, tokens that nobody may keep."""

import time
import uuid
from typing import Any

from tenantry.emulator.messages import Answer, json_answer
from tenantry.emulator.microsoft.login_errors import Refusal


def refusal_answer(refusal: Refusal, login_url: str, now: float) -> Answer:
    """Return ``refusal`` as the token endpoint answers it. ``now`` is in seconds since 1970."""
    at = time.strftime("%Y-%m-%d %H:%M:%SZ", time.gmtime(now))
    trace, correlation = str(uuid.uuid4()), str(uuid.uuid4())
    body: dict[str, Any] = {
        "error": refusal.error,
        "error_description": f"AADSTS{refusal.code}: {refusal.text}\r\nTrace ID: {trace}\r\n"
        f"Correlation ID: {correlation}\r\nTimestamp: {at}",
        "error_codes": [refusal.code],
        "timestamp": at,
        "trace_id": trace,
        "correlation_id": correlation,
        "error_uri": f"{login_url}/error?code={refusal.code}",
    }
    if refusal.suberror:
        body["suberror"] = refusal.suberror
    answer = json_answer(body, status=refusal.status)
    answer.headers.extend([("Cache-Control", "no-store, no-cache"), ("x-ms-request-id", trace)])
    return answer


def token_answer(body: dict[str, Any]) -> Answer:
    """Return tokens as the token endpoint answers them."""
    answer = json_answer(body)
    answer.headers.extend([("Cache-Control", "no-store, no-cache"), ("Pragma", "no-cache")])
    return answer
