"""The short list of reasons to ignore a tenant."""

from collections.abc import Mapping

from tenantry.core.texts import storable
from tenantry.sync.deciding.refusals import DecisionRefused

OTHER = "other"
IGNORE_REASONS: Mapping[str, str] = {
    "not_ours": "Not a customer of this marketplace",
    "duplicate": "A second tenant of a company that is here already",
    "test": "A test or demonstration tenant",
    "own": "One of our own tenants",
    "gone": "No longer in business with us",
    OTHER: "Another reason, told below",
}
LONGEST_REASON = 500


def checked_reason(key: str, text: str) -> str:
    """Return the text of a reason to ignore, cleaned. Raises :class:`DecisionRefused`."""
    text = storable(text).strip()
    if key not in IGNORE_REASONS:
        raise DecisionRefused("Choose a reason from the list.", {"reason_key": "Choose a reason from the list."})
    if key == OTHER and not text:
        sentence = "Say the reason in a few words: it is shown to whoever looks at this tenant later."
        raise DecisionRefused(sentence, {"reason": sentence})
    if len(text) > LONGEST_REASON:
        sentence = f"Say it in at most {LONGEST_REASON} characters."
        raise DecisionRefused(sentence, {"reason": sentence})
    return text
