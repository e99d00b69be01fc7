"""The brake of errors: when a connection is set aside because what it reads fails. Pure."""

from dataclasses import dataclass

from tenantry.core.brakes.limits import Limits
from tenantry.core.brakes.trips import Brake, Trip


@dataclass(frozen=True, slots=True)
class Failures:
    """What became of the rows that a run of a connection tried: ``tried`` in all, ``failed`` of them.

    ``credentials`` says what is wrong with the credentials themselves; empty while they are taken.
    """

    tried: int = 0
    failed: int = 0
    credentials: str = ""


def judge_failures(failures: Failures, limits: Limits) -> Trip | None:
    """Return the brake that sets the connection aside, or ``None`` while it may go on.

    Refused credentials do at once; else enough rows must have been tried, and too large a part of them have failed.
    """
    tried, failed, limit = failures.tried, failures.failed, limits.errors_percent
    if failures.credentials:
        return Trip(Brake.CREDENTIALS, failed, None, (), failures.credentials)
    if tried >= limits.errors_least_rows and failed * 100 > limit * tried:
        reason = f"{failed:,} of {tried:,} rows failed (limit {limit} %)."
        return Trip(Brake.ERRORS, failed, limit, (), reason, tried)
    return None
