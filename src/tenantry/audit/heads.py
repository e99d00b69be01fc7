"""The head of each chain: how far it goes, signed with the key ring, which is not in the database.

Whoever changes the database alone can shorten a chain, but not sign the shorter one.
"""

import hmac
from dataclasses import dataclass
from datetime import datetime

from tenantry.audit.models import ChainHead
from tenantry.audit.services import key_ring

_PURPOSE = "audit.chain_head"


@dataclass(frozen=True, slots=True)
class Head:
    """The last link of a chain, and the last one that retention removed from its beginning (0 and empty: none)."""

    marketplace_id: int
    sequence: int
    digest: bytes
    base_sequence: int = 0
    base_digest: bytes = b""

    @property
    def base(self) -> tuple[int, bytes]:
        """Where the chain that is kept begins."""
        return self.base_sequence, self.base_digest


def head_of(marketplace_id: int) -> Head | None:
    """Return the head as it stands in the database, whether or not its mark holds."""
    row = ChainHead.objects.filter(marketplace_id=marketplace_id).first()
    return _head(row) if row else None


def sound_head_of(marketplace_id: int) -> tuple[Head | None, bool]:
    """Return the head, and whether its mark is one of this installation's. Raises ``KeyRingMissing``."""
    row = ChainHead.objects.filter(marketplace_id=marketplace_id).first()
    if row is None:
        return None, False
    head = _head(row)
    marks = key_ring().signatures(_message(head), purpose=_PURPOSE)
    return head, any(hmac.compare_digest(mark, bytes(row.mark)) for mark in marks)


def write_head(head: Head, *, now: datetime) -> None:
    """Sign the head and store it, under the chain's lock. Raises ``KeyRingMissing``."""
    mark = key_ring().signatures(_message(head), purpose=_PURPOSE)[0]
    values = {
        "sequence": head.sequence, "digest": head.digest, "base_sequence": head.base_sequence,
        "base_digest": head.base_digest, "mark": mark, "changed_at": now,
    }  # fmt: skip
    ChainHead.objects.update_or_create(marketplace_id=head.marketplace_id, defaults=values)


def _head(row: ChainHead) -> Head:
    return Head(row.marketplace_id, row.sequence, bytes(row.digest), row.base_sequence, bytes(row.base_digest))


def _message(head: Head) -> bytes:
    parts = (head.marketplace_id, head.sequence, head.digest.hex(), head.base_sequence, head.base_digest.hex())
    return ":".join(map(str, parts)).encode()
