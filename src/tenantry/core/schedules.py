"""When something is done again without anybody asking: at a place in the interval that is its own. Pure."""

import hashlib
from datetime import UTC, datetime, timedelta

_BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
_JITTER = 20  # at most a twentieth of the interval


def next_slot(key: bytes, every: timedelta, *, after: datetime) -> datetime:
    """Return the next moment for ``key``, at least half an interval ``after``.

    Each key has an offset of its own that never changes, so that many spread over the interval; and each slot a small
    delay of its own, so that they do not fall into step with what else happens at full hours.
    """
    offset = every * _share(key)
    earliest = after + every / 2
    number = -((_BEGINNING + offset - earliest) // every)
    slot = _BEGINNING + offset + every * number
    return slot + every / _JITTER * _share(key + str(number).encode())


def _share(key: bytes) -> float:
    return int.from_bytes(hashlib.blake2b(key, digest_size=6).digest()) / 2**48
