"""A rule with its answer as ``components/rules.html`` takes it."""

from typing import Any

from tenantry.core.explaining import Rule, Says
from tenantry.web.texts import legible

_TONES = {Says.GOES_ON: "good", Says.STOPS: "off", Says.WAITS: "wait", Says.TELLS: "off"}


def rule_row(rule: Rule) -> dict[str, Any]:
    """Return a rule as the page shows it."""
    return {
        "asks": rule.asks,
        "given": legible(rule.given),
        "answer": legible(rule.answer),
        "word": rule.says.value,
        "tone": _TONES[rule.says],
        "parts": [legible(part) for part in rule.parts],
    }
