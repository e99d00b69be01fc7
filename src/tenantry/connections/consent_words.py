"""What ends or is missing, in words: the same on pages, in letters and from ``tenantry doctor``."""

from dataclasses import dataclass
from datetime import datetime

from tenantry.core.consent import Concern, Matter, days_left

_WHAT = {
    Matter.SECRET: "The secret",
    Matter.CERTIFICATE: "The certificate",
    Matter.SIGN_IN: "The sign-in",
    Matter.DELEGATED_ADMIN: "Delegated administration of {name}",
}
_FIX = {
    Matter.SECRET: "Make a new secret in Entra, and replace it on the connection's page.",
    Matter.CERTIFICATE: "Make a new certificate, add it to the application in Entra, and replace it on the "
    "connection's page.",
    Matter.SIGN_IN: "Microsoft ends it after 90 days without use. Sign in again on the connection's page.",
    Matter.DELEGATED_ADMIN: "Ask the customer in Partner Center for a new delegated administration relationship (GDAP) "
    "with the role Directory Readers. Until then the people who are known stay as they are.",
    Matter.PERMISSION: "Open the connection's page: each permission says how to mend it. Then test it again.",
}


@dataclass(frozen=True, slots=True)
class Words:
    """A title without a full stop, and what to do. ``bad``: it ended or is gone; otherwise it soon will."""

    title: str
    fix: str
    bad: bool


def in_words(concern: Concern, *, now: datetime) -> Words:
    """Return what is the matter, and what to do about it."""
    fix = _FIX[concern.matter]
    if concern.matter is Matter.PERMISSION:
        return Words(f"A permission is missing: {concern.name or concern.subject}", fix, bad=True)
    what = _WHAT[concern.matter].format(name=concern.name or concern.subject)
    if concern.ends_at is None:
        return Words(f"{what} has ended", fix, bad=True)
    left = days_left(concern.ends_at, now=now)
    if left == 0:
        return Words(f"{what} has ended, on {concern.ends_at:%d %b %Y}", fix, bad=True)
    return Words(f"{what} ends in {left} day{'' if left == 1 else 's'}, on {concern.ends_at:%d %b %Y}", fix, bad=False)
