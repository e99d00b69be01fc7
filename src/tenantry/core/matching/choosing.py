"""Which of the companies that share a key are worth comparing: the likeliest by their keys."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from math import log2

from tenantry.core.matching.keys import WORTH, Key, KeyKind

MOST_CANDIDATES = 24
_NAMING = 17.0  # bits that name one company; the same however many there are, so that few and many are chosen alike
_WORTH_COMPARING = 0.3  # of what the likeliest is worth by its keys; the rest is not looked at
_ALWAYS_COMPARED = 24.0  # bits: sharing two rare words and more is worth a look, however good another candidate is
_TYPO = str(KeyKind.TYPO)
_TYPOS_COUNTED = 2  # words that are alike share one or two of these, equal words all of them: no more than that is told


def likeliest(found: Mapping[Key, Sequence[int]], most: int = MOST_CANDIDATES) -> list[int]:
    """Return the companies that are worth comparing, the likeliest first.

    ``found``: the companies that share each key of one tenant. A key that many of them share is worth less.
    """
    worth: dict[int, float] = {}
    typos: dict[int, int] = {}
    so_far = worth.get
    for key in sorted(found):  # in one order: sums of floats depend on it
        kind, companies = key[0], found[key]
        gain = _gain(kind, len(companies))
        for company in _counted(companies, typos) if kind == _TYPO else companies:
            worth[company] = so_far(company, 0.0) + gain
    if not worth:
        return []
    least = min(max(worth.values()) * _WORTH_COMPARING, _ALWAYS_COMPARED)
    worthy = [company for company, value in worth.items() if value >= least]
    return sorted(worthy, key=lambda company: (-worth[company], company))[:most]


@lru_cache(maxsize=4_000)
def _gain(kind: str, sharing: int) -> float:
    return WORTH[kind] * (_NAMING - log2(sharing or 1)) / _NAMING


def _counted(companies: Sequence[int], typos: dict[int, int]) -> list[int]:
    """Return the companies of which fewer such keys were counted yet, and count this one."""
    counted = []
    for company in companies:
        before = typos.get(company, 0)
        if before < _TYPOS_COUNTED:
            typos[company] = before + 1
            counted.append(company)
    return counted
