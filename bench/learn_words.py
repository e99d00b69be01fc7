"""Counts how many real names carry each word, and writes ``src/tenantry/core/names/frequent.py``.

``python bench/learn_words.py FOLDER``: the folder of the development data. Names of references are read, never
queries and never which belongs to which.
"""

import sys
from collections import Counter, defaultdict
from math import log2
from pathlib import Path
from textwrap import wrap

sys.path[0] = str(Path(__file__).resolve().parent.parent)  # `python bench/learn_words.py` must find its neighbours

from bench.pairs import read_rows  # noqa: E402  # the path comes first

from tenantry.core.names import parse_name  # noqa: E402  # same

TARGET = Path(__file__).resolve().parent.parent / "src" / "tenantry" / "core" / "names" / "frequent.py"
HEAD = '''"""Words that many names carry, by how much they still say, in bits. Made by bench/learn_words.py."""

from collections.abc import Mapping

# 5 means: about one name in 2 to the power of 5 carries the word.
BANDS: Mapping[int, str] = {
'''


def main(folder: Path, least: int = 11) -> None:
    """Read the references' names and write the module."""
    names = [
        row["name"]
        for file in ("organisations-reference", "companies-reference-10k")
        for row in read_rows(folder, file)
    ]
    carriers: Counter[str] = Counter()
    for name in names:
        carriers.update({word for variant in parse_name(name).variants for word in variant.words})
    bands: dict[int, list[str]] = defaultdict(list)
    for word, count in carriers.items():
        if count >= least and len(word) > 1 and not word.isdigit():
            bands[round(-log2(count / len(names)))].append(word)
    lines = [HEAD]
    for bits in sorted(bands):
        parts = wrap(" ".join(sorted(bands[bits])), 108)
        lines.append(f"    {bits}: (\n" + "".join(f'        "{part} "\n' for part in parts) + "    ),\n")
    TARGET.write_text("".join([*lines, "}\n"]), encoding="utf-8")
    print(f"{sum(map(len, bands.values())):,} words of {len(names):,} names")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
