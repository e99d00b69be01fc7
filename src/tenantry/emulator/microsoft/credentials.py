"""Proving which application is asking: secret, signed assertion, or nothing for a native application."""

import base64
import binascii
import hmac
from typing import Final
from urllib.parse import unquote

from tenantry.emulator.clock import Clock
from tenantry.emulator.jwts import TokenError, check_signature, unverified
from tenantry.emulator.messages import Request
from tenantry.emulator.microsoft import login_errors as refuse
from tenantry.emulator.microsoft.registrations import Application

ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
PUBLIC, SECRET, CERTIFICATE = "0", "1", "2"  # the values of the claim appidacr
_SLACK: Final = 300


def with_basic_credentials(request: Request, form: dict[str, str]) -> dict[str, str]:
    """Return ``form`` with client id and secret from a Basic Authorization header, when there is one."""
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return form
    try:
        name, _, secret = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return form
    return {"client_id": unquote(name), "client_secret": unquote(secret), **form}


def proven(application: Application, form: dict[str, str], *, secret_expired: bool, endpoint: str, clock: Clock) -> str:
    """Return how ``application`` proved itself, as the claim ``appidacr`` has it.

    ``endpoint`` is the address that a signed assertion must name as its audience. Raises ``Refusal``.
    """
    secret, assertion = form.get("client_secret"), form.get("client_assertion")
    if application.is_native:
        if secret or assertion:
            raise refuse.public_client(application.client_id)
        return PUBLIC
    if assertion:
        if form.get("client_assertion_type") != ASSERTION_TYPE:
            raise refuse.missing_parameter("client_assertion_type")
        _check_assertion(application, assertion, endpoint, clock)
        return CERTIFICATE
    if not secret:
        raise refuse.no_credential()
    if not hmac.compare_digest(secret.encode(), application.secret.encode()):
        raise refuse.bad_secret(application.client_id)
    if secret_expired:
        raise refuse.expired_secret(application.client_id)
    return SECRET


def _check_assertion(application: Application, assertion: str, endpoint: str, clock: Clock) -> None:
    try:
        header, claims, signed, signature = unverified(assertion)
    except TokenError as problem:
        raise refuse.bad_assertion(str(problem)) from problem
    named = {str(header[name]).rstrip("=") for name in ("x5t#S256", "x5t") if name in header}
    if not named & application.thumbprints():
        raise refuse.unknown_certificate(application.client_id)
    try:
        check_signature(application.public_key(), str(header.get("alg")), signed, signature)
    except TokenError as problem:
        raise refuse.bad_assertion(str(problem)) from problem
    now = clock.now()
    expires, begins = claims.get("exp"), claims.get("nbf", 0)
    if not isinstance(expires, int | float) or not isinstance(begins, int | float):
        raise refuse.bad_assertion("exp or nbf is not a number.")
    if not begins - _SLACK <= now < expires + _SLACK:
        raise refuse.stale_assertion()
    wrong = [name for name in ("iss", "sub") if str(claims.get(name)).lower() != application.client_id]
    if wrong or str(claims.get("aud")).split("?")[0].lower() != endpoint.lower():
        raise refuse.bad_assertion(f"The claim {wrong[0] if wrong else 'aud'} is wrong.")
