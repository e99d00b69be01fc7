"""Who of the company a person of its directory is: by e-mail address or alias, within the company only.

A link decides before this is asked. What is not clear is left to people.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

from tenantry.core.planning.users.reasons import Reason
from tenantry.core.planning.users.views import DirectoryPerson, MembershipView


class MatchedBy(StrEnum):
    """What the two have in common."""

    EMAIL = "email"
    ALIAS = "alias"


@dataclass(frozen=True, slots=True)
class Matched:
    """A membership that is the same person, or why that is for a person to say. Neither: nobody is known."""

    membership: MembershipView | None = None
    by: MatchedBy | None = None
    conflict: Reason | None = None


def match_person(
    person: DirectoryPerson, holders: Mapping[str, MembershipView], shared: Collection[str]
) -> Matched:  # fmt: skip
    """Return who of the company the person is.

    ``holders`` are the company's memberships by each address that they are known by, ``shared`` the addresses that
    several people of the same directory carry.
    """
    if any(address in shared for address in person.addresses):
        return Matched(conflict=Reason.SHARED_ADDRESS)
    found = {holders[each].membership_id: holders[each] for each in person.addresses if each in holders}
    if not found:
        return Matched()
    if len(found) > 1:
        return Matched(conflict=Reason.SEVERAL_USERS)
    [membership] = found.values()
    conflict = _conflict(person, membership)
    if conflict is not None:
        return Matched(conflict=conflict)
    email = person.values.get("email", "")
    direct = bool(email) and holders.get(email) is membership
    return Matched(membership, MatchedBy.EMAIL if direct else MatchedBy.ALIAS)


def _conflict(person: DirectoryPerson, membership: MembershipView) -> Reason | None:
    colleagues = {link.person_id for link in membership.live if link.tenant_id == person.tenant_id}
    if colleagues - {person.person_id}:
        return Reason.TAKEN_BY_COLLEAGUE
    before = {who for who, tenant in membership.past_people if tenant == person.tenant_id} - {person.person_id}
    return Reason.ADDRESS_USED_BEFORE if before and membership.has_login else None
