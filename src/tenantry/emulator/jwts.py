"""JSON web tokens taken apart and checked: what the sign-ins of both providers need."""

import base64
import binascii
import json
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa


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
