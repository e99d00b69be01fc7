"""What a company's directory or import says of a person: on the membership, never on the person."""

from collections.abc import Sequence

from tenantry.audit.events import Happening
from tenantry.core.drafts import PersonDraft
from tenantry.marketplace.models import Membership
from tenantry.marketplace.people.telling import membership_happening


def write_profiles(said: Sequence[tuple[Membership, PersonDraft]]) -> list[Happening]:
    """Bring profiles up to date; return the events to record. Blanks erase nothing, equal values cost no write."""
    changed, told = [], []
    for membership, person in said:
        before = {"first_name": membership.profile_first_name, "last_name": membership.profile_last_name}
        after = {name: getattr(person, name) or old for name, old in before.items()}
        if after == before:
            continue
        membership.profile_first_name, membership.profile_last_name = after["first_name"], after["last_name"]
        changed.append(membership)
        personal = {"before": before, "after": after}
        told.append(membership_happening("profile_changed", membership, personal=personal))
    Membership.objects.bulk_update(changed, ["profile_first_name", "profile_last_name"])
    return told
