"""What planning knows of people: of the directory, of the marketplace, and of the links between the two."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tenantry.core.planning.users.scope import ScopeFacts

PROFILE_FIELDS = ("first_name", "last_name")
OWN_FIELDS = ("email", "first_name", "last_name", "phone", "language")
"""What a directory may say of a person whom only its company knows. Of all others it says the profile alone."""


@dataclass(frozen=True, slots=True)
class DirectoryPerson:
    """A person of a linked tenant. Texts are as a marketplace would keep them (``fields.usable_values``).

    ``gone``: deleted at the provider, or missed by two complete listings a day apart; ``deleted`` tells which.
    ``missed``: not in the last complete listing. ``addresses`` are the e-mail address and its aliases, in lower case,
    and the user name where the provider tells no address: they only find people, and are never written to.
    """

    person_id: int
    external_id: str
    tenant_id: int
    company_id: int
    provider: str
    values: Mapping[str, str]
    addresses: tuple[str, ...] = ()
    facts: ScopeFacts = field(default_factory=ScopeFacts)
    gone: bool = False
    deleted: bool = False
    missed: bool = False
    usable: bool = True

    @property
    def shown_name(self) -> str:
        """The name to show, or the first address, or the provider's id."""
        name = f"{self.values.get('first_name', '')} {self.values.get('last_name', '')}".strip()
        return name or next(iter(self.addresses), self.external_id)


@dataclass(frozen=True, slots=True)
class LinkView:
    """The latest link of a person of a directory. ``deactivated``: ending it took the membership away.

    ``taken_back`` has, by member of a change, the digest of a value that a person took back: it is not taken again
    while the directory says the same.
    """

    link_id: int
    membership_id: int
    live: bool
    by_hand: bool = False
    ended_by_hand: bool = False
    deactivated: bool = False
    taken_back: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LivingLink:
    """A live link of a membership, seen from the membership: the person at its other end, and who comes first."""

    person_id: int
    tenant_id: int
    precedence: int = 0

    @property
    def rank(self) -> tuple[int, int]:
        """Of several links the one with the lowest rank says the fields."""
        return self.precedence, self.person_id


@dataclass(frozen=True, slots=True)
class MembershipView:
    """A person's place in the company.

    ``brought``: the sync made it. ``own``: only this company knows the person, who has no login; then the directory
    says the person's fields too (``user``), else the profile alone. ``past_people``: people of directories who were
    linked to it before, by tenant. ``taken_away``: it is inactive because the sync made it so when its last one left.
    """

    membership_id: int
    user_id: int
    administrator: bool = False
    active: bool = True
    brought: bool = True
    pinned: bool = False
    taken_away: bool = False
    own: bool = False
    has_login: bool = False
    erased: bool = False
    profile: Mapping[str, str] = field(default_factory=dict)
    user: Mapping[str, str] = field(default_factory=dict)
    live: tuple[LivingLink, ...] = ()
    past_people: frozenset[tuple[int, int]] = frozenset()
