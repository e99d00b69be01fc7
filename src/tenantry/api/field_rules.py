"""Rules of fields in calls: which side wins for each field of companies, or of people."""

import hashlib
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from tenantry.api.shapes import refuse_strange
from tenantry.core.planning.linked import FieldRule, Rules


def rules_schema(fields: Iterable[str]) -> dict[str, Any]:
    """Return what the description says of a member that has a rule by field."""
    rule = {"type": "string", "enum": [each.value for each in FieldRule]}
    return {"additionalProperties": False, "properties": dict.fromkeys(fields, rule)}


def chosen_rules(sent: Mapping[str, str], fields: Collection[str]) -> Rules:
    """Return the rules that were sent. Raises :class:`Problem` for a field or a rule that there is not."""
    for name, rule in sent.items():
        refuse_strange("rules", name, fields)
        refuse_strange("rules", rule, [each.value for each in FieldRule])
    return {name: FieldRule(rule) for name, rule in sent.items()}


def told_rules(rules: Rules) -> tuple[dict[str, str], str]:
    """Return the rules as an answer says them, and their version."""
    told = {name: rule.value for name, rule in rules.items()}
    return told, hashlib.sha256(repr(sorted(told.items())).encode()).hexdigest()[:16]
