"""Why a link between a person of a directory and a membership ended."""

from enum import StrEnum


class EndReason(StrEnum):
    """As ``UserLink.end_reason`` keeps it. After ``BY_HAND`` no rule links the two again."""

    LEFT = "left"
    OUT_OF_SCOPE = "out_of_scope"
    TENANT_UNLINKED = "tenant_unlinked"
    BY_HAND = "by_hand"
