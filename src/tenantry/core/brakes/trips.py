"""What a verdict of the brakes is made of. Pure."""

from dataclasses import dataclass
from enum import StrEnum


class Brake(StrEnum):
    """A rule that stops a class of changes."""

    FIRST_CREATIONS = "first_creations"
    CREATIONS = "creations"
    INVITATIONS = "invitations"
    COMPANY_EMPTY = "company_empty"
    COMPANY_ADMINISTRATORS = "company_administrators"
    COMPANY_REMOVALS = "company_removals"
    COMPANY_REMOVALS_WEEK = "company_removals_week"
    REMOVALS_DAY = "removals_day"
    REMOVALS_DAY_SHARE = "removals_day_share"
    REMOVALS_MONTH = "removals_month"
    UNDONE_CREATIONS = "undone_creations"
    CREDENTIALS = "credentials"
    ERRORS = "errors"


@dataclass(frozen=True, slots=True)
class Trip:
    """A brake that holds. ``count`` of the class went or would go through, ``limit`` did not want more.

    ``held`` are the keys of what it stops, ``of`` what the count is a part of, ``company`` the company whose class it
    is; ``None`` where there is none. ``limit`` is in percent where the brake is a share. ``reason`` is a sentence.
    """

    brake: Brake
    count: int
    limit: int | None
    held: tuple[int, ...]
    reason: str
    of: int | None = None
    company: int | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the brakes say to a plan. No key is held by two trips; what none of them holds may be applied."""

    trips: tuple[Trip, ...] = ()

    @property
    def held(self) -> frozenset[int]:
        """The keys of all that is held."""
        return frozenset(key for trip in self.trips for key in trip.held)
