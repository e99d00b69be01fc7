"""Page tokens: sealed, bound to the parameters that they came with, good for three days."""

import base64
import binascii
import hashlib
import hmac
import json
from typing import Any, Final

from tenantry.emulator.clock import Clock
from tenantry.emulator.google.refusals import refused
from tenantry.emulator.google.switches import GoogleSwitches

_SEAL: Final = 12
_DAY: Final = 86_400


class PageTokens:
    """Makes and reads page tokens. They outlive a restart of the same seed."""

    def __init__(self, key: bytes, clock: Clock, switches: GoogleSwitches) -> None:
        self._key = key
        self._clock = clock
        self._switches = switches

    def make(self, asked: dict[str, str], position: list[Any]) -> str:
        """Return a token that continues the listing of ``asked`` at ``position``."""
        body = json.dumps([_digest(asked), int(self._clock.now()), position], separators=(",", ":")).encode()
        return base64.urlsafe_b64encode(self._seal(body) + body).decode()

    def read(self, asked: dict[str, str]) -> list[Any] | None:
        """Return the position in the token of ``asked``, ``None`` without one. Raises ``GoogleRefusal``."""
        token = asked.get("pagetoken", "")
        if not token:
            return None
        try:
            raw = base64.urlsafe_b64decode(token)
        except (binascii.Error, ValueError) as problem:
            raise refused("invalid", "Invalid Input: pageToken") from problem
        seal, body = raw[:_SEAL], raw[_SEAL:]
        if not hmac.compare_digest(seal, self._seal(body)):
            raise refused("invalid", "Invalid Input: pageToken")
        digest, issued, position = json.loads(body)
        lapsed = self._clock.now() - issued > self._switches.token_days * _DAY
        if lapsed or digest != _digest(asked):
            raise refused("invalid", "Invalid Input: pageToken")
        found: list[Any] = position
        return found

    def _seal(self, body: bytes) -> bytes:
        return hmac.new(self._key, body, hashlib.sha256).digest()[:_SEAL]


_FREE: Final = frozenset({"pagetoken", "alt", "prettyprint", "quotauser", "key", "maxresults", "pagesize", "fields"})


def _digest(asked: dict[str, str]) -> str:
    bound = sorted((name, value) for name, value in asked.items() if name not in _FREE)
    return hashlib.blake2b(repr(bound).encode(), digest_size=6).hexdigest()
