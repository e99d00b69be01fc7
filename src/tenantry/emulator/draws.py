"""Deterministic draws: the same seed, subject and purpose always give the same choices, in any order of asking."""

import hashlib
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class Draw:
    """A supply of 512 random-looking bits for one subject, spent choice by choice.

    That is enough for some fifty small choices; a draw that runs dry would return zeros, so a purpose of its
    own is given to every independent group of choices.
    """

    __slots__ = ("_left",)

    def __init__(self, key: bytes, purpose: bytes, number: int) -> None:
        digest = hashlib.blake2b(number.to_bytes(8, "big"), key=key, person=purpose).digest()
        self._left = int.from_bytes(digest, "big")

    def below(self, bound: int) -> int:
        """Return a whole number from 0 to ``bound`` - 1."""
        self._left, drawn = divmod(self._left, bound)
        return drawn

    def chance(self, per_thousand: int) -> bool:
        """Return true in ``per_thousand`` of a thousand cases."""
        return self.below(1000) < per_thousand

    def pick(self, choices: Sequence[T]) -> T:
        """Return one of ``choices``, all equally likely."""
        self._left, drawn = divmod(self._left, len(choices))
        return choices[drawn]

    def digits(self, pattern: str) -> str:
        """Return ``pattern`` with every ``#`` replaced by a digit and every ``@`` by a capital letter."""
        out = []
        for mark in pattern:
            if mark == "#":
                out.append(str(self.below(10)))
            elif mark == "@":
                out.append("ABCDEFGHJKLMNPRSTUVWXYZ"[self.below(23)])
            else:
                out.append(mark)
        return "".join(out)


def seed_key(seed: int | str) -> bytes:
    """Return the key that all draws of a world with ``seed`` share."""
    return hashlib.blake2b(str(seed).encode(), digest_size=32).digest()
