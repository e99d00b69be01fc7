"""Evidence and certainty in words, for every interface: one module for each language, sentences by code.

A code without a sentence is a fault of a language's module, and a test looks for it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from tenantry.core.matching.values import Certainty, Evidence
from tenantry.core.matching.words import english, french, german, spanish

DEFAULT = "en"
SENTENCES: Mapping[str, Mapping[str, str]] = {
    "en": english.SENTENCES, "de": german.SENTENCES, "fr": french.SENTENCES, "es": spanish.SENTENCES,
}  # fmt: skip
CERTAINTIES: Mapping[str, Mapping[Certainty, str]] = {
    "en": english.CERTAINTIES, "de": german.CERTAINTIES, "fr": french.CERTAINTIES, "es": spanish.CERTAINTIES,
}  # fmt: skip
BRIEF: Mapping[str, Mapping[str, str]] = {
    "en": english.BRIEF, "de": german.BRIEF, "fr": french.BRIEF, "es": spanish.BRIEF,
}  # fmt: skip
_NOTHING: Mapping[str, str] = {
    "en": english.NOTHING, "de": german.NOTHING, "fr": french.NOTHING, "es": spanish.NOTHING,
}  # fmt: skip
_MOST_SHOWN = 4
_LONGEST = 60


def certainty_word(certainty: int, language: str = DEFAULT) -> str:
    """Return the word for a certainty; nothing for none. A language that is not there is English."""
    return CERTAINTIES.get(language, CERTAINTIES[DEFAULT]).get(Certainty(certainty), "")


def sentence(evidence: Evidence, language: str = DEFAULT) -> str:
    """Return one reason as a sentence."""
    return sentence_of(evidence.code, evidence.parameters, language)


def sentence_of(code: str, parameters: Mapping[str, Any], language: str = DEFAULT) -> str:
    """Return one reason, as data, as a sentence. Raises ``KeyError`` for a code that evidence does not have."""
    spoken = language if language in SENTENCES else DEFAULT
    places = {name: _text(value, _NOTHING[spoken]) for name, value in parameters.items()}
    return SENTENCES[spoken][code].format_map(places)


def in_brief(code: str, language: str = DEFAULT) -> str:
    """Return what agrees in a word or two, or nothing for a code that tells of no agreement."""
    return BRIEF.get(language, BRIEF[DEFAULT]).get(code, "")


def _text(value: Any, nothing: str) -> str:
    """Return what fills a place of a sentence, as text of bounded length."""
    if isinstance(value, str):
        return value if len(value) <= _LONGEST else value[: _LONGEST - 1] + "…"
    if isinstance(value, Sequence):
        shown = [_text(part, nothing) for part in value[:_MOST_SHOWN] if part]
        return (", ".join(shown) + (" …" if len(value) > _MOST_SHOWN else "")) or nothing
    return str(value)
