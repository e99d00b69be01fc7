"""What a Microsoft connection signs in with: the application, its kind and its secret or certificate."""

from dataclasses import dataclass, field
from enum import StrEnum

from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from tenantry.providers.errors import Misconfigured


class ApplicationKind(StrEnum):
    """How the application is registered: it decides what it can do (contracts section 2.1).

    ``WEB``: confidential, app-only and app+user. ``NATIVE``: public, app+user only.
    """

    WEB = "web"
    NATIVE = "native"


class SignInMode(StrEnum):
    """On whose behalf a token speaks. Only ``APP_AND_USER`` may read people and delegated data."""

    APP_ONLY = "app_only"
    APP_AND_USER = "app_and_user"


@dataclass(frozen=True, slots=True)
class ClientSecret:
    """A secret of the application: its value, not its id."""

    value: str = field(repr=False)

    def for_msal(self) -> str:
        """Return it as MSAL takes it. Raises ``Misconfigured`` when it is empty."""
        if not self.value.strip():
            raise Misconfigured("The application's secret is empty.")
        return self.value


@dataclass(frozen=True, slots=True)
class ClientCertificate:
    """A certificate of the application with its private key, both PEM; ``passphrase`` opens the key."""

    certificate: str
    private_key: str = field(repr=False)
    passphrase: str = field(default="", repr=False)

    def for_msal(self) -> dict[str, str]:
        """Return it as MSAL takes it, with the key opened.

        Raises ``Misconfigured`` when a part cannot be read, or the key is not the certificate's.
        """
        try:
            certificate = x509.load_pem_x509_certificate(self.certificate.encode())
            key = load_pem_private_key(self.private_key.encode(), self.passphrase.encode() if self.passphrase else None)
        except (ValueError, TypeError) as error:
            raise Misconfigured(
                "The application's certificate or its private key cannot be read.",
                next_step="Give both as PEM text, and the passphrase if the key has one.",
            ) from error
        if key.public_key() != certificate.public_key():
            raise Misconfigured(
                "The private key does not belong to the application's certificate.",
                next_step="Give the key that the certificate was made with.",
            )
        opened = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        return {"private_key": opened, "public_certificate": self.certificate}


@dataclass(frozen=True, slots=True)
class Application:
    """An application registered with the partner's tenant.

    Raises ``Misconfigured`` when kind and credential do not fit: a web application proves itself with a
    secret or a certificate, a native one has neither.
    """

    partner_tenant_id: str
    application_id: str
    kind: ApplicationKind
    credential: ClientSecret | ClientCertificate | None = None

    def __post_init__(self) -> None:
        if not self.partner_tenant_id.strip() or not self.application_id.strip():
            raise Misconfigured("The partner's tenant id and the application's id are both needed.")
        if self.kind is ApplicationKind.WEB and self.credential is None:
            raise Misconfigured(
                "A web application signs in with a secret or a certificate; neither is set.",
                next_step="Add one, or change the application's kind to native.",
            )
        if self.kind is ApplicationKind.NATIVE and self.credential is not None:
            raise Misconfigured(
                "A native application has no secret and no certificate, but one is set.",
                next_step="Remove it, or change the application's kind to web.",
            )
