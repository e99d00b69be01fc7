"""Standard Webhooks: secrets, and the headers that let a receiver check who sent a message and when.

Source: the specification at https://github.com/standard-webhooks/standard-webhooks, "symmetric" signatures.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

_PREFIX = "whsec_"
_BYTES = 32


def new_secret() -> str:
    """Return a fresh secret as the receiver keeps it: ``whsec_…``."""
    return _PREFIX + base64.b64encode(secrets.token_bytes(_BYTES)).decode()


def message_id(uid: UUID) -> str:
    """Return how the receiver knows a message, however often it comes."""
    return f"msg_{uid.hex}"


def signed_headers(uid: UUID, body: bytes, *, secrets_: Sequence[str], at: datetime) -> dict[str, str]:
    """Return the headers of one attempt; each of ``secrets_`` signs, so that a receiver may still have the old one."""
    name, moment = message_id(uid), str(int(at.timestamp()))
    content = b".".join((name.encode(), moment.encode(), body))
    return {
        "webhook-id": name,
        "webhook-timestamp": moment,
        "webhook-signature": " ".join(f"v1,{_signature(secret, content)}" for secret in secrets_),
    }


def _signature(secret: str, content: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(_PREFIX))
    return base64.b64encode(hmac.digest(key, content, hashlib.sha256)).decode()
