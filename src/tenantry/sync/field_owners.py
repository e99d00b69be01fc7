"""Which side wins for each field of linked companies: a marketplace's choice, and what it would do.

In the marketplace's scope.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from tenantry.audit.events import Actor, Happening, Target
from tenantry.audit.services import record_event
from tenantry.core.planning.linked import FIELDS, FieldRule, LinkedKind, Rules, plan_linked
from tenantry.isolation.scope import current_marketplace_id
from tenantry.marketplace.models import FieldOwner
from tenantry.sync.models import TenantLink
from tenantry.sync.runs.linked_views import every_linked

MOST_JUDGED = 5_000


@dataclass(frozen=True, slots=True)
class RulesEffect:
    """What rules would change now: companies, and of these by field. ``over``: there are more than were judged."""

    companies: int
    fields: Mapping[str, int] = field(default_factory=dict)
    over: bool = False


def read_rules() -> dict[str, FieldRule]:
    """Return the rule of each field; *fill blanks* where nobody chose. One query."""
    chosen = dict(FieldOwner.objects.values_list("field", "owner"))
    return {name: FieldRule(chosen.get(name, FieldRule.FILL_BLANKS.value)) for name in FIELDS}


def save_rules(*, rules: Rules, actor: Actor, now: datetime) -> list[str]:
    """Save the rules; return the fields whose rule changed. The next sync compares every linked company anew.

    ``rules`` may leave fields out, which keep theirs. Raises ``ValueError`` for a field that there is not.
    """
    changed = write_rules(rules, read_rules, of="linked companies", actor=actor, now=now)
    if changed:
        TenantLink.objects.filter(ended_at=None).update(compared_at=None)
    return changed


def write_rules(
    rules: Rules, read: Callable[[], Rules], *, of: str, actor: Actor, now: datetime, prefix: str = ""
) -> list[str]:
    """Write the rules that differ from those that ``read`` returns, and tell; return their fields.

    ``read`` returns the rule of every field that there is; it is asked once the rows are locked. ``prefix`` is what the
    fields' rows begin with, ``of`` whose fields they are. Raises ``ValueError`` for a field that there is not.
    """
    marketplace_id = current_marketplace_id()
    list(FieldOwner.objects.select_for_update())
    before = read()
    unknown = set(rules) - set(before)
    if unknown:
        raise ValueError(f"No fields of {of}: {sorted(unknown)}")
    changed = [name for name, rule in rules.items() if before[name] is not rule]
    for name in changed:
        FieldOwner.objects.update_or_create(
            marketplace_id=marketplace_id, field=f"{prefix}{name}", defaults={"owner": rules[name].value}
        )
    if changed:
        happening = Happening(
            "marketplace.field_owners.changed", Target("marketplace", str(marketplace_id)),
            before={f"{prefix}{name}": before[name].value for name in changed},
            after={f"{prefix}{name}": rules[name].value for name in changed},
        )  # fmt: skip
        record_event(happening, actor=actor, marketplace_id=marketplace_id, now=now)
    return changed


def effect_of_rules(rules: Rules) -> RulesEffect:
    """Return how many linked companies these rules would change, judged by what is known of their tenants now."""
    views = every_linked(limit=MOST_JUDGED + 1)
    changes = (plan_linked(view, rules) for view in views[:MOST_JUDGED])
    updates = [change for change in changes if change is not None and change.kind is LinkedKind.UPDATE]
    fields = Counter(name for change in updates for name in change.after)
    return RulesEffect(len(updates), dict(fields), over=len(views) > MOST_JUDGED)
