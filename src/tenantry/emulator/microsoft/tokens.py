"""JSON web tokens: signing and checking access tokens, and checking the assertions of a certificate."""

import base64
import binascii
import hashlib
import json
import secrets
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from tenantry.emulator.clock import Clock

_REMEMBERED: Final = 5000
_GENERATION_DIGITS: Final = 6


class TokenError(Exception):
    """A token cannot be used. ``expired`` tells a lapsed one from a broken or foreign one."""

    def __init__(self, message: str, *, expired: bool = False) -> None:
        super().__init__(message)
        self.expired = expired


def encode_part(raw: bytes) -> str:
    """Return ``raw`` in base64 as tokens use it: URL-safe, without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def decode_part(text: str) -> bytes:
    """Undo :func:`encode_part`. Raises ``TokenError`` when it is not base64."""
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError) as problem:
        raise TokenError("A part of the token is not base64.") from problem


def unverified(token: str) -> tuple[dict[str, Any], dict[str, Any], bytes, bytes]:
    """Return header, claims, signed bytes and signature of ``token``. Raises ``TokenError`` when it is no JWT."""
    parts = token.split(".")
    if len(parts) != 3:  # noqa: PLR2004 (header, claims, signature)
        raise TokenError("A token has three parts.")
    try:
        header, claims = json.loads(decode_part(parts[0])), json.loads(decode_part(parts[1]))
    except ValueError as problem:
        raise TokenError("The token does not hold JSON.") from problem
    if not isinstance(header, dict) or not isinstance(claims, dict):
        raise TokenError("The token does not hold JSON objects.")
    return header, claims, f"{parts[0]}.{parts[1]}".encode(), decode_part(parts[2])


def check_signature(key: rsa.RSAPublicKey, algorithm: str, signed: bytes, signature: bytes) -> None:
    """Check an RS256 or PS256 signature. Raises ``TokenError`` when it is wrong or the algorithm another."""
    scheme: padding.AsymmetricPadding
    if algorithm == "RS256":
        scheme = padding.PKCS1v15()
    elif algorithm == "PS256":
        scheme = padding.PSS(mgf=padding.MGF1(hashes.SHA256()), salt_length=padding.PSS.AUTO)
    else:
        raise TokenError(f"The algorithm {algorithm} is not accepted.")
    try:
        key.verify(signature, signed, scheme, hashes.SHA256())
    except InvalidSignature as problem:
        raise TokenError("The signature is wrong.") from problem


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
