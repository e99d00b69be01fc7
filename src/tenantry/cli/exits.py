"""Exit codes, as docs/reference/cli.md lists them."""

from enum import IntEnum


class Exit(IntEnum):
    """How a command ended."""

    DONE = 0
    ERROR = 1
    CHANGES_PLANNED = 2
    HELD = 3
    PARTLY_FAILED = 4
    LISTING_INCOMPLETE = 5
