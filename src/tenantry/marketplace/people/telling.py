"""What the audit is told of people. Their names and addresses are sealed under each person's own key."""

from collections.abc import Mapping
from typing import Any

from tenantry.audit.events import Happening
from tenantry.marketplace.companies.telling import target_of
from tenantry.marketplace.models import Membership


def person_subject(user_id: int) -> str:
    """Return whom a person's values are sealed for."""
    return f"user:{user_id}"


def membership_happening(
    verb: str, membership: Membership, *, before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None, personal: Mapping[str, Any] | None = None,
) -> Happening:  # fmt: skip
    """Return the event ``marketplace.membership.<verb>``, told about the company. Needs ``membership.company``."""
    ids = {"membership": membership.pk, "user": membership.user_id}
    shown = {"first_name": membership.profile_first_name, "last_name": membership.profile_last_name}
    return Happening(
        f"marketplace.membership.{verb}",
        target_of(membership.company_id, membership.company.name),
        before=before,
        after=ids | dict(after or {}),
        personal=shown if personal is None else personal,
        person=person_subject(membership.user_id),
    )
