"""Peers of the matcher, each as its makers show it: ids and scores for each query, the best first.

They get what ours gets. Names are given as they are, except that splink compares names without legal forms
(by cleanco), which helps it.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa
from bench.pairs import Row
from cleanco import basename
from rapidfuzz import fuzz, process
from sklearn.feature_extraction.text import TfidfVectorizer

from tenantry.core.matching.domains import own_domain
from tenantry.core.names.countries import country_code
from tenantry.core.names.folding import fold

Proposals = tuple[list[str], list[float]]
MOST = 5
_NOT_WORDS = re.compile(r"[^\w]+")


@lru_cache(maxsize=200_000)
def clean(name: str) -> str:
    """Return the name without legal forms by cleanco (twice: it takes *Ltd.* of *Co., Ltd.* at once), folded."""
    return " ".join(_NOT_WORDS.sub(" ", fold(basename(basename(name)))).split())


def cleanco_exact(references: Sequence[Row], queries: Sequence[Row]) -> list[Proposals]:
    """Names equal after cleanco and folding."""
    known: dict[str, list[str]] = defaultdict(list)
    for row in references:
        known[clean(row["name"])].append(row["id"])
    found = [known.get(clean(query["name"]), [])[:MOST] for query in queries]
    return [(ids, [1.0 / len(ids)] * len(ids) if ids else []) for ids in found]


def token_set(references: Sequence[Row], queries: Sequence[Row]) -> list[Proposals]:
    """Rapidfuzz's token_set_ratio over all pairs of folded names without legal forms."""
    names = [clean(row["name"]) for row in references]
    asked = [clean(query["name"]) for query in queries]
    answers = []
    for start in range(0, len(asked), 200):
        scores = process.cdist(asked[start : start + 200], names, scorer=fuzz.token_set_ratio, dtype=np.float32)
        for row in scores:
            best = np.argsort(-row, kind="stable")[:MOST]
            answers.append(([references[at]["id"] for at in best], [float(row[at]) for at in best]))
    return answers


def trigrams(references: Sequence[Row], queries: Sequence[Row]) -> list[Proposals]:
    """Cosine of TF-IDF over 3-grams of folded names without legal forms."""
    return _trigrams(references, queries, same_country=False)


def trigrams_same_country(references: Sequence[Row], queries: Sequence[Row]) -> list[Proposals]:
    """Do the same, and believe no pair whose known countries differ."""
    return _trigrams(references, queries, same_country=True)


def _trigrams(references: Sequence[Row], queries: Sequence[Row], *, same_country: bool) -> list[Proposals]:
    vectors = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 3), min_df=1, dtype=np.float32)
    known = vectors.fit_transform([clean(row["name"]) for row in references]).T.tocsc()
    asked = vectors.transform([clean(query["name"]) for query in queries])
    countries = np.array([country_code(row["country"]) for row in references])
    answers = []
    for start in range(0, asked.shape[0], 100):
        block = (asked[start : start + 100] @ known).toarray()
        for row, query in zip(block, queries[start : start + 100], strict=True):
            country = country_code(query["country"])
            if same_country and country:
                row[(countries != country) & (countries != "")] = 0.0
            best = [at for at in np.argsort(-row, kind="stable")[:MOST] if row[at] > 0]
            answers.append(([references[at]["id"] for at in best], [float(row[at]) for at in best]))
    return answers


def splink_all_fields(references: Sequence[Row], queries: Sequence[Row]) -> list[Proposals]:
    """Splink on DuckDB, unsupervised: Jaro-Winkler on names, every field compared, four blocking rules."""
    import splink.comparison_library as compare  # noqa: PLC0415  # heavy, and for this leg only
    from splink import Linker, SettingsCreator, block_on  # noqa: PLC0415  # same
    from splink.backends.duckdb import DuckDBAPI  # noqa: PLC0415  # same

    api = DuckDBAPI()
    tables = [
        api.register(_table(references, "r"), dataset_display_name="reference"),
        api.register(_table(queries, "q"), dataset_display_name="query"),
    ]
    settings = SettingsCreator(
        link_type="link_only",
        comparisons=[
            compare.JaroWinklerAtThresholds("name", [0.97, 0.92, 0.85]).configure(term_frequency_adjustments=True),
            *[compare.ExactMatch(field) for field in ("country", "postcode", "phone", "domain", "mail")],
            compare.JaroWinklerAtThresholds("city", [0.9]),
            compare.JaroWinklerAtThresholds("address", [0.9]),
        ],
        blocking_rules_to_generate_predictions=[
            block_on("substr(name, 1, 5)"), block_on("domain"), block_on("phone"), block_on("mail"),
            block_on("postcode"),
            block_on("split_part(name, ' ', 1)"),
        ],
        retain_matching_columns=False,
    )  # fmt: skip
    linker = Linker(tables, settings, log_level=40)
    linker.training.estimate_probability_two_random_records_match([block_on("name", "country")], recall=0.6)
    linker.training.estimate_u_using_random_sampling(max_pairs=1_000_000, seed=1)
    for rule in (block_on("name"), block_on("domain")):
        linker.training.estimate_parameters_using_expectation_maximisation(rule)
    pairs = linker.inference.predict(threshold_match_probability=0.001).as_record_list()
    return _best(pairs, len(queries))


def _table(rows: Sequence[Row], mark: str) -> Any:
    def column(make: Callable[[Row], str]) -> list[str | None]:
        return [make(row) or None for row in rows]

    fields = {
        "unique_id": [f"{mark}{row['id'] if mark == 'r' else at}" for at, row in enumerate(rows)],
        "name": column(lambda row: clean(row["name"])),
        "country": column(lambda row: country_code(row["country"])),
        "city": column(lambda row: fold(row["city"])),
        "postcode": column(lambda row: fold(row.get("postcode", ""))),
        "address": column(lambda row: fold(row.get("address", ""))),
        "phone": column(lambda row: "".join(filter(str.isdigit, row.get("phone", "")))[-8:]),
        "domain": column(lambda row: own_domain(row.get("domain", ""))),
        "mail": column(lambda row: own_domain(row.get("email", "").partition("@")[2])),
    }
    return pa.table({name: pa.array(values, pa.string()) for name, values in fields.items()})


def _best(pairs: Sequence[dict[str, Any]], queries: int) -> list[Proposals]:
    found: dict[int, list[tuple[float, str]]] = defaultdict(list)
    for pair in pairs:
        left, right, weight = pair["unique_id_l"], pair["unique_id_r"], pair["match_weight"]
        reference, query = (left, right) if left.startswith("r") else (right, left)
        found[int(query[1:])].append((-float(weight), reference[1:]))
    answers = []
    for at in range(queries):
        best = sorted(found.get(at, []))[:MOST]
        answers.append(([identifier for _, identifier in best], [-weight for weight, _ in best]))
    return answers


PEERS: dict[str, Callable[[Sequence[Row], Sequence[Row]], list[Proposals]]] = {
    "cleanco, then equal": cleanco_exact,
    "rapidfuzz token_set, all pairs": token_set,
    "TF-IDF of 3-grams": trigrams,
    "TF-IDF of 3-grams, same country": trigrams_same_country,
    "splink, all fields": splink_all_fields,
}
