"""Figures of a matcher: precision, recall and F1 of the best answer, and what else the tables show.

An answer is a query with the ids that a matcher proposes, the best first, each with a score. Every matcher is
judged by the same functions.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from bench.pairs import Row


@dataclass(slots=True)
class Answer:
    """What a matcher said about one query."""

    query: Row
    ids: list[str]
    scores: list[float]

    @property
    def top(self) -> float:
        """The best score; below every threshold when there is no proposal."""
        return self.scores[0] if self.scores else float("-inf")

    @property
    def is_right(self) -> bool:
        """Whether the best proposal is the true one."""
        return bool(self.ids) and self.ids[0] == self.query["truth"] != ""


@dataclass(slots=True)
class Figures:
    """Precision, recall and F1 at a threshold, and what does not depend on it."""

    precision: float
    recall: float
    f1: float
    top5: float
    at_99: float
    false_by_kind: dict[str, float]


def best_threshold(answers: Sequence[Answer]) -> float:
    """Return the score from which on to believe the best proposal, so that F1 is highest."""
    wanted = sum(1 for answer in answers if answer.query["truth"])
    best, threshold, right = -1.0, float("inf"), 0
    ordered = sorted((answer for answer in answers if answer.ids), key=lambda answer: -answer.top)
    for said, answer in enumerate(ordered, start=1):
        right += answer.is_right
        if said < len(ordered) and ordered[said].top == answer.top:
            continue
        f1 = 2 * right / (said + wanted)
        if f1 > best:
            best, threshold = f1, answer.top
    return threshold


def figures_of(answers: Sequence[Answer], threshold: float) -> Figures:
    """Judge answers at a threshold that was found on others."""
    wanted = [answer for answer in answers if answer.query["truth"]]
    said = [answer for answer in answers if answer.top >= threshold]
    right = sum(1 for answer in said if answer.is_right)
    precision, recall = right / max(1, len(said)), right / max(1, len(wanted))
    kinds = sorted({answer.query["kind"] for answer in answers if answer.query["kind"].startswith("neg:")})
    false_by_kind = {}
    for kind in kinds:
        of_kind = [answer for answer in answers if answer.query["kind"] == kind]
        false_by_kind[kind[4:]] = sum(1 for answer in of_kind if answer.top >= threshold) / len(of_kind)
    f1 = 2 * precision * recall / max(1e-9, precision + recall)
    top5 = sum(1 for answer in wanted if answer.query["truth"] in answer.ids[:5]) / max(1, len(wanted))
    return Figures(precision, recall, f1, top5, recall_at_precision(answers, 0.99), false_by_kind)


def recall_at_precision(answers: Sequence[Answer], least: float) -> float:
    """Return the greatest recall at which precision is ``least`` or better."""
    wanted = sum(1 for answer in answers if answer.query["truth"])
    best, right = 0, 0
    ordered = sorted((answer for answer in answers if answer.ids), key=lambda answer: -answer.top)
    for said, answer in enumerate(ordered, start=1):
        right += answer.is_right
        tied = said < len(ordered) and ordered[said].top == answer.top
        if not tied and right >= least * said:
            best = right
    return best / max(1, wanted)
