"""Which side wins for each field of people: reading and saving the rules."""

from collections.abc import Mapping

from ninja import Schema
from pydantic import Field

from tenantry.api.areas import Area, Call, Reply
from tenantry.api.field_rules import chosen_rules, rules_schema, told_rules
from tenantry.api.shapes import Given
from tenantry.core.permissions import Action
from tenantry.core.planning.linked import Rules
from tenantry.core.planning.users.fields import LABELS
from tenantry.sync.people.field_owners import save_person_rules
from tenantry.sync.people.planning import read_person_rules

area = Area("Sync settings")
_RULES = rules_schema(LABELS)


class PersonRulesTold(Schema):
    """Which side wins for each field of people: the provider, ours, or the provider where we have nothing."""

    rules: Mapping[str, str] = Field(json_schema_extra=_RULES)


class PersonRulesGiven(Given):
    """Rules by field; those that are left out stay."""

    rules: dict[str, str] = Field(json_schema_extra=_RULES)

    @property
    def chosen(self) -> Rules:
        """The rules that were sent. Raises ``Problem`` for a field or a rule that there is not."""
        return chosen_rules(self.rules, LABELS)


def _told() -> Reply:
    told, version = told_rules(read_person_rules())
    return Reply(PersonRulesTold(rules=told), version=version)


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
