"""Opens and replaces a connection's sealed secrets. Loading a connection opens nothing by itself."""

import json
from datetime import UTC, datetime
from typing import Any

from cryptography import x509
from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now

from tenantry.connections.models import Connection
from tenantry.providers.errors import Misconfigured
from tenantry.sealing import CannotUnseal, KeyRing, KeyRingMissing, load_key_ring


def _ring() -> KeyRing:
    return load_key_ring(settings.KEYS_FOLDER)


def place_of(connection: Connection, column: str) -> str:
    """Return what a sealed value of the connection is bound to."""
    return f"connections_connection.{column}:{connection.uid}"


def seal_credential(connection: Connection, credential: dict[str, str], *, now: datetime) -> None:
    """Seal a secret (``{"secret": …}``), a certificate or a ``service_account`` into the unsaved connection.

    When a certificate ends is read from it; when a secret ends, only its owner knows.
    """
    plain = json.dumps(credential).encode()
    connection.sealed_secret = _ring().seal(plain, place=place_of(connection, "sealed_secret"))
    connection.secret_changed_at = now
    certificate = credential.get("certificate", "")
    connection.credential_kind = "certificate" if certificate else "secret"
    connection.secret_expires_at = _end_of(certificate) if certificate else None


def _end_of(certificate: str) -> datetime | None:
    try:
        return x509.load_pem_x509_certificate(certificate.encode()).not_valid_after_utc.astimezone(UTC)
    except ValueError:  # testing the connection says what is wrong with it
        return None


def open_credential(connection: Connection) -> dict[str, Any]:
    """Return what :func:`seal_credential` sealed, or an empty object. Raises ``CannotUnseal``."""
    if connection.sealed_secret is None:
        return {}
    plain = _ring().unseal(bytes(connection.sealed_secret), place=place_of(connection, "sealed_secret"))
    value: dict[str, Any] = json.loads(plain)
    return value


def unopenable(connection: Connection, what: str, error: Exception) -> Misconfigured:
    """Return the error to raise when ``what`` of the connection does not open, in words for an operator."""
    return Misconfigured(
        f"The {what} of the connection {connection.name} can't be opened: {error}",
        next_step="Restore the keys folder of this installation, or run `tenantry connect` for it again.",
    )


def seal_refresh_token(connection: Connection, token: str, *, now: datetime) -> None:
    """Seal a first refresh token, issued ``now``, into the unsaved connection."""
    sealed = _ring().seal(token.encode(), place=place_of(connection, "sealed_refresh_token"))
    connection.sealed_refresh_token, connection.sealed_previous_refresh_token = sealed, None
    connection.refresh_token_at = now


def seal_flow(connection: Connection, flow: dict[str, Any]) -> None:
    """Seal and commit what a sign-in under way has to remember. Raises ``Misconfigured`` without keys."""
    try:
        sealed = _ring().seal(json.dumps(flow).encode(), place=place_of(connection, "sealed_sign_in"))
    except KeyRingMissing as error:
        raise unopenable(connection, "sign-in", error) from error
    Connection.objects.filter(pk=connection.pk).update(sealed_sign_in=sealed)


def open_flow(connection: Connection) -> dict[str, Any]:
    """Return what :func:`seal_flow` sealed, or an empty object. Raises ``Misconfigured`` when it does not open."""
    sealed = Connection.objects.values_list("sealed_sign_in", flat=True).get(pk=connection.pk)
    if sealed is None:
        return {}
    try:
        plain = _ring().unseal(bytes(sealed), place=place_of(connection, "sealed_sign_in"))
    except (CannotUnseal, KeyRingMissing) as error:
        raise unopenable(connection, "sign-in", error) from error
    value: dict[str, Any] = json.loads(plain)
    return value


class StoredRefreshTokens:
    """The connection's rotating refresh token, shared by all workers (``providers.base.RefreshTokens``)."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def load(self) -> str | None:
        """Read the current token from the database: another worker may have rotated it.

        Raises ``Misconfigured`` when it does not open with this installation's keys.
        """
        sealed = Connection.objects.values_list("sealed_refresh_token", flat=True).get(pk=self._connection.pk)
        if sealed is None:
            return None
        try:
            return _ring().unseal(bytes(sealed), place=place_of(self._connection, "sealed_refresh_token")).decode()
        except (CannotUnseal, KeyRingMissing) as error:
            raise unopenable(self._connection, "sign-in", error) from error

    def replace(self, *, new: str, old: str) -> None:
        """Commit ``new``, keeping ``old`` as the fallback. A transaction of its own, never inside another."""
        try:
            ring, place = _ring(), place_of(self._connection, "sealed_refresh_token")
        except KeyRingMissing as error:
            raise unopenable(self._connection, "sign-in", error) from error
        with transaction.atomic(durable=True):
            row = Connection.objects.select_for_update().get(pk=self._connection.pk)
            row.sealed_previous_refresh_token = ring.seal(old.encode(), place=place)
            row.sealed_refresh_token = ring.seal(new.encode(), place=place)
            row.refresh_token_at = Now()  # issued this moment: the database's clock will do
            row.save(update_fields=["sealed_refresh_token", "sealed_previous_refresh_token", "refresh_token_at"])
