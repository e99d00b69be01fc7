"""Continuation tokens: opaque to the client, complete for the server, so that nothing is remembered between pages."""

import base64
import binascii
import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import Final

_PREFIX: Final = "AQAAAAEAAABk"
_SEAL: Final = 12


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in a listing.

    ``start`` is the position the next page begins at and ``before`` the one the page before it began at.
    ``page`` counts pages from 1, ``size`` is the rows asked for, ``filter`` the filter as it was sent,
    ``issued`` when.
    """

    start: int
    before: int
    page: int
    size: int
    filter: str
    issued: float


class Continuation:
    """Writes and reads tokens sealed with ``key``; they hold ``+``, ``/`` and ``=`` as the real ones may."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def token(self, cursor: Cursor) -> str:
        """Return the token of ``cursor``."""
        fields = [cursor.start, cursor.before, cursor.page, cursor.size, cursor.filter, cursor.issued]
        body = json.dumps(fields, separators=(",", ":")).encode()
        return _PREFIX + base64.b64encode(self._seal(body) + body).decode()

    def cursor(self, token: str) -> Cursor | None:
        """Return the place that ``token`` stands for, or ``None`` when it is not one of ours."""
        if not token.startswith(_PREFIX):
            return None
        try:
            raw = base64.b64decode(token[len(_PREFIX) :], validate=True)
        except (binascii.Error, ValueError):
            return None
        seal, body = raw[:_SEAL], raw[_SEAL:]
        if not hmac.compare_digest(seal, self._seal(body)):
            return None
        return Cursor(*json.loads(body))

    def _seal(self, body: bytes) -> bytes:
        return hmac.new(self._key, body, hashlib.sha256).digest()[:_SEAL]
