"""Why somebody of a directory flows in or not: one word for each answer, and a sentence for people."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Verdict(StrEnum):
    """What a marketplace makes of a person: ``OUT`` of the scope or gone, ``SKIPPED`` for a person to look at."""

    IN = "in"
    OUT = "out"
    SKIPPED = "skipped"


class Reason(StrEnum):
    """Why. Each belongs to one verdict: :data:`VERDICTS`."""

    FOLLOWS = "follows"
    KEPT_BY_HAND = "kept_by_hand"
    PINNED = "pinned"
    NOT_LICENSED = "not_licensed"
    GUEST = "guest"
    DISABLED = "disabled"
    OTHER_DOMAIN = "other_domain"
    OTHER_ORG_UNIT = "other_org_unit"
    NO_PERSON = "no_person"
    LEFT = "left"
    DELETED = "deleted"
    NOT_TOLD = "not_told"
    MISSED_ONCE = "missed_once"
    SHARED_ADDRESS = "shared_address"
    SEVERAL_USERS = "several_users"
    TAKEN_BY_COLLEAGUE = "taken_by_colleague"
    ADDRESS_USED_BEFORE = "address_used_before"
    UNLINKED_BY_HAND = "unlinked_by_hand"
    DEACTIVATED_BY_HAND = "deactivated_by_hand"
    LAST_ADMINISTRATOR = "last_administrator"
    PINNED_LEAVER = "pinned_leaver"
    ERASED = "erased"
    UNUSABLE = "unusable"


_IN: Final = frozenset({Reason.FOLLOWS, Reason.KEPT_BY_HAND, Reason.PINNED})
_OUT: Final = frozenset({
    Reason.NOT_LICENSED, Reason.GUEST, Reason.DISABLED, Reason.OTHER_DOMAIN, Reason.OTHER_ORG_UNIT, Reason.NO_PERSON,
    Reason.LEFT, Reason.DELETED,
})  # fmt: skip
CONFLICTS: Final = frozenset({
    Reason.SHARED_ADDRESS, Reason.SEVERAL_USERS, Reason.TAKEN_BY_COLLEAGUE, Reason.ADDRESS_USED_BEFORE,
})  # fmt: skip
"""What a person has to resolve: who of two is meant."""

VERDICTS: Final[Mapping[Reason, Verdict]] = MappingProxyType({
    reason: Verdict.IN if reason in _IN else Verdict.OUT if reason in _OUT else Verdict.SKIPPED for reason in Reason
})  # fmt: skip

SENTENCES: Final[Mapping[Reason, str]] = MappingProxyType({
    Reason.FOLLOWS: "In the scope; the directory keeps this person current.",
    Reason.KEPT_BY_HAND: "In the directory and in the marketplace. The sync did not bring this person, so it changes "
    "nothing.",
    Reason.PINNED: "Pinned: no sync changes this person.",
    Reason.NOT_LICENSED: "Has no licence, and only licensed people flow in.",
    Reason.GUEST: "Is a guest, and guests don't flow in.",
    Reason.DISABLED: "Can't sign in at the provider (blocked, suspended or archived), and such people don't flow in.",
    Reason.OTHER_DOMAIN: "The address is in none of the domains that flow in.",
    Reason.OTHER_ORG_UNIT: "Is in none of the organisational units that flow in.",
    Reason.NO_PERSON: "The account stands for a mailbox or a program, not for a person.",
    Reason.LEFT: "No longer in the directory: two complete listings, a day apart, did not have this person.",
    Reason.DELETED: "Deleted at the provider.",
    Reason.NOT_TOLD: "A rule of the scope asks for something that the provider has not told of this person yet.",
    Reason.MISSED_ONCE: "Not in the last complete listing. A second one, a day later, decides.",
    Reason.SHARED_ADDRESS: "Somebody else in the same directory has the same address. Correct it at the provider, or "
    "link each of them to a user.",
    Reason.SEVERAL_USERS: "The addresses belong to several users of the company. Link this person to the right one.",
    Reason.TAKEN_BY_COLLEAGUE: "The user with this address is linked to somebody else of the same directory.",
    Reason.ADDRESS_USED_BEFORE: "The address was somebody else's of the same directory, who signs in here. Link this "
    "person by hand if it is the same.",
    Reason.UNLINKED_BY_HAND: "Somebody unlinked this person. Link them by hand to follow the directory again.",
    Reason.DEACTIVATED_BY_HAND: "Somebody deactivated this person here, so the sync leaves them so.",
    Reason.LAST_ADMINISTRATOR: "Left the directory, but is the company's last administrator. Make somebody else "
    "administrator first.",
    Reason.PINNED_LEAVER: "Left the directory, but is pinned: the sync changes nothing.",
    Reason.ERASED: "This person's data was erased here, so nothing is read of them any more.",
    Reason.UNUSABLE: "The directory's values can't be kept: an address or a name is malformed or too long.",
})  # fmt: skip


def verdict_of(reason: Reason) -> Verdict:
    """Return the verdict that a reason belongs to."""
    return VERDICTS[reason]
