"""From names to domain labels: Latin with diacritics, Cyrillic and Greek by rule; other scripts bring their own.

The tables are in ``romanising.toml`` next to this module.
"""

import functools
import re
import tomllib
import unicodedata
from importlib import resources
from typing import Final

_GAPS: Final = re.compile(r"[^a-z0-9]+")
_SILENT: Final = "ь"  # softens the letter before it and has no sound of its own


@functools.cache
def _table(*, german: bool) -> dict[int, str]:
    file = resources.files("tenantry.emulator") / "romanising.toml"
    data = tomllib.loads(file.read_text(encoding="utf-8"))
    table = {**data["letters"], **(data["german"] if german else {}), _SILENT: ""}
    for pairs in data["words"].values():
        parts = pairs.split()
        table.update(zip(parts[::2], parts[1::2], strict=True))
    return str.maketrans(table)


def slug_of(text: str, *, german: bool = False) -> str:
    """Return ``text`` as a domain label: a-z, 0-9 and single dashes; empty when nothing can be written so.

    ``german`` writes umlauts with an e, as German speakers do and others do not.
    """
    table = _table(german=german)
    lowered = unicodedata.normalize("NFC", text.lower()).translate(table)
    marked = unicodedata.normalize("NFKD", lowered)
    plain = "".join(mark for mark in marked if not unicodedata.combining(mark))
    return _GAPS.sub("-", plain.translate(table)).strip("-")
