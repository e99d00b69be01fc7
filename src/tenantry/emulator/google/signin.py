"""Google's token endpoint for service accounts: the JWT bearer grant with domain-wide delegation.

Sources: docs/reference/google-directory.md sections 2.3 and 2.4.
"""

import json
import secrets
import threading
from dataclasses import dataclass
from typing import Any, Final

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tenantry.emulator.clock import Clock
from tenantry.emulator.google.switches import GoogleSwitches
from tenantry.emulator.google.world import RESELLER, GoogleWorld
from tenantry.emulator.jwts import TokenError, check_signature, unverified
from tenantry.emulator.messages import Answer, Request, compact

PREFIX: Final = "https://www.googleapis.com/auth/"
GOOGLES_AUDIENCE: Final = "https://oauth2.googleapis.com/token"
GRANT: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"
SCOPES: Final = (
    "admin.directory.user.readonly", "admin.directory.customer.readonly", "admin.directory.domain.readonly",
    "admin.directory.orgunit.readonly", "admin.directory.rolemanagement.readonly", "apps.order",
    "apps.order.readonly", "apps.licensing",
)  # fmt: skip
_SKEW: Final = 300
_LONGEST: Final = 3600
_UNAUTHORIZED: Final = (
    "Client is unauthorized to retrieve access tokens using this method, or client not authorized for any of the "
    "scopes requested."
)


@dataclass(frozen=True, slots=True)
class ServiceAccount:
    """The service account that clients sign in with; its key is handed out because this is an emulator."""

    client_email: str
    client_id: str
    key_id: str
    key: rsa.RSAPrivateKey

    def key_file(self, token_uri: str) -> str:
        """Return the JSON key file, as the Cloud console gives it."""
        pem = self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        content = {
            "type": "service_account", "project_id": "tenantry-emulator", "private_key_id": self.key_id,
            "private_key": pem.decode(), "client_email": self.client_email, "client_id": self.client_id,
            "auth_uri": "https://accounts.google.com/o/oauth2/auth", "token_uri": token_uri,
            "universe_domain": "googleapis.com",
        }  # fmt: skip
        return json.dumps(content, indent=2)


@dataclass(frozen=True, slots=True)
class Granted:
    """What an access token stands for: the administrator's company and number, the scopes, the end."""

    company: int
    number: int
    scopes: frozenset[str]
    until: float


class RefusedGrant(Exception):
    """The token endpoint refuses: ``status``, ``error`` and its description."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(description)
        self.error = error
        self.description = description
        self.status = status


class SignIn:
    """Grants and remembers access tokens. ``delegated`` are the scopes granted to the service account.

    ``direct`` holds the companies whose own administrators granted the delegation too. Thread-safe.
    """

    def __init__(self, world: GoogleWorld, account: ServiceAccount, switches: GoogleSwitches, clock: Clock) -> None:
        self.account = account
        self.delegated: set[str] = {PREFIX + scope for scope in SCOPES}
        self.direct: set[int] = set()
        self.url = ""
        self._world = world
        self._switches = switches
        self._clock = clock
        self._tokens: dict[str, Granted] = {}
        self._lock = threading.Lock()

    def answer(self, request: Request) -> Answer:
        """Answer ``POST /token``."""
        try:
            body: dict[str, Any] = self._granted(request)
            status = 200
        except RefusedGrant as refusal:
            body, status = {"error": refusal.error, "error_description": refusal.description}, refusal.status
        return Answer(status, compact(body), [("Content-Type", "application/json; charset=utf-8")])

    def _granted(self, request: Request) -> dict[str, Any]:
        if request.method != "POST":
            raise RefusedGrant("invalid_request", "Use POST.", 405)
        form = request.form()
        if form.get("grant_type") != GRANT:
            raise RefusedGrant("unsupported_grant_type", f"Invalid grant_type: {form.get('grant_type', '')}")
        claims = self._verified(form.get("assertion", ""))
        company, number = self._subject(claims)
        scopes = frozenset(str(claims.get("scope", "")).split())
        own = company == RESELLER or company in self.direct
        if not scopes or not own or not scopes <= self.delegated:
            raise RefusedGrant("unauthorized_client", _UNAUTHORIZED, 401)
        token = f"ya29.{secrets.token_urlsafe(48)}"
        seconds = self._switches.access_seconds
        with self._lock:
            self._tokens[token] = Granted(company, number, scopes, self._clock.now() + seconds)
        expires: object = str(seconds) if self._switches.expires_as_text else seconds
        return {"access_token": token, "expires_in": expires, "token_type": "Bearer"}

    def _verified(self, assertion: str) -> dict[str, Any]:
        try:
            header, claims, signed, signature = unverified(assertion)
            if claims.get("iss") != self.account.client_email or self._switches.key_revoked:
                raise RefusedGrant("invalid_grant", "Invalid JWT: No valid verifier found for issuer.")
            check_signature(self.account.key.public_key(), str(header.get("alg")), signed, signature)
        except TokenError as problem:
            raise RefusedGrant("invalid_grant", "Invalid JWT Signature.") from problem
        if claims.get("aud") not in {GOOGLES_AUDIENCE, self.url}:
            raise RefusedGrant("invalid_grant", "Invalid JWT: Failed audience check.")
        now, begun, ends = self._clock.outside(), claims.get("iat"), claims.get("exp")
        if not isinstance(begun, int) or not isinstance(ends, int) or not _is_short(now, begun, ends):
            raise RefusedGrant(
                "invalid_grant",
                "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. "
                "Check your iat and exp values in the JWT claim.",
            )
        return claims

    def _subject(self, claims: dict[str, Any]) -> tuple[int, int]:
        subject = str(claims.get("sub") or "")
        if subject.count("@") != 1:
            raise RefusedGrant("invalid_request", 'Invalid impersonation "sub" field.')
        one = self._world.by_address(subject)
        if one is None:
            raise RefusedGrant("invalid_grant", "Invalid email or User ID")
        if one.suspended:
            raise RefusedGrant("access_denied", "Account restricted")
        return one.company, one.number

    def granted(self, token: str) -> Granted | None:
        """Return what a token stands for, or ``None`` when it is unknown or has lapsed."""
        granted = self._tokens.get(token)
        return granted if granted is not None and self._clock.now() < granted.until else None

    def revoke_all(self) -> None:
        """Refuse every access token handed out so far."""
        with self._lock:
            self._tokens.clear()


def _is_short(now: float, begun: int, ends: int) -> bool:
    return begun - _SKEW <= now < ends + _SKEW and ends - begun <= _LONGEST
