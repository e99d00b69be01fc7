"""What a connection was given and can lose: when each ends, and when somebody is to be told, once for each step."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

# A person is told when so many days are left; 0 is the end itself.
STEPS = (30, 14, 7, 1)
ENDED = 0
# A refresh token lives so long after it was issued; each use brings a new one (docs/reference/partner-center.md 2.2).
SIGN_IN_LASTS = timedelta(days=90)


class Matter(StrEnum):
    """What can end or get lost."""

    SECRET = "secret"  # noqa: S105  # the word, not one
    CERTIFICATE = "certificate"
    SIGN_IN = "sign_in"
    PERMISSION = "permission"
    DELEGATED_ADMIN = "delegated_admin"


@dataclass(frozen=True, slots=True)
class Concern:
    """One thing that ends at ``ends_at``, or that is gone (``None``).

    ``subject`` tells several of a kind apart: the permission, or the tenant's id. ``name`` is what people call it.
    """

    matter: Matter
    ends_at: datetime | None
    subject: str = ""
    name: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """What makes two concerns the same one at different times."""
        return (self.matter.value, self.subject)


@dataclass(frozen=True, slots=True)
class Told:
    """What somebody was told last about a concern: its end at that time, and the step."""

    ends_at: datetime | None
    step: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to tell now, each with its step; and the keys of what was told of and is well again."""

    tell: tuple[tuple[Concern, int], ...]
    mended: tuple[tuple[str, str], ...]


def step_at(ends_at: datetime | None, *, now: datetime) -> int | None:
    """Return the step that was reached: 30, 14, 7 or 1 days left, 0 for ended or gone, ``None`` for far away."""
    if ends_at is None or ends_at <= now:
        return ENDED
    reached = [step for step in STEPS if ends_at - now <= timedelta(days=step)]
    return min(reached, default=None)


def days_left(ends_at: datetime, *, now: datetime) -> int:
    """Return how many days are left, begun ones counted; 0 when it has ended."""
    return max(0, -((now - ends_at) // timedelta(days=1)))


def judge_concerns(
    concerns: Iterable[Concern], told: Mapping[tuple[str, str], Told], *, now: datetime
) -> Verdict:  # fmt: skip
    """Return what is to be told: each step of each end once. A renewed end begins anew, and is told of as mended."""
    tell, alive = [], set()
    for concern in concerns:
        step = step_at(concern.ends_at, now=now)
        if step is None:
            continue
        alive.add(concern.key)
        before = told.get(concern.key)
        if before is None or before.ends_at != concern.ends_at or step < before.step:
            tell.append((concern, step))
    return Verdict(tuple(tell), tuple(sorted(key for key in told if key not in alive)))
