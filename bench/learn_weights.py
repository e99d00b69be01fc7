"""``python bench/learn_weights.py FOLDER``: learns what evidence is worth, and writes ``core/matching/weights.py``.

It learns from all queries of the development data. ``bench/matching.py`` never measures these weights on them:
it learns anew from one half of the queries and reports on the other.
"""

import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parent.parent)  # `python bench/learn_weights.py` must find its neighbours

from bench.learning import TAUGHT, examples_of, index_of, learn  # noqa: E402  # the path comes first
from bench.pairs import COMPANIES, ORGANISATIONS, read_rows  # noqa: E402  # same

TARGET = Path(__file__).resolve().parent.parent / "src" / "tenantry" / "core" / "matching" / "weights.py"
HEAD = '''"""What each term is worth, in log-odds. Made by bench/learn_weights.py; terms are explained in terms.py.

Above zero speaks for the match, below zero against it. A term's amount multiplies its weight: amounts of bits
are in tens, so ``name_rarest`` is what a word that one name in a thousand carries is worth.
"""

from collections.abc import Mapping

WEIGHTS: Mapping[str, float] = {
'''


def main(folder: Path) -> None:
    """Learn from both tasks together, and write the module."""
    examples = []
    for task in (ORGANISATIONS, COMPANIES):
        index = index_of(task, read_rows(folder, task.references))
        queries = [query for query in read_rows(folder, task.queries) if task.counts(query)]
        examples += examples_of(task, index, queries)
    weights = learn(examples)
    lines = [
        f'    "{code}": {weight},' + ("  # set by hand: the data never shows it" if code in TAUGHT else "") + "\n"
        for code, weight in weights.items()
    ]
    TARGET.write_text("".join([HEAD, *lines, "}\n"]), encoding="utf-8")
    print(f"{len(weights)} weights from {len(examples):,} queries")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
