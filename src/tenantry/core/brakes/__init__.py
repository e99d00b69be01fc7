"""The brakes: which classes of changes stop and wait for a person.

Values in, a verdict out. The same plan, limits and history always give the same verdict; a trip stops its whole class
and nothing else. ``limits`` has what can be set, ``trips`` what a verdict is made of; ``creations`` judges companies
and invitations, ``removals`` people who would be removed, ``errors`` failures of a connection. Pure.
"""

from tenantry.core.brakes.creations import (
    Creation,
    CreationHistory,
    Invitation,
    asks_before_removing,
    asks_for_number,
    judge_creations,
    judge_invitations,
    judge_undone_creations,
)
from tenantry.core.brakes.errors import Failures, judge_failures
from tenantry.core.brakes.limits import BOUNDS, Limits, problems_of
from tenantry.core.brakes.removals import CompanySize, PastRemoval, Removal, RemovalHistory, judge_removals
from tenantry.core.brakes.trips import Brake, Trip, Verdict

__all__ = [
    "BOUNDS",
    "Brake",
    "CompanySize",
    "Creation",
    "CreationHistory",
    "Failures",
    "Invitation",
    "Limits",
    "PastRemoval",
    "Removal",
    "RemovalHistory",
    "Trip",
    "Verdict",
    "asks_before_removing",
    "asks_for_number",
    "judge_creations",
    "judge_failures",
    "judge_invitations",
    "judge_removals",
    "judge_undone_creations",
    "problems_of",
]
