"""The brakes: which classes of changes stop and wait for a person.

Pure. The same changes, limits and history always give the same verdict; a trip stops its whole class and nothing else.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Brake(StrEnum):
    """A rule that stops a class of changes."""

    FIRST_CREATIONS = "first_creations"
    CREATIONS = "creations"
    INVITATIONS = "invitations"


@dataclass(frozen=True, slots=True)
class Limits:
    """Where the brakes of a marketplace hold.

    ``creations_per_run`` and ``invitations_ask_above`` are the most that go through unasked, ``invitations_per_hour``
    the most e-mails that leave in any hour.
    """

    creations_per_run: int = 25
    invitations_ask_above: int = 200
    invitations_per_hour: int = 50


# The least and the most that each limit can be set to. A limit of no creations holds every one of them.
BOUNDS = {
    "creations_per_run": (0, 10_000),
    "invitations_ask_above": (0, 10_000),
    "invitations_per_hour": (1, 1_000),
}


@dataclass(frozen=True, slots=True)
class Creation:
    """A company that a rule would create. ``key`` names it to the caller."""

    key: int
    invites: bool = False


@dataclass(frozen=True, slots=True)
class History:
    """What the run did before, and whether it is its connection's first that creates by rule.

    ``made`` and ``invited``: companies that it created by rule, and people that it invited with these. ``held``: it
    holds creations already, so that later ones of the same run wait with them.
    """

    first: bool = False
    made: int = 0
    invited: int = 0
    held: bool = False


@dataclass(frozen=True, slots=True)
class Trip:
    """A brake that holds. ``count`` of the class went or would go through, ``limit`` did not want more."""

    brake: Brake
    count: int
    limit: int | None
    held: tuple[int, ...]
    reason: str


def judge(creations: Sequence[Creation], limits: Limits, history: History) -> Trip | None:
    """Return the brake that holds all of these creations, or ``None`` when all may go through."""
    if not creations:
        return None
    held = tuple(creation.key for creation in creations)
    total = history.made + len(creations)
    invited = history.invited + sum(creation.invites for creation in creations)
    if history.first:
        reason = (
            f"The first companies that a rule would create from this connection: {total:,}. "
            "The first ones are always held, whatever their number."
        )
        return Trip(Brake.FIRST_CREATIONS, total, None, held, reason)
    if total > limits.creations_per_run or history.held:
        reason = f"One run would create {total:,} companies. The limit is {limits.creations_per_run:,}."
        return Trip(Brake.CREATIONS, total, limits.creations_per_run, held, reason)
    if invited > limits.invitations_ask_above:
        reason = f"One run would invite {invited:,} people. The limit is {limits.invitations_ask_above:,}."
        return Trip(Brake.INVITATIONS, invited, limits.invitations_ask_above, held, reason)
    return None


def asks_for_number(invitations: int, limits: Limits) -> bool:
    """Whether a person must type how many people are invited before that many are."""
    return invitations > limits.invitations_ask_above


def problems_of(limits: Limits) -> dict[str, str]:
    """Return what is wrong with the limits, by their names, in sentences; nothing for limits that can be kept."""
    found = {}
    for name, (least, most) in BOUNDS.items():
        if not least <= getattr(limits, name) <= most:
            found[name] = f"Give a number from {least:,} to {most:,}."
    return found
