"""Names from outside, so that what a person reads is what is there."""

from tenantry.core.texts import DECEIVING


def legible(text: str) -> str:
    """Return ``text`` with characters that hide or turn around others made visible.

    Marks that right-to-left scripts need (U+200E, U+200F) and joiners stay.
    """
    return DECEIVING.sub("\N{REPLACEMENT CHARACTER}", text)
