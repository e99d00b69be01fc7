"""Our leg of ``make bench-matching``: weights learned on one half of the queries, answers for all of them."""

import resource
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.learning import Example, examples_of, index_of, learn
from bench.pairs import COMPANIES, COMPANIES_100K, ORGANISATIONS, Row, Task, in_report, read_rows

from tenantry.core.matching.certainty import certainty_of
from tenantry.core.matching.scoring import points_of, probabilities

MOST = 5
Weights = Mapping[str, float]


def answer_rounds(
    task: Task, references: Sequence[Row], queries: Sequence[Row], folder: Path
) -> tuple[list[Any], float, float, list[Any]]:
    """Return each round's answers, seconds and megabytes for index and answers, and held-out candidates.

    Both tasks teach together, as for the weights that are shipped. At 100,000 references nothing is learned:
    the weights are those of 10,000.
    """
    started = time.perf_counter()
    index = index_of(task, references)
    examples = examples_of(task, index, queries)
    seconds = time.perf_counter() - started
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024  # before learning, which no user does
    lessons = _lessons(task, examples, folder)
    rounds, judged, scoring_seconds = [], [], 0.0
    for round_ in (1, 2, 3):
        weights = learn([example for example in lessons if not in_report(example.query, round_)])
        started = time.perf_counter()
        rounds.append([_answer(example, weights) for example in examples])
        scoring_seconds = time.perf_counter() - started
        judged += [
            seen for example in examples if in_report(example.query, round_) for seen in _judged(example, weights)
        ]
    return rounds, seconds + scoring_seconds, memory, judged


def _lessons(task: Task, examples: list[Example], folder: Path) -> list[Example]:
    lessons = [] if task is COMPANIES_100K else list(examples)
    for other in (ORGANISATIONS, COMPANIES):
        if other is not task:
            index = index_of(other, read_rows(folder, other.references))
            queries = [query for query in read_rows(folder, other.queries) if other.counts(query)]
            lessons += examples_of(other, index, queries)
    return lessons


def _answer(example: Example, weights: Weights) -> tuple[list[str], list[float]]:
    scores = probabilities([points_of(terms, weights) for terms in example.terms])
    best = sorted(range(len(scores)), key=lambda at: -scores[at])[:MOST]
    return [example.ids[at] for at in best], [scores[at] for at in best]


def _judged(example: Example, weights: Weights) -> list[tuple[float, bool, str]]:
    scores = probabilities([points_of(terms, weights) for terms in example.terms])
    found = []
    for identifier, score, terms in zip(example.ids, scores, example.terms, strict=True):
        word = certainty_of(terms, score)
        found.append((score, identifier == example.query["truth"], word.name.lower() if word else ""))
    return found
