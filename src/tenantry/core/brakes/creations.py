"""Brakes of companies that a rule would create, and of e-mails that would be sent. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from tenantry.core.brakes.limits import Limits
from tenantry.core.brakes.trips import Brake, Trip


@dataclass(frozen=True, slots=True)
class Creation:
    """A company that a rule would create. ``key`` names it to the caller."""

    key: int
    invites: bool = False


@dataclass(frozen=True, slots=True)
class CreationHistory:
    """What the run did before, and whether it is its connection's first that creates by rule.

    ``made`` and ``invited``: companies that it created by rule, and people that it invited with these. ``held``: it
    holds creations already, so that later ones of the same run wait with them.
    """

    first: bool = False
    made: int = 0
    invited: int = 0
    held: bool = False


@dataclass(frozen=True, slots=True)
class Invitation:
    """A person whom a rule would invite. ``key`` names the change to the caller."""

    key: int


def judge_creations(creations: Sequence[Creation], limits: Limits, history: CreationHistory) -> Trip | None:
    """Return the brake that holds all of these creations, or ``None`` when all may go through."""
    if not creations:
        return None
    held = tuple(creation.key for creation in creations)
    total = history.made + len(creations)
    if history.first:
        reason = (
            f"The first companies that a rule would create from this connection: {total:,}. "
            "The first ones are always held, whatever their number."
        )
        return Trip(Brake.FIRST_CREATIONS, total, None, held, reason)
    if total > limits.creations_per_run or history.held:
        reason = f"One run would create {total:,} companies. The limit is {limits.creations_per_run:,}."
        return Trip(Brake.CREATIONS, total, limits.creations_per_run, held, reason)
    invited = history.invited + sum(creation.invites for creation in creations)
    return _too_many_invited(invited, held, limits)


def judge_invitations(
    invitations: Sequence[Invitation], limits: Limits, *, invited: int = 0, held: bool = False
) -> Trip | None:
    """Return the brake that holds all of these invitations, or ``None`` when all may go through.

    ``invited``: people that the same run invited before. ``held``: it holds invitations already, so that later ones
    of it wait with them.
    """
    if not invitations:
        return None
    keys = tuple(invitation.key for invitation in invitations)
    total = invited + len(invitations)
    return _too_many_invited(total, keys, limits, anyway=held)


def _too_many_invited(total: int, held: tuple[int, ...], limits: Limits, *, anyway: bool = False) -> Trip | None:
    if total <= limits.invitations_ask_above and not anyway:
        return None
    reason = f"One run would invite {total:,} people. The limit is {limits.invitations_ask_above:,}."
    return Trip(Brake.INVITATIONS, total, limits.invitations_ask_above, held, reason)


def judge_undone_creations(keys: Sequence[int], limits: Limits) -> Trip | None:
    """Return the brake that holds the un-creating of these companies, which are named by keys: the limit of a run."""
    total = len(keys)
    if total <= limits.creations_per_run:
        return None
    reason = f"Taking back would remove {total:,} companies. The limit is {limits.creations_per_run:,}."
    return Trip(Brake.UNDONE_CREATIONS, total, limits.creations_per_run, tuple(keys), reason)


def asks_before_removing(companies: int, limits: Limits) -> bool:
    """Whether a person must type how many companies go before that many are un-created: as many as a run may create."""
    return companies > limits.creations_per_run


def asks_for_number(invitations: int, limits: Limits) -> bool:
    """Whether a person must type how many people are invited before that many are."""
    return invitations > limits.invitations_ask_above
