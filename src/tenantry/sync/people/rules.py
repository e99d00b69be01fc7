"""Which rules of the scope an API can answer, from the table of capabilities."""

from typing import Final

from tenantry.core.planning.users.scope import Rule, usable_rules
from tenantry.core.user_settings import ScopeRules
from tenantry.providers.capabilities import CAPABILITIES, Ability, PeopleApi

_ASKS: Final = {
    Rule.LICENSED_ONLY: Ability.LICENCES,
    Rule.NO_GUESTS: Ability.GUESTS,
    Rule.NO_DISABLED: Ability.ENABLED,
    Rule.ORG_UNITS: Ability.ORG_UNITS,
}
"""What each rule asks of the provider. Domains are told by every user name."""


def unanswerable(api: PeopleApi) -> dict[Rule, str]:
    """Return the rules that this API can't answer, each with a sentence for people."""
    table = CAPABILITIES[api]
    return {rule: table[ability].sentence for rule, ability in _ASKS.items() if not table[ability].is_told}


def rules_through(api: str, rules: ScopeRules) -> ScopeRules:
    """Return the rules that count for a tenant that is read through ``api``: all when nobody read it yet."""
    return usable_rules(rules, unanswerable(PeopleApi(api))) if api in set(PeopleApi) else rules
