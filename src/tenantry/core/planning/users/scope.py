"""Who of a directory flows in under the rules of the scope, and why not.

What the provider did not tell decides nothing: such a person neither comes in nor goes out.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from tenantry.core.planning.users.reasons import Reason
from tenantry.core.records import PersonKind
from tenantry.core.user_settings import ScopeRules


class Rule(StrEnum):
    """A rule of the scope, by its name in ``core.user_settings.ScopeRules``."""

    LICENSED_ONLY = "licensed_only"
    NO_GUESTS = "no_guests"
    NO_DISABLED = "no_disabled"
    DOMAINS = "domains"
    ORG_UNITS = "org_units"


@dataclass(frozen=True, slots=True)
class ScopeFacts:
    """What the rules look at. ``None`` means not told; ``domain`` is that of the address or user name, in lower case.

    Few people differ in all of these, so whole directories can be judged by the combinations that occur.
    """

    kind: PersonKind | None = None
    enabled: bool | None = None
    archived: bool | None = None
    licensed: bool | None = None
    domain: str | None = None
    org_unit: str | None = None
    named: bool = True


def usable_rules(rules: ScopeRules, unanswerable: Mapping[Rule, str]) -> ScopeRules:
    """Return the rules without those that the provider's data can't answer; ``unanswerable`` says why for each."""
    blank = ScopeRules()
    return replace(rules, **{rule.value: getattr(blank, rule.value) for rule in unanswerable})


def judge_scope(facts: ScopeFacts, rules: ScopeRules) -> Reason | None:
    """Return why the person is out of the scope, ``Reason.NOT_TOLD`` when that can't be told, ``None`` when in.

    A rule that is broken for sure decides before one that can't be answered.
    """
    found = [
        _no_person(facts),
        rules.no_guests and facts.kind is PersonKind.GUEST and Reason.GUEST,
        rules.no_disabled and _broken(_can_sign_in(facts), Reason.DISABLED),
        rules.licensed_only and _broken(facts.licensed, Reason.NOT_LICENSED),
        bool(rules.domains) and _broken(_of_domain(facts.domain, rules.domains), Reason.OTHER_DOMAIN),
        bool(rules.org_units) and _broken(_of_unit(facts.org_unit, rules.org_units), Reason.OTHER_ORG_UNIT),
        rules.no_guests and facts.kind is None and Reason.NOT_TOLD,
    ]
    broken = [reason for reason in found if isinstance(reason, Reason)]
    return next((reason for reason in broken if reason is not Reason.NOT_TOLD), broken[0] if broken else None)


def _no_person(facts: ScopeFacts) -> Reason | None:
    stands_for_none = facts.kind in {PersonKind.SHARED, PersonKind.SERVICE} or not facts.named
    return Reason.NO_PERSON if stands_for_none else None


def _broken(holds: bool | None, reason: Reason) -> Reason | None:  # noqa: FBT001  # the answer itself, or no answer
    if holds is None:
        return Reason.NOT_TOLD
    return None if holds else reason


def _can_sign_in(facts: ScopeFacts) -> bool | None:
    return False if facts.archived else facts.enabled


def _of_domain(domain: str | None, wanted: tuple[str, ...]) -> bool | None:
    return None if domain is None else domain in wanted


def _of_unit(unit: str | None, wanted: tuple[str, ...]) -> bool | None:
    if unit is None:
        return None
    path = unit.lower().rstrip("/")
    roots = [each.rstrip("/") for each in wanted]
    return any(path == root or path.startswith(f"{root}/") for root in roots)
