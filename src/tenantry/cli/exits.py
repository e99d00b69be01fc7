"""Exit codes, as features.md section 9 and docs/reference/cli.md list them."""

from enum import IntEnum


class Exit(IntEnum):
    """How a command ended."""

    DONE = 0
    ERROR = 1
    CHANGES_PLANNED = 2
    HELD = 3
    PARTLY_FAILED = 4
    LISTING_INCOMPLETE = 5
