"""The secret in an invitation's link: made from the invitation's nonce and the installation's keys, stored nowhere.

The database has the token's digest alone: whoever reads it can't follow a link, and the same link can be made again
for an e-mail that has to be repeated.
"""

import base64
import hashlib
from uuid import UUID

from tenantry.sealing import KeyRing

LENGTH = 43
_PURPOSE = "invitation link"


class LinkLost(Exception):
    """The key that made this link is gone from the key ring: only a new invitation helps."""


def new_token(nonce: UUID, ring: KeyRing) -> str:
    """Return the token of a fresh nonce, under the current key."""
    return _tokens(nonce, ring)[0]


def token_again(nonce: UUID, token_hash: str, ring: KeyRing) -> str:
    """Return the token that has this digest, whichever key made it. Raises :class:`LinkLost`."""
    for token in _tokens(nonce, ring):
        if digest_of(token) == token_hash:
            return token
    raise LinkLost("The key that made this invitation's link is no longer in the key ring. Send the invitation again.")


def digest_of(token: str) -> str:
    """Return what the database keeps of a token."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def _tokens(nonce: UUID, ring: KeyRing) -> list[str]:
    marks = ring.signatures(nonce.bytes, purpose=_PURPOSE)
    return [base64.urlsafe_b64encode(mark).decode("ascii").rstrip("=") for mark in marks]
