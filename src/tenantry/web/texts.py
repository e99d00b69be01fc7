"""Names from outside, so that what a person reads is what is there."""

import re

# Embeddings, overrides and isolates turn letters around ("exe.gpj"); the rest shows as nothing at all.
_DECEIVING = re.compile("[\u202a-\u202e\u2066-\u2069\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b\u2060\ufeff]")


def legible(text: str) -> str:
    """Return ``text`` with characters that hide or turn around others made visible.

    Marks that right-to-left scripts need (U+200E, U+200F) and joiners stay.
    """
    return _DECEIVING.sub("\N{REPLACEMENT CHARACTER}", text)
