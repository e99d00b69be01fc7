"""``make bench-matching``: our matcher beside others, on the same files in one run. See README.md here.

Every leg is a process of its own. Thresholds (and our weights) are learned on one half of the queries; figures
are of the other. The halves are drawn three times, and the median is shown.
"""

import argparse
import json
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[0] = str(ROOT)  # `python bench/matching.py` must find its neighbours

from bench.figures import Answer, Figures, best_threshold, figures_of  # noqa: E402  # the path comes first
from bench.pairs import COMPANIES, COMPANIES_100K, ORGANISATIONS, Row, Task, in_report, read_rows, restrict  # noqa: E402  # same
from bench.stage import machine, write_between  # noqa: E402  # same

TASKS = (ORGANISATIONS, COMPANIES, COMPANIES_100K)
ROUNDS = (1, 2, 3)
OURS = "**Tenantry**"
EMM = "ING EMM, unsupervised (name)"
NAMES = (
    "cleanco, then equal", "rapidfuzz token_set, all pairs", "TF-IDF of 3-grams", "TF-IDF of 3-grams, same country",
    "splink, all fields", EMM, OURS,
)  # fmt: skip
# All pairs take minutes: it gets every so manieth query, and is judged on those.
SAMPLED = {
    ("rapidfuzz token_set, all pairs", ORGANISATIONS.name): 8,
    ("rapidfuzz token_set, all pairs", COMPANIES.name): 2,
}
SKIPPED = {(ORGANISATIONS.name, "splink, all fields"), (COMPANIES_100K.name, "rapidfuzz token_set, all pairs")}


def run_leg(folder: Path, task: Task, name: str) -> dict[str, Any]:
    """Run one method on one task; return answers for each round, seconds and memory."""
    references = read_rows(folder, task.references)
    queries = queries_of(folder, task, name)
    started = time.perf_counter()
    if name == OURS:
        from bench.ours_matching import answer_rounds  # noqa: PLC0415  # its memory is no peer's

        answers, seconds, memory, certainties = answer_rounds(task, references, queries, folder)
    else:
        found = _peer(name)(restrict(references, task.fields), restrict(queries, task.fields))
        answers, seconds, certainties = [found] * len(ROUNDS), time.perf_counter() - started, []
        who = resource.RUSAGE_CHILDREN if name == EMM else resource.RUSAGE_SELF
        memory = resource.getrusage(who).ru_maxrss / 1024
    return {"answers": answers, "seconds": seconds, "memory": memory, "certainties": certainties}


def queries_of(folder: Path, task: Task, name: str) -> list[Row]:
    """Return the queries that a method is given."""
    queries = [query for query in read_rows(folder, task.queries) if task.counts(query)]
    return queries[:: SAMPLED.get((name, task.name), 1)]


def _peer(name: str) -> Callable[[Sequence[Row], Sequence[Row]], Any]:
    if name == EMM:
        return _emm
    from bench.peers import PEERS  # noqa: PLC0415  # its libraries are in no other leg's memory

    return PEERS[name]


def _emm(references: Sequence[Row], queries: Sequence[Row]) -> Any:
    given = json.dumps({"references": list(references), "queries": list(queries)})
    python = ROOT / ".venv-emm" / "bin" / "python"
    done = subprocess.run(
        [str(python), str(ROOT / "bench" / "peer_emm.py")], input=given, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"EMM failed: {done.stderr[-600:]}")
    return json.loads(done.stdout)


def judge(queries: Sequence[Row], leg: dict[str, Any]) -> list[Figures]:
    """Return the figures of each round."""
    figures = []
    for round_, answered in zip(ROUNDS, leg["answers"], strict=True):
        answers = [Answer(query, ids, scores) for query, (ids, scores) in zip(queries, answered, strict=True)]
        threshold = best_threshold([answer for answer in answers if not in_report(answer.query, round_)])
        figures.append(figures_of([answer for answer in answers if in_report(answer.query, round_)], threshold))
    return figures


