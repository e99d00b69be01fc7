"""What certainties and evidence are called, in the language that is spoken, for every interface."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import get_language

from tenantry.core.matching import Certainty, words

CERTAINTY_WORDS: Mapping[int, str] = {
    certainty: words.certainty_word(certainty)
    for certainty in sorted(Certainty, reverse=True)
    if certainty is not Certainty.NONE
}


def certainty_word(certainty: int) -> str:
    """Return the word for a certainty; nothing for none."""
    return words.certainty_word(certainty, _language())


def match_words(count: int) -> str:
    """Return ``1 match``, ``3 matches`` or ``No match``."""
    return "No match" if not count else f"{count} {'match' if count == 1 else 'matches'}"


def evidence_sentence(evidence: Mapping[str, Any]) -> str:
    """Return one reason, as stored in {code, for, parameters}, as a sentence.

    A reason that an earlier version stored, and that this one does not know, is its code in words: it is matched anew.
    """
    code = str(evidence["code"])
    if code not in words.SENTENCES[words.DEFAULT]:
        return code.replace("_", " ").capitalize() + "."
    return words.sentence_of(code, evidence["parameters"], _language())


def reasons_in_words(evidence: list[dict[str, Any]], *, speaking_for: bool) -> list[str]:
    """Return the reasons for, or against, as sentences, the weightiest first."""
    return [evidence_sentence(each) for each in evidence if bool(each["for"]) is speaking_for]


def agreement_in_brief(evidence: list[dict[str, Any]]) -> str:
    """Return what agrees, the weightiest first: ``name, domain, country``."""
    agreeing = [words.in_brief(str(each["code"]), _language()) for each in evidence if each["for"]]
    return ", ".join(dict.fromkeys(filter(None, agreeing)))


def _language() -> str:
    return (get_language() or "").partition("-")[0]
