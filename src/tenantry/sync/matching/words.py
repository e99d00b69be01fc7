"""What certainties and evidence are called, for every interface."""

from collections.abc import Mapping
from typing import Any

from tenantry.core.matching_rules import Certainty, Ground

CERTAINTY_WORDS: Mapping[int, str] = {
    Certainty.CERTAIN: "Certain",
    Certainty.STRONG: "Strong",
    Certainty.LIKELY: "Likely",
    Certainty.POSSIBLE: "Possible",
}
_SENTENCES: Mapping[str, str] = {
    Ground.TENANT_ID: "this company carries this tenant's id",
    Ground.NUMBER_EQUAL: "same registration number {company}",
    Ground.NUMBER_DIFFERENT: "other registration number: {tenant} against {company}",
    Ground.DOMAINS_DIFFERENT: "other domains: {company}",
    Ground.NAME_EQUAL: "name equal",
    Ground.NAME_EQUAL_BUT_FORM: "name equal apart from the legal form",
    Ground.NAME_DIFFERENT: "other name",
    Ground.COUNTRY_EQUAL: "same country",
    Ground.COUNTRY_DIFFERENT: "other country: {tenant} against {company}",
    Ground.CONTACT_DOMAIN: "the contact's e-mail is at {domain}",
}


def certainty_word(certainty: int) -> str:
    """Return the word for a certainty; nothing for none."""
    return CERTAINTY_WORDS.get(certainty, "")


def match_words(count: int) -> str:
    """Return ``1 match``, ``3 matches`` or ``No match``."""
    return "No match" if not count else f"{count} {'match' if count == 1 else 'matches'}"


def evidence_sentence(evidence: Mapping[str, Any]) -> str:
    """Return one reason, as stored in {code, for, parameters}, in a line without a full stop."""
    code, parameters = str(evidence["code"]), evidence["parameters"]
    if code == Ground.DOMAIN_SHARED:
        return _domain_shared(parameters)
    values = {name: ", ".join(value) if isinstance(value, list) else value for name, value in parameters.items()}
    return _SENTENCES.get(code, code.replace("_", " ")).format(**values)


def _domain_shared(parameters: Mapping[str, Any]) -> str:
    domains, holders = ", ".join(parameters["domains"]), parameters["holders"]
    others = f" (so have {holders - 1} other companies)" if holders > 2 else " (so has another company)"  # noqa: PLR2004  # one, or more
    return f"same domain {domains}{others if holders > 1 else ''}"
