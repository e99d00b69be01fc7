"""Access tokens of Microsoft's sign-in: signed with one key, and checked when they come back."""

import hashlib
import json
import secrets
from typing import Any, Final

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from tenantry.emulator.clock import Clock
from tenantry.emulator.jwts import TokenError, check_signature, encode_part, unverified

_REMEMBERED: Final = 5000
_GENERATION_DIGITS: Final = 6


class TokenMint:
    """Signs access and id tokens with one key, and checks those that come back. Safe from several threads."""

    def __init__(self, key: rsa.RSAPrivateKey, clock: Clock) -> None:
        self._key = key
        self._public = key.public_key()
        self._clock = clock
        self._seen: dict[str, dict[str, Any]] = {}
        self._generation = 0
        spki = self._public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        self.key_id = encode_part(hashlib.sha256(spki).digest()[:20])
        numbers = self._public.public_numbers()
        self.published_keys = {
            "keys": [
                {
                    "kty": "RSA", "use": "sig", "alg": "RS256", "kid": self.key_id, "x5t": self.key_id,
                    "n": encode_part(numbers.n.to_bytes((numbers.n.bit_length() + 7) // 8, "big")),
                    "e": encode_part(numbers.e.to_bytes(3, "big")),
                }
            ]
        }  # fmt: skip

    def sign(self, claims: dict[str, Any]) -> str:
        """Return a signed token that carries ``claims``."""
        header = {"typ": "JWT", "alg": "RS256", "x5t": self.key_id, "kid": self.key_id}
        signed = ".".join(encode_part(json.dumps(part, separators=(",", ":")).encode()) for part in (header, claims))
        signature = self._key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{signed}.{encode_part(signature)}"

    def verified(self, token: str) -> dict[str, Any]:
        """Return the claims of a token of ours that has not lapsed. Raises ``TokenError``."""
        claims = self._seen.get(token)
        if claims is None:
            header, claims, signed, signature = unverified(token)
            check_signature(self._public, str(header.get("alg")), signed, signature)
            if len(self._seen) >= _REMEMBERED:
                self._seen.clear()
            self._seen[token] = claims
        now = self._clock.now()
        if not claims["nbf"] - 300 <= now < claims["exp"]:
            raise TokenError("The token has lapsed or is not valid yet.", expired=True)
        if int(str(claims["uti"])[-_GENERATION_DIGITS:], 16) < self._generation:
            raise TokenError("The token was revoked.", expired=True)
        return claims

    def revoke_all(self) -> None:
        """Refuse from now on every access token that exists, as after an outage or a policy change."""
        self._generation += 1

    def new_id(self) -> str:
        """Return an id for a new access token (the claim ``uti``). Its end tells which revocations came later."""
        return f"{secrets.token_urlsafe(12)}{self._generation:0{_GENERATION_DIGITS}x}"
