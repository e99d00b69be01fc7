"""What the audit is told of invitations: about the company; the address is sealed under the person's own key."""

from collections.abc import Mapping
from typing import Any

from tenantry.audit.events import Happening, Target
from tenantry.marketplace.models import Invitation


def invitation_happening(
    verb: str, invitation: Invitation, *, after: Mapping[str, Any] | None = None, reason: str = ""
) -> Happening:
    """Return the event ``marketplace.invitation.<verb>``. Needs ``invitation.membership.company``."""
    membership = invitation.membership
    ids = {"invitation": invitation.pk, "membership": membership.pk, "user": membership.user_id}
    return Happening(
        f"marketplace.invitation.{verb}",
        Target("company", str(membership.company_id), membership.company.name),
        after=ids | dict(after or {}),
        personal={"email": invitation.email},
        person=f"user:{membership.user_id}",
        reason=reason[:500],
    )
