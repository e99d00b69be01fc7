"""Learns what terms are worth: a conditional logit over each query's candidates and *none of them*.

The score that :func:`tenantry.core.matching.scoring.probabilities` computes is what is fitted, so that it is
calibrated by construction. Signs are held to those of ``terms.SIGNS``.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from bench.pairs import Row, Task, candidate_of, restrict, subject_of
from scipy.optimize import minimize
from scipy.sparse import csr_matrix

from tenantry.core.matching.index import CompanyIndex
from tenantry.core.matching.profiles import profile_of
from tenantry.core.matching.terms import SIGNS, Term, terms_of

CODES = tuple(SIGNS)
_PLACE = {code: at for at, code in enumerate(CODES)}
MOST = 5.0  # no single term is worth more: the data is generated in part, and cleaner than life
# What the data cannot teach, since it never occurs there.
TAUGHT = {
    "tenant_equal": 40.0, "registration_equal": 8.0, "registration_differs": -3.0, "domain_equal_shared": 3.0,
    "domain_related": 2.0,
}  # fmt: skip
_HOLD_BACK = 0.1  # pulls weights towards zero, in squared log-odds for each query


@dataclass(slots=True)
class Example:
    """One query with the terms of each of its candidates. ``right`` is the place of the true one, or -1."""

    query: Row
    ids: list[str]
    terms: list[list[Term]]
    right: int


def index_of(task: Task, references: Sequence[Row]) -> CompanyIndex:
    """Return the references of a task, as far as it may read them."""
    return CompanyIndex(candidate_of(row) for row in restrict(references, task.fields))


def examples_of(task: Task, index: CompanyIndex, queries: Sequence[Row]) -> list[Example]:
    """Find the candidates of each query, and their terms."""
    found = []
    for query, shown in zip(queries, restrict(queries, task.fields), strict=True):
        tenant = profile_of(subject_of(shown))
        candidates = index.candidates(tenant)
        ids = [identifier for identifier, _ in candidates]
        terms = [terms_of(tenant, company, index.carriers) for _, company in candidates]
        right = ids.index(query["truth"]) if query["truth"] in ids else -1
        found.append(Example(query, ids, terms, right))
    return found


def learn(examples: Sequence[Example]) -> dict[str, float]:
    """Return a weight for each code."""
    rows: list[int] = []
    columns: list[int] = []
    values: list[float] = []
    starts, targets, at = [], [], 0
    for example in examples:
        if not example.terms or (example.query["truth"] and example.right < 0):
            continue
        starts.append(at)
        targets.append(at + example.right if example.right >= 0 else -1)
        for terms in example.terms:
            for term in (Term("base"), *terms):
                rows.append(at)
                columns.append(_PLACE[term.code])
                values.append(term.amount)
            at += 1
    matrix = csr_matrix((values, (rows, columns)), shape=(at, len(CODES)))
    weights = _fit(matrix, np.array(starts), np.array(targets))
    return {code: round(float(weights[_PLACE[code]]), 3) for code in CODES}


def _fit(matrix: csr_matrix, starts: np.ndarray, targets: np.ndarray) -> np.ndarray:
    owner = np.repeat(np.arange(len(starts)), np.diff(np.append(starts, matrix.shape[0])))
    chosen = targets[targets >= 0]
    transposed = matrix.T.tocsr()

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        points = matrix @ weights
        highest = np.maximum(np.maximum.reduceat(points, starts), 0.0)
        odds = np.exp(points - highest[owner])
        whole = np.add.reduceat(odds, starts) + np.exp(-highest)
        log_whole = np.log(whole) + highest
        held = _HOLD_BACK * (weights @ weights)
        slope = transposed @ (odds / whole[owner])
        np.subtract.at(slope, slice(None), np.asarray(matrix[chosen].sum(axis=0)).ravel())
        return float(log_whole.sum() - points[chosen].sum() + held), slope + 2 * _HOLD_BACK * weights

    bounds = [_bounds(code) for code in CODES]
    return minimize(loss, np.zeros(len(CODES)), jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 500}).x


def _bounds(code: str) -> tuple[float, float]:
    if code in TAUGHT:
        return TAUGHT[code], TAUGHT[code]
    if code == "base":
        return -30.0, 0.0
    return {1: (0.0, MOST), -1: (-MOST, 0.0), 0: (-MOST, MOST)}[SIGNS[code]]