def table_of(folder: Path, task: Task, legs: dict[str, dict[str, Any]]) -> list[str]:
    """Return the table of a task."""
    queries = queries_of(folder, task, "")
    kinds = sorted({query["kind"][4:] for query in queries if query["kind"].startswith("neg:")})
    head = ["", "P", "R", "F1", "range of F1", "top-5 recall", "R@P99", *kinds, "queries/s", "peak MB"]
    lines = [f"### {task.name[0].upper()}{task.name[1:]}", "", "| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
    for name, leg in legs.items():
        given = queries_of(folder, task, name)
        rounds = judge(given, leg)
        f1 = [each.f1 for each in rounds]
        cells = [
            name,
            *[f"{median(getattr(each, key) for each in rounds):.3f}" for key in ("precision", "recall", "f1")],
        ]
        cells += [f"{min(f1):.3f} to {max(f1):.3f}"]
        cells += [f"{median(getattr(each, key) for each in rounds):.3f}" for key in ("top5", "at_99")]
        cells += [f"{100 * median(each.false_by_kind[kind] for each in rounds):.1f} %" for kind in kinds]
        cells += [f"{len(given) / leg['seconds']:,.0f}", f"{leg['memory']:,.0f}"]
        lines.append("| " + " | ".join(cells) + " |")
    return [*lines, ""]


def calibration_of(legs: Sequence[dict[str, Any]]) -> list[str]:
    """Return how often a score is right, over all tasks and rounds, as a table with bars; and what words are worth."""
    right, whole = [0] * 10, [0] * 10
    words: dict[str, list[int]] = {}
    for leg in legs:
        for score, is_right, word in leg["certainties"]:
            at = min(9, int(score * 10))
            whole[at] += 1
            right[at] += is_right
            if word:
                counted = words.setdefault(word, [0, 0])
                counted[0] += 1
                counted[1] += is_right
    lines = ["| score | candidates | right | |", "|---|---:|---:|---|"]
    for at in range(10):
        share = right[at] / max(1, whole[at])
        bar = "█" * round(share * 20) + "·" * (20 - round(share * 20))
        lines.append(f"| {at / 10:.1f} to {at / 10 + 0.1:.1f} | {whole[at]:,} | {100 * share:.1f} % | `{bar}` |")
    lines += ["", "| word | candidates | right |", "|---|---:|---:|"]
    for word in ("certain", "strong", "likely", "possible"):
        said, true = words.get(word, [0, 0])
        lines.append(
            f"| {word.capitalize()} | {said:,} | " + (f"{100 * true / said:.2f} % |" if said else "none said |")
        )
    return [*lines, ""]


def main() -> None:
    """Run the legs that were asked for, and print or write the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the development data")
    parser.add_argument("--write", type=Path, help="page to write the tables into")
    parser.add_argument("--only", default="", help="methods whose names contain this, in all tasks")
    parser.add_argument("--tasks", type=int, default=len(TASKS), help="how many of the tasks")
    parser.add_argument("--keep", type=Path, help="folder of answers: a leg that left some there is not run again")
    parser.add_argument("--leg", nargs=3, metavar=("TASK", "METHOD", "OUT"), help="run one leg and write its answers")
    given = parser.parse_args()
    if given.leg:
        task = next(task for task in TASKS if task.name == given.leg[0])
        Path(given.leg[2]).write_text(json.dumps(run_leg(given.data, task, given.leg[1])), encoding="utf-8")
        return
    lines = [f"Measured on {machine()}.", ""]
    ours = []
    for task in TASKS[: given.tasks]:
        legs = {
            name: _in_process(given.data, task, name, given.keep)
            for name in NAMES
            if given.only in name and (task.name, name) not in SKIPPED
        }
        legs = {name: leg for name, leg in legs.items() if leg}
        if not legs or (given.only in OURS and OURS not in legs):
            raise SystemExit(f"{task.name}: nothing to show. What failed is above; `make .venv/bench.done` sets up.")
        lines += table_of(given.data, task, legs)
        ours += [leg for name, leg in legs.items() if name == OURS]
    lines += ["### Calibration", "", *calibration_of(ours)]
    text = "\n".join(lines)
    print(text)
    if given.write:
        write_between(given.write, "matching", text)


def _in_process(folder: Path, task: Task, name: str, keep: Path | None) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as scratch:
        out = (keep or Path(scratch)) / (re.sub(r"[^a-z0-9]+", "-", f"{task.name} {name}".casefold()) + ".json")
        if not out.exists():
            leg = [sys.executable, __file__, "--data", str(folder), "--leg", task.name, name, str(out)]
            done = subprocess.run(leg, check=False, capture_output=True, text=True)
            if done.returncode:
                print(f"{task.name}: {name} failed and is left out: {done.stderr.strip()[-400:]}", file=sys.stderr)
                return {}
        return dict(json.loads(out.read_text(encoding="utf-8")))


if __name__ == "__main__":
    main()
