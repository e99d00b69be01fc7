"""Shapes of *Why is it like this?*: a rule with its answer, for tenants and for people."""

from ninja import Schema

from tenantry.core.explaining import Rule


class RuleTold(Schema):
    """A rule: what it asks, what it was given, its answer, and whether the row goes on, stops or waits there."""

    asks: str
    given: str
    answer: str
    says: str
    parts: list[str]

    @classmethod
    def of(cls, rule: Rule) -> "RuleTold":
        """Return a rule as an answer says it."""
        return cls(
            asks=rule.asks, given=rule.given, answer=rule.answer, says=rule.says.value, parts=list(rule.parts)
        )  # fmt: skip


class PersonExplained(Schema):
    """What each rule says of a person of a directory now; no rules for somebody whose data was removed."""

    rules: list[RuleTold]
