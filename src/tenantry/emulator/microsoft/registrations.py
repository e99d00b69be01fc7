"""What the sign-in knows: the partner's directory, its two applications, its service user, and refresh tokens."""

import hashlib
import hmac
import json
import threading
from dataclasses import dataclass
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa

from tenantry.emulator.certificates import Papers
from tenantry.emulator.clock import Clock
from tenantry.emulator.guids import derived_guid
from tenantry.emulator.jwts import decode_part, encode_part

PARTNER_CENTER: Final = "https://api.partnercenter.microsoft.com"
PARTNER_CENTER_ID: Final = "fa3d9a0c-3fb0-42cc-9193-47c7ecd2edbd"
GRAPH: Final = "https://graph.microsoft.com"
OLD_GRAPH: Final = "https://graph.windows.net"  # retired as an audience of Partner Center in August 2025
CHINA: Final = "https://partner.partnercenterapi.microsoftonline.cn"


@dataclass(frozen=True, slots=True)
class Application:
    """A registered application. A *native* one has neither secret nor certificate and cannot act for itself.

    ``certificate`` and ``private_key`` are PEM texts; both are handed out because this is an emulator.
    """

    client_id: str
    name: str
    secret: str = ""
    certificate: str = ""
    private_key: str = ""

    @property
    def is_native(self) -> bool:
        """Whether this is a public client."""
        return not (self.secret or self.certificate)

    @property
    def service_principal(self) -> str:
        """The object id of the application in the partner's directory."""
        return derived_guid(self.client_id, "service principal")

    def public_key(self) -> rsa.RSAPublicKey:
        """Return the key of the registered certificate. Raises ``ValueError`` when there is none."""
        key = x509.load_pem_x509_certificate(self.certificate.encode()).public_key()
        if not isinstance(key, rsa.RSAPublicKey):
            raise TypeError("The registered certificate has no RSA key.")
        return key

    def thumbprints(self) -> set[str]:
        """Return the SHA-1 and SHA-256 thumbprints of the certificate, as assertions carry them."""
        if not self.certificate:
            return set()
        certificate = x509.load_pem_x509_certificate(self.certificate.encode())
        old = certificate.fingerprint(hashes.SHA1())  # noqa: S303 (the x5t header is defined as SHA-1)
        return {encode_part(old), encode_part(certificate.fingerprint(hashes.SHA256()))}


@dataclass(frozen=True, slots=True)
class ServiceUser:
    """The person the partner signs in with: member of the partner's Admin Agents."""

    object_id: str
    upn: str
    first: str = "Sync"
    last: str = "Service"


@dataclass(frozen=True, slots=True)
class Grant:
    """What a refresh token stands for. ``serial`` tells tokens apart; ``issued`` is in seconds since 1970."""

    client_id: str
    methods: tuple[str, ...]
    issued: float
    serial: int


class RefreshTokenStore:
    """Refresh tokens that carry what they stand for, sealed with a key, so that they outlive a restart.

    Kept in memory only: when a token was first exchanged. Safe from several threads.
    """

    def __init__(self, key: bytes, clock: Clock) -> None:
        self._key = key
        self._clock = clock
        self._exchanged: dict[int, float] = {}
        self._lock = threading.Lock()
        self._serial = int(clock.now() * 1000) << 8
        self._revoked_before = 0.0

    def issue(self, client_id: str, methods: tuple[str, ...], *, age_days: float = 0.0) -> str:
        """Return a new refresh token for the service user at ``client_id``. ``methods`` is how the user proved it."""
        with self._lock:
            self._serial += 1
            serial = self._serial
        issued = self._clock.now() - age_days * 86_400
        body = encode_part(json.dumps([client_id, methods, issued, serial], separators=(",", ":")).encode())
        return f"0.A{body}.{self._seal(body)}"

    def read(self, token: str) -> Grant | None:
        """Return what ``token`` stands for, or ``None`` when it is not one of ours."""
        parts = token.split(".")
        if len(parts) != 3 or not parts[1].startswith("A"):  # noqa: PLR2004 (prefix, body, seal)
            return None
        body = parts[1][1:]
        if not hmac.compare_digest(parts[2], self._seal(body)):
            return None
        client_id, methods, issued, serial = json.loads(decode_part(body))
        return Grant(client_id, tuple(methods), issued, serial)

    def revoke_all(self) -> None:
        """Revoke every refresh token that exists, as a change of the user's password does."""
        self._revoked_before = self._clock.now()

    def is_revoked(self, grant: Grant) -> bool:
        """Whether ``grant`` was issued before the last :meth:`revoke_all`."""
        return grant.issued < self._revoked_before

    def exchange(self, grant: Grant, grace: float | None) -> bool:
        """Note that ``grant`` was exchanged; false when that happened more than ``grace`` seconds ago."""
        now = self._clock.now()
        with self._lock:
            first = self._exchanged.setdefault(grant.serial, now)
        return grace is None or now - first < grace or first == now

    def _seal(self, body: str) -> str:
        return encode_part(hmac.new(self._key, body.encode(), hashlib.sha256).digest())


@dataclass(slots=True)
class Directory:
    """The partner's directory in the sign-in: tenant, domain, applications, the service user, and other people."""

    tenant_id: str
    domain: str
    web: Application
    native: Application
    user: ServiceUser
    audience: str = PARTNER_CENTER
    people: tuple[ServiceUser, ...] = ()

    def application(self, client_id: str) -> Application | None:
        """Return the application with ``client_id``, in any letter case."""
        for application in (self.web, self.native):
            if application.client_id == client_id.lower():
                return application
        return None

    def person(self, upn: str) -> ServiceUser:
        """Return who has this user name, in any letter case; the service user when nobody has."""
        return next((one for one in self.people if one.upn == upn.lower()), self.user)

    def resource(self, wanted: str) -> str | None:
        """Return the resource that ``wanted`` (an address or an application id) names, if this directory has it."""
        plain = wanted.rstrip("/").lower()
        if plain in {self.audience, PARTNER_CENTER_ID}:
            return self.audience
        return plain if plain in {PARTNER_CENTER, CHINA, GRAPH, OLD_GRAPH} else None


def make_directory(seed: int | str, papers: Papers, audience: str) -> Directory:
    """Return the directory of the partner of the world with ``seed``: the same ids and secret every time."""
    secret = hashlib.blake2b(f"{seed} web secret".encode(), digest_size=20).hexdigest()
    domain = "fabrikam-cloud.onmicrosoft.com"
    return Directory(
        tenant_id=derived_guid(seed, "partner"),
        domain=domain,
        web=Application(
            client_id=derived_guid(seed, "web application"), name="Tenantry (web)",
            secret=f"emu8Q~{secret[:34]}", certificate=papers.application_certificate,
            private_key=papers.application_key,
        ),
        native=Application(client_id=derived_guid(seed, "native application"), name="Tenantry (native)"),
        user=ServiceUser(object_id=derived_guid(seed, "service user"), upn=f"sync@{domain}"),
        audience=audience,
        people=tuple(
            ServiceUser(derived_guid(seed, f"person {name}"), f"{name}@{domain}", first, last)
            for name, first, last in (("anna", "Anna", "Berg"), ("ben", "Ben", "Okafor"), ("chloe", "Chloé", "Martin"))
        ),
    )  # fmt: skip
