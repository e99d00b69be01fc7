"""Numbers that look random and can be turned back, so that a world of very many people keeps no index."""

import hashlib
from typing import Final

_DIGITS: Final = "0123456789abcdefghijklmnopqrstuvwxyz"


class Scramble:
    """A one-to-one map of the numbers below ``2 ** bits`` onto themselves, which depends on ``key`` only."""

    def __init__(self, bits: int, *key: object) -> None:
        digest = hashlib.blake2b("\x1f".join(map(str, key)).encode(), digest_size=64).digest()
        self._mask = (1 << bits) - 1
        self._half = (bits + 1) // 2
        self._first = (int.from_bytes(digest[:16], "big") & self._mask) | 1
        self._second = (int.from_bytes(digest[16:32], "big") & self._mask) | 1
        self._offset = int.from_bytes(digest[32:48], "big") & self._mask
        self._undo_first = pow(self._first, -1, 1 << bits)
        self._undo_second = pow(self._second, -1, 1 << bits)

    def mixed(self, number: int) -> int:
        """Return the number that stands for ``number``."""
        value = (number * self._first + self._offset) & self._mask
        value ^= value >> self._half
        value = (value * self._second) & self._mask
        return value ^ (value >> self._half)

    def unmixed(self, value: int) -> int:
        """Return the number that ``value`` stands for. Raises ``ValueError`` when it is out of range."""
        if not 0 <= value <= self._mask:
            raise ValueError("The value is not one of this map.")
        value ^= value >> self._half
        value = (value * self._undo_second) & self._mask
        value ^= value >> self._half
        return ((value - self._offset) * self._undo_first) & self._mask


def base36(number: int, width: int) -> str:
    """Return ``number`` in base 36, small letters, padded with zeros to ``width``."""
    out = []
    while number:
        number, digit = divmod(number, 36)
        out.append(_DIGITS[digit])
    return "".join(reversed(out)).rjust(width, "0")
