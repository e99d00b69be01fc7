"""Which side wins for each field of people: a marketplace's choice. In the marketplace's scope.

A blank of the provider never erases, whatever the rule. Fields of somebody whom more than one company knows, or who has
a login, stay their own: the rules are of the profile in the company then (``core.planning.users.fields``).
"""

from datetime import datetime

from tenantry.audit.events import Actor, Happening, Target
from tenantry.audit.services import record_event
from tenantry.core.planning.linked import Rules
from tenantry.core.planning.users.fields import LABELS
from tenantry.isolation.scope import current_marketplace_id
from tenantry.marketplace.models import FieldOwner
from tenantry.sync.people.planning import PERSON_FIELD, read_person_rules


def save_person_rules(*, rules: Rules, actor: Actor, now: datetime) -> list[str]:
    """Save the rules; return the fields whose rule changed. The next run of User Sync goes by them.

    ``rules`` may leave fields out, which keep theirs. Raises ``ValueError`` for a field that there is not.
    """
    unknown = set(rules) - set(LABELS)
    if unknown:
        raise ValueError(f"No fields of people: {sorted(unknown)}")
    marketplace_id = current_marketplace_id()
    list(FieldOwner.objects.select_for_update())
    before = read_person_rules()
    changed = [name for name, rule in rules.items() if before[name] is not rule]
    for name in changed:
        FieldOwner.objects.update_or_create(
            marketplace_id=marketplace_id, field=f"{PERSON_FIELD}{name}", defaults={"owner": rules[name].value}
        )
    if changed:
        happening = Happening(
            "marketplace.field_owners.changed", Target("marketplace", str(marketplace_id)),
            before={f"{PERSON_FIELD}{name}": before[name].value for name in changed},
            after={f"{PERSON_FIELD}{name}": rules[name].value for name in changed},
        )  # fmt: skip
        record_event(happening, actor=actor, marketplace_id=marketplace_id, now=now)
    return changed
