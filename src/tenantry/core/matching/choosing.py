"""Which of the companies that share a key are worth comparing: the likeliest by their keys."""

from collections.abc import Mapping, Sequence
from math import log2

from tenantry.core.matching.keys import WORTH, Key

MOST_CANDIDATES = 40
_WORTH_COMPARING = 0.25  # of what the likeliest is worth by its keys; the rest is not looked at
_ALWAYS_COMPARED = 8.0  # bits: sharing one rare word is worth a look, however good another candidate is


def likeliest(found: Mapping[Key, Sequence[int]], total: float, most: int = MOST_CANDIDATES) -> list[int]:
    """Return the companies that are worth comparing, the likeliest first.

    ``found``: the companies that share each key of one tenant. ``total``: how many bits it takes to name any one
    company; a key that more companies share is worth less.
    """
    worth: dict[int, float] = {}
    for key in sorted(found):  # in one order: sums of floats depend on it
        companies = found[key]
        gain = WORTH[key[0]] * (total - log2(len(companies) or 1)) / total
        for company in companies:
            worth[company] = worth.get(company, 0.0) + gain
    if not worth:
        return []
    least = min(max(worth.values()) * _WORTH_COMPARING, _ALWAYS_COMPARED)
    worthy = [company for company, value in worth.items() if value >= least]
    return sorted(worthy, key=lambda company: (-worth[company], company))[:most]
