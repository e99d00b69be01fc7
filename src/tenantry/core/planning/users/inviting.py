"""Which of the people who came in are invited by the rule."""

from dataclasses import dataclass
from datetime import datetime

from tenantry.core.invitations import looks_like_user_name


@dataclass(frozen=True, slots=True)
class Newcomer:
    """A person whom the sync brought. ``invited``: there ever was an invitation to this place."""

    came_at: datetime
    email: str
    invited: bool = False
    accepted: bool = False
    active: bool = True


def is_invited_by_rule(newcomer: Newcomer, invite_since: datetime | None) -> bool:
    """Whether the rule, on since ``invite_since`` (``None``: off), invites this person.

    Only who came in after it was switched on, never twice, and never at a user name: only a person can say that one
    takes mail.
    """
    if invite_since is None or newcomer.came_at < invite_since:
        return False
    waits = newcomer.active and not (newcomer.invited or newcomer.accepted)
    return waits and bool(newcomer.email) and not looks_like_user_name(newcomer.email)
