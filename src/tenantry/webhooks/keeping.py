"""Seals an endpoint's secrets at rest, and opens those that sign now."""

from datetime import datetime
from uuid import UUID

from django.conf import settings

from tenantry.sealing import load_key_ring
from tenantry.webhooks.models import Endpoint


def place_of_endpoint(uid: UUID) -> str:
    """Return what a sealed secret of the endpoint is bound to."""
    return f"webhooks_endpoint.sealed_secret:{uid}"


def seal_secret(uid: UUID, secret: str) -> bytes:
    """Seal the secret of the endpoint ``uid``. Raises ``KeyRingMissing``."""
    return load_key_ring(settings.KEYS_FOLDER).seal(secret.encode(), place=place_of_endpoint(uid))


def open_secrets(endpoint: Endpoint, *, now: datetime) -> list[str]:
    """Return the secrets that sign now, the current one first. Raises ``CannotUnseal``, ``KeyRingMissing``."""
    ring, place = load_key_ring(settings.KEYS_FOLDER), place_of_endpoint(endpoint.uid)
    sealed = [endpoint.sealed_secret]
    if endpoint.sealed_previous_secret and endpoint.previous_until and endpoint.previous_until > now:
        sealed.append(endpoint.sealed_previous_secret)
    return [ring.unseal(bytes(one), place=place).decode() for one in sealed]
