"""The languages that Tenantry writes letters in: one TOML file in ``words`` for each.

To add one, copy ``words/en.toml``, translate the right-hand sides and leave what stands in braces. A test says
what a file lacks.
"""

import tomllib
from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib.resources import files

DEFAULT = "en"
Words = Mapping[str, str]


@cache
def _files() -> dict[str, dict[str, dict[str, str]]]:
    folder = files("tenantry.mail").joinpath("words")
    found = {
        entry.name.removesuffix(".toml"): tomllib.loads(entry.read_text(encoding="utf-8"))
        for entry in folder.iterdir()
        if entry.name.endswith(".toml")
    }
    return dict(sorted(found.items(), key=lambda item: (item[0] != DEFAULT, item[0])))


# Code and own name of each language, English first.
LANGUAGES: Mapping[str, str] = {code: sections["language"]["name"] for code, sections in _files().items()}


def best_language(*wanted: str) -> str:
    """Return the first of the wanted languages that there is, by its code (``de-AT`` is ``de``); else English."""
    for code in wanted:
        plain = code.strip().lower().replace("_", "-").partition("-")[0]
        if plain in LANGUAGES:
            return plain
    return DEFAULT


def words_of(language: str, section: str) -> Words:
    """Return the words of one kind of letter in a language of :data:`LANGUAGES`."""
    return _files()[language][section]


def sections() -> list[str]:
    """Return the kinds of words that there are."""
    return list(_files()[DEFAULT])


def written_date(day: date, language: str) -> str:
    """Return a day as people write it in the language: ``9 March 2026``, ``9. März 2026``."""
    words = words_of(language, "dates")
    return words["date"].format(day=day.day, month=words[f"month_{day.month}"], year=day.year)
