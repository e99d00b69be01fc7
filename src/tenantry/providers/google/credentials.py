"""What a Google connection signs in with: a service account's key, whom it speaks for, and with which rights."""

import json
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from tenantry.providers.errors import Misconfigured
from tenantry.providers.google.addresses import TOKEN_ADDRESSES, Endpoints
from tenantry.providers.urls import is_loopback

_MAKE_KEY: Final = "Make a JSON key for the service account in the Google Cloud console, and give the whole file."
_AUTH: Final = "https://www.googleapis.com/auth/"


class Mode(StrEnum):
    """How a customer's directory is reached (contracts section 2.1).

    ``RESELLER``: the subject administers the reseller, whose customers are reached by their ids.
    ``DIRECT``: the subject administers the one customer, who granted the delegation.
    """

    RESELLER = "reseller"
    DIRECT = "direct"


class ScopeSet(StrEnum):
    """Rights that are asked for together. Each has a token of its own: one that is missing stops no other."""

    USERS = "users"
    ORGANISATION = "organisation"
    ROLES = "roles"
    RESELLER = "reseller"
    CHANNEL = "channel"
    LICENCES = "licences"

    @property
    def scopes(self) -> tuple[str, ...]:
        """The scopes, as an administrator enters them in the Admin console."""
        return tuple(_AUTH + suffix for suffix in _SCOPES[self])


_SCOPES: Final = {
    ScopeSet.USERS: ("admin.directory.user.readonly",),
    ScopeSet.ORGANISATION: (
        "admin.directory.customer.readonly",
        "admin.directory.domain.readonly",
        "admin.directory.orgunit.readonly",
    ),
    ScopeSet.ROLES: ("admin.directory.rolemanagement.readonly",),
    ScopeSet.RESELLER: ("apps.order.readonly",),
    ScopeSet.CHANNEL: ("apps.order",),
    ScopeSet.LICENCES: ("apps.licensing",),
}


@dataclass(frozen=True, slots=True)
class ServiceAccountKey:
    """A service account's key as its JSON file has it. ``client_id`` is what delegation is granted to."""

    client_email: str
    client_id: str
    private_key_id: str
    private_key: str = field(repr=False)
    token_uri: str = "https://oauth2.googleapis.com/token"  # noqa: S105 (an address)

    def for_google_auth(self, endpoints: Endpoints) -> dict[str, str]:
        """Return it as google-auth takes it, with the token's address of ``endpoints``.

        Raises ``Misconfigured`` when the key is an emulator's and the addresses are Google's, or the reverse:
        what one signs must never reach the other.
        """
        local_key = is_loopback(urlsplit(self.token_uri).hostname or "")
        if local_key != endpoints.is_local:
            whose, other = ("an emulator's", "Google's") if local_key else ("Google's", "an emulator's")
            raise Misconfigured(f"The key is {whose}, but the connection's address is {other}.")
        return {
            "type": "service_account",
            "client_email": self.client_email,
            "client_id": self.client_id,
            "private_key_id": self.private_key_id,
            "private_key": self.private_key,
            "token_uri": endpoints.token,
        }


def read_key(text: str) -> ServiceAccountKey:
    """Return the key in ``text``, the content of a key file. Raises ``Misconfigured``, never showing the key."""
    content = _object_in(text)
    if content.get("type") != "service_account":
        raise Misconfigured("The file is not the key of a service account.", next_step=_MAKE_KEY)
    parts = {name: content.get(name) for name in ("client_email", "client_id", "private_key_id", "private_key")}
    missing = [name for name, value in parts.items() if not isinstance(value, str) or not value.strip()]
    if missing:
        raise Misconfigured(f"The service account's key lacks {', '.join(missing)}.", next_step=_MAKE_KEY)
    _check_private_key(str(parts["private_key"]))
    token_uri = str(content.get("token_uri") or "https://oauth2.googleapis.com/token")
    if token_uri not in TOKEN_ADDRESSES and not _is_local(token_uri):
        raise Misconfigured("The service account's key names a token address that is not Google's.")
    return ServiceAccountKey(**{name: str(value).strip() for name, value in parts.items()}, token_uri=token_uri)


def _object_in(text: str) -> dict[str, Any]:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Misconfigured("The service account's key is not JSON.", next_step=_MAKE_KEY) from error
    if not isinstance(content, dict):
        raise Misconfigured("The service account's key is not a JSON object.", next_step=_MAKE_KEY)
    return content


def _check_private_key(pem: str) -> None:
    try:
        key = load_pem_private_key(pem.encode(), None)
    except (ValueError, TypeError) as error:
        raise Misconfigured("The service account's private key cannot be read.", next_step=_MAKE_KEY) from error
    if not isinstance(key, RSAPrivateKey):
        raise Misconfigured("The service account's private key is not an RSA key.", next_step=_MAKE_KEY)


def _is_local(address: str) -> bool:
    try:
        return is_loopback(urlsplit(address).hostname or "")
    except ValueError:
        return False
