"""Which side wins for each field of people: a marketplace's choice. In the marketplace's scope.

A blank of the provider never erases, whatever the rule. Fields of somebody whom more than one company knows, or who has
a login, stay their own: the rules are of the profile in the company then (``core.planning.users.fields``).
"""

from datetime import datetime

from tenantry.audit.events import Actor
from tenantry.core.planning.linked import Rules
from tenantry.sync.field_owners import write_rules
from tenantry.sync.people.planning import PERSON_FIELD, read_person_rules


def save_person_rules(*, rules: Rules, actor: Actor, now: datetime) -> list[str]:
    """Save the rules; return the fields whose rule changed. The next run of User Sync goes by them.

    ``rules`` may leave fields out, which keep theirs. Raises ``ValueError`` for a field that there is not.
    """
    return write_rules(rules, read_person_rules, of="people", actor=actor, now=now, prefix=PERSON_FIELD)
