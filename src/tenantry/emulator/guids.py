"""Tenant ids that can be turned back into positions, so that a world of a million customers keeps no index."""

import hashlib
import re
import uuid

_BITS = 122
_MASK = (1 << _BITS) - 1
_HALF = _BITS // 2
_V4 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


def is_guid(text: str) -> bool:
    """Whether ``text`` is a GUID in its usual written form, with or without braces, in any case."""
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True


def derived_guid(*parts: object) -> str:
    """Return a GUID that depends on ``parts`` only, for ids that must be the same in every run of a seed."""
    digest = hashlib.blake2b("\x1f".join(map(str, parts)).encode(), digest_size=16).digest()
    return str(uuid.UUID(bytes=digest, version=4))


class GuidSequence:
    """A one-to-one map between small numbers and random-looking version 4 GUIDs.

    Two rounds of multiplication by an odd number and folding over the 122 free bits of a GUID: reversible
    with no memory. A GUID that somebody made up maps back to a number far beyond any world.
    """

    def __init__(self, *key: object) -> None:
        digest = hashlib.blake2b("\x1f".join(map(str, key)).encode(), digest_size=64).digest()
        self._first = (int.from_bytes(digest[:16], "big") & _MASK) | 1
        self._second = (int.from_bytes(digest[16:32], "big") & _MASK) | 1
        self._offset = int.from_bytes(digest[32:48], "big") & _MASK
        self._undo_first = pow(self._first, -1, 1 << _BITS)
        self._undo_second = pow(self._second, -1, 1 << _BITS)

    def guid(self, number: int) -> str:
        """Return the GUID of ``number`` (0 or more), in lower case."""
        value = (number * self._first + self._offset) & _MASK
        value ^= value >> _HALF
        value = (value * self._second) & _MASK
        value ^= value >> _HALF
        text = f"{value >> 2:030x}"
        variant = "89ab"[value & 3]
        return f"{text[:8]}-{text[8:12]}-4{text[12:15]}-{variant}{text[15:18]}-{text[18:]}"

    def number(self, guid: str) -> int | None:
        """Return the number behind ``guid``, or ``None`` when no number has that GUID."""
        text = guid.lower()
        if _V4.fullmatch(text) is None:
            return None
        digits = text[:8] + text[9:13] + text[15:18] + text[20:23] + text[24:]
        value = (int(digits, 16) << 2) | "89ab".index(text[19])
        value ^= value >> _HALF
        value = (value * self._undo_second) & _MASK
        value ^= value >> _HALF
        return ((value - self._offset) * self._undo_first) & _MASK
