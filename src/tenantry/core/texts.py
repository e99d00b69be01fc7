"""Text as a database can hold it."""

import re

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def storable(value: str) -> str:
    """Return ``value`` with what PostgreSQL refuses made the replacement character.

    These are the zero character and halves of surrogate pairs: JSON can carry both.
    """
    if value.isprintable():  # most are, and it is told without a search
        return value
    return _UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", value)
