"""Which side wins for each field of people: reading and saving the rules."""

import hashlib
from collections.abc import Mapping
from typing import Any

from ninja import Schema
from pydantic import Field

from tenantry.api.areas import Area, Call, Reply
from tenantry.api.shapes import Given, refuse_strange
from tenantry.core.permissions import Action
from tenantry.core.planning.linked import FieldRule, Rules
from tenantry.core.planning.users.fields import LABELS
from tenantry.sync.people.field_owners import save_person_rules
from tenantry.sync.people.planning import read_person_rules

area = Area("Sync settings")
_RULES: dict[str, Any] = {
    "additionalProperties": False,
    "properties": {name: {"type": "string", "enum": [rule.value for rule in FieldRule]} for name in LABELS},
}


class PersonRulesTold(Schema):
    """Which side wins for each field of people: the provider, ours, or the provider where we have nothing."""

    rules: Mapping[str, str] = Field(json_schema_extra=_RULES)


class PersonRulesGiven(Given):
    """Rules by field; those that are left out stay."""

    rules: dict[str, str] = Field(json_schema_extra=_RULES)

    @property
    def chosen(self) -> Rules:
        """The rules that were sent. Raises ``Problem`` for a field or a rule that there is not."""
        for name, rule in self.rules.items():
            refuse_strange("rules", name, list(LABELS))
            refuse_strange("rules", rule, [each.value for each in FieldRule])
        return {name: FieldRule(rule) for name, rule in self.rules.items()}


def _told() -> Reply:
    rules = {name: rule.value for name, rule in read_person_rules().items()}
    return Reply(
        PersonRulesTold(rules=rules), version=hashlib.sha256(repr(sorted(rules.items())).encode()).hexdigest()[:16]
    )


@area.get("/settings/person-fields", Action.CHANGE_SYNC_SETTINGS, PersonRulesTold)
def show_person_rules(call: Call) -> Reply:  # every route takes its call
    """Show which side wins for each field of people who come in by User Sync."""
    return _told()


@area.put("/settings/person-fields", Action.CHANGE_SYNC_SETTINGS, PersonRulesTold, versioned=True)
def change_person_rules(call: Call, given: PersonRulesGiven) -> Reply:
    """Save which side wins for each field of people. The next run goes by it; a blank never erases."""
    call.check_version(_told().version)
    save_person_rules(rules=given.chosen, actor=call.actor, now=call.caller.now)
    return _told()
