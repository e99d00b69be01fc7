"""ING's EMM, unsupervised, in an environment of its own: it wants older libraries than everything else here.

``.venv-emm/bin/python bench/peer_emm.py < rows.json > answers.json``. Imports nothing of Tenantry.
"""

import json
import sys
from contextlib import redirect_stdout

import pandas as pd
from emm import PandasEntityMatching


def main() -> None:
    """Read references and queries, write ids and scores for each query."""
    given = json.load(sys.stdin)
    with redirect_stdout(sys.stderr):  # it prints
        known = pd.DataFrame(
            {"id": range(len(given["references"])), "name": [row["name"] for row in given["references"]]}
        )
        asked = pd.DataFrame({"id": range(len(given["queries"])), "name": [row["name"] for row in given["queries"]]})
        matcher = PandasEntityMatching(
            {
                "name_only": True,
                "entity_id_col": "id",
                "name_col": "name",
                "preprocessor": "preprocess_merge_legal_abbr",
                "indexers": [
                    {"type": "cosine_similarity", "tokenizer": "words", "ngram": 1, "num_candidates": 10},
                    {"type": "cosine_similarity", "tokenizer": "characters", "ngram": 2, "num_candidates": 10},
                ],
                "supervised_on": False,
            }
        )
        matcher.fit(known)
        pairs = matcher.transform(asked)
    pairs = pairs.dropna(subset=["gt_uid"])
    scores = [column for column in pairs.columns if column.startswith("score_")]
    answers: list[list[tuple[float, str]]] = [[] for _ in given["queries"]]
    best = pairs[scores].max(axis=1)
    for query, reference, score in zip(pairs["uid"], pairs["gt_uid"], best, strict=True):
        answers[int(query)].append((-float(score), given["references"][int(reference)]["id"]))
    json.dump(
        [([found for _, found in sorted(each)[:5]], [-score for score, _ in sorted(each)[:5]]) for each in answers],
        sys.stdout,
    )


main()
