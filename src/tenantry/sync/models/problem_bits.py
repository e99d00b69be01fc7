"""The problems of a pending company as one number, which an index can hold.

PostgreSQL keeps the number true by itself, from the two lists that are written. Under row-level security a list's own
index would not be used: looking into a list may fail, and a failure could tell of another marketplace's rows.
"""

from django.db.models import Case, Expression, IntegerField, Value, When

from tenantry.core.planning.creation import AutomaticProblem
from tenantry.core.tenants import Problem

# A bit belongs to its problem for ever: rows that were written keep the number. The row's own problems have the high
# ones, so that any of them is a range of numbers.
OWN_BITS = {
    Problem.DETAILS_NOT_READ.value: 64,
    Problem.DETAILS_REFUSED.value: 128,
    Problem.CONTACT_MISSING.value: 256,
    Problem.CONTACT_EMAIL_MISSING.value: 512,
}
RULE_BITS = {
    AutomaticProblem.DECIDED_BY_HAND.value: 1,
    AutomaticProblem.RESERVED.value: 2,
    AutomaticProblem.LOOKS_LIKE_COMPANY.value: 4,
    AutomaticProblem.CONTACT_SHARED.value: 8,
    AutomaticProblem.CONTACT_OF_STAFF.value: 16,
    AutomaticProblem.CONTACT_UNCONFIRMED.value: 32,
}
LEAST_WITH_OWN = min(OWN_BITS.values())
"""Numbers from here on say a problem of the row's own."""
_EVERY = range(sum(OWN_BITS.values()) + sum(RULE_BITS.values()) + 1)


def problem_bits() -> Expression:
    """Return the expression of the number over the columns ``problems`` and ``automatic_problems``."""
    bits = [
        Case(When(**{f"{column}__contains": [code]}, then=Value(bit)), default=Value(0), output_field=IntegerField())
        for column, codes in (("problems", OWN_BITS), ("automatic_problems", RULE_BITS))
        for code, bit in codes.items()
    ]
    total: Expression = bits[0]
    for bit in bits[1:]:
        total = total + bit
    return total


def numbers_with(code: str) -> list[int]:
    """Return every number that says this problem, its own or a rule's. Raises ``KeyError`` for another word."""
    wanted = (OWN_BITS | RULE_BITS)[code]
    return [number for number in _EVERY if number & wanted]
