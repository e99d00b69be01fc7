"""The entry: a tenant and its candidates in, at most five matches out, the best first."""

from collections.abc import Iterable, Mapping, Sequence
from math import exp
from typing import Any

from tenantry.core.matching.certainty import certainty_of
from tenantry.core.matching.comparing import Relation
from tenantry.core.matching.profiles import Profile, profile_of
from tenantry.core.matching.telling import parameters_of
from tenantry.core.matching.terms import SIGNS, Term, terms_of
from tenantry.core.matching.values import Candidate, Evidence, Match, Subject
from tenantry.core.matching.weights import WEIGHTS

MOST_MATCHES = 5
_STEEPEST = 60.0
_RELATIONS = frozenset({f"name_{relation}" for relation in Relation})
_NAME_PARTS = frozenset(
    code for code in SIGNS
    if code.startswith(
        ("letters_", "shared_", "name_rar", "name_same_start", "name_typos", "other_initial", "rare_on_both")
    )
)  # fmt: skip
_PART_OF = {
    "rare_only_tenant": "words_only_tenant", "rare_only_company": "words_only_company",
    "country_differs_alone": "country_differs",
}  # fmt: skip


def match(tenant: Subject, candidates: Iterable[Candidate]) -> tuple[Match, ...]:
    """Return the companies that this tenant may be, at most five; often none.

    Order: certainty, then score. The result does not depend on the order of ``candidates``.
    """
    known = list(candidates)
    carriers: dict[str, int] = {}
    for candidate in known:
        carriers.update(candidate.domain_carriers)
    return match_profiles(profile_of(tenant), [(company.id, profile_of(company)) for company in known], carriers)


def match_profiles(
    tenant: Profile, candidates: Sequence[tuple[str, Profile]], carriers: Mapping[str, int]
) -> tuple[Match, ...]:
    """Do what :func:`match` does, on profiles that were made already."""
    judged = [terms_of(tenant, company, carriers) for _, company in candidates]
    points = [points_of(terms) for terms in judged]
    scores = probabilities(points)
    found = []
    for at, (terms, score) in enumerate(zip(judged, scores, strict=True)):
        certainty = certainty_of(terms, score)
        if certainty is not None:
            found.append((-certainty, -score, candidates[at][0], certainty, at))
    found.sort(key=lambda entry: entry[:3])
    return tuple(
        Match(
            identifier, -score, certainty, round(points[at], 3),
            evidence_of(
                judged[at], parameters_of(tenant, candidates[at][1], carriers, [code for code, _ in judged[at]])
            ),
        )
        for _, score, identifier, certainty, at in found[:MOST_MATCHES]
    )  # fmt: skip


def points_of(terms: Iterable[Term], weights: Mapping[str, float] = WEIGHTS) -> float:
    """Return the log-odds of one candidate by itself. Benchmarks bring weights of their own."""
    return weights["base"] + sum([weights[code] * amount for code, amount in terms])


def probabilities(points: Sequence[float]) -> list[float]:
    """Return how likely each candidate is the company, where at most one is and perhaps none."""
    odds = [exp(min(max(value, -_STEEPEST), _STEEPEST)) for value in points]
    whole = 1.0 + sum(odds)
    return [value / whole for value in odds]


def evidence_of(terms: Sequence[Term], told: Mapping[str, Mapping[str, Any]]) -> tuple[Evidence, ...]:
    """Return the terms as reasons, the weightiest first. ``told``: what is told of each term, by its code.

    Terms that concern one thing are one reason: what names share counts with how the names stand to each other.
    """
    relation = next((code for code, _ in terms if code in _RELATIONS), "")
    points: dict[str, float] = {}
    parameters: dict[str, Mapping[str, Any]] = {}
    for own, amount in terms:
        code = relation if own in _NAME_PARTS else _PART_OF.get(own, own)
        points[code] = points.get(code, 0.0) + WEIGHTS[own] * amount
        if own in told:
            parameters[code] = told[own]
    lines = [
        Evidence(code, round(value, 2), value > 0 or (value == 0 and SIGNS[code] >= 0), parameters.get(code, {}))
        for code, value in points.items()
    ]
    return tuple(sorted(lines, key=lambda line: (-abs(line.points), line.code)))
