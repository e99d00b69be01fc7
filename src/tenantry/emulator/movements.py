"""What can happen to a customer tenant, and what happens in one step of time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from random import Random
from typing import Final

_TRIES: Final = 200
_PER: Final = 2000  # one more of each kind for so many customers
_MOST: Final = 25
_RETURN_CHANCE: Final = 0.7


class MovementKind(StrEnum):
    """What happened. A changed contact shows only in the billing profile, never in the listing."""

    ADDED = "added"
    RENAMED = "renamed"
    CONTACT_CHANGED = "contact_changed"
    LEFT = "left"
    RETURNED = "returned"


_MIXTURE: Final = ((MovementKind.RENAMED, 1), (MovementKind.CONTACT_CHANGED, 2), (MovementKind.LEFT, 1))


@dataclass(frozen=True, slots=True)
class Movement:
    """One thing that happened to ``tenant_id`` in ``step`` (0: by a targeted control before any step).

    ``before`` and ``after`` are the name, or the contact, in words; ``before`` is empty for a new tenant.
    """

    kind: MovementKind
    tenant_id: str
    step: int
    before: str
    after: str


def plan_step(
    chance: Random, size: int, departed: Sequence[int], is_customer: Callable[[int], bool]
) -> list[tuple[MovementKind, int]]:
    """Return what happens in one step of a world with ``size`` positions, no position twice.

    ``departed`` are the positions that left earlier: one of them may return. ``is_customer`` tells whether a
    position is a reseller customer in the list. A world too small to find one that has not moved yet gets
    fewer movements.
    """
    some = min(_MOST, 1 + size // _PER)
    moved: set[int] = set()
    plan: list[tuple[MovementKind, int]] = []
    if departed and chance.random() < _RETURN_CHANCE:
        moved.add(departed[chance.randrange(len(departed))])
        plan.extend((MovementKind.RETURNED, index) for index in moved)
    for kind, times in _MIXTURE:
        for _ in range(times * some):
            index = _unmoved(chance, size, moved, is_customer)
            if index is not None:
                moved.add(index)
                plan.append((kind, index))
    plan.extend((MovementKind.ADDED, size + number) for number in range(some))
    return plan


def _unmoved(chance: Random, size: int, moved: set[int], is_customer: Callable[[int], bool]) -> int | None:
    for _ in range(_TRIES if size else 0):
        index = chance.randrange(size)
        if index not in moved and is_customer(index):
            return index
    return None
