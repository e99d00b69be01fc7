"""Text as a database can hold it."""

import re

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
# Embeddings, overrides and isolates turn letters around ("exe.gpj"); the rest shows as nothing at all. Marks that
# right-to-left scripts need (U+200E, U+200F) and joiners are not among them.
DECEIVING = re.compile("[\u202a-\u202e\u2066-\u2069\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b\u2060\ufeff]")


def storable(value: str) -> str:
    """Return ``value`` with what PostgreSQL refuses made the replacement character.

    These are the zero character and halves of surrogate pairs: JSON can carry both.
    """
    if value.isprintable():  # most are, and it is told without a search
        return value
    return _UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", value)


def deceiving(value: str) -> str:
    """Name the first character of ``value`` that hides or turns around others, or can't be stored: ``U+202E``."""
    if value.isprintable():
        return ""
    found = DECEIVING.search(value) or _UNSTORABLE.search(value)
    return f"U+{ord(found.group()):04X}" if found else ""
