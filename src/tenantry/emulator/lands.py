"""The countries and languages that customers come from, read from the ``languages`` folder next to this module.

One file holds one language: its surnames, given names, trades, emblems, streets and ways to name a company,
and the countries that use it. A word in a script that has no rule of romanisation is written
``native|roman``.
"""

import functools
import tomllib
from dataclasses import dataclass
from importlib import resources
from itertools import product
from typing import Any

from tenantry.emulator.romanising import slug_of

Pattern = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Word:
    """A word as it is written, and as a part of a domain name (``slug``: a-z, 0-9 and dashes)."""

    text: str
    slug: str


@dataclass(frozen=True, slots=True)
class City:
    """A place: ``postcode`` is a pattern (``#`` digit, ``@`` letter); ``region`` may be empty."""

    name: Word
    region: str
    postcode: str


@dataclass(frozen=True, slots=True)
class Tongue:
    """What one language lends to names. ``patterns`` are split templates, as often as their weight says."""

    code: str
    script: str
    surnames: tuple[Word, ...]
    given: tuple[Word, ...]
    trades: tuple[Word, ...]
    emblems: tuple[Word, ...]
    streets: tuple[str, ...]
    patterns: tuple[Pattern, ...]
    bookkeeper: Word


@dataclass(frozen=True, slots=True)
class Land:
    """A country in one of its languages. ``number`` is its place in :func:`lands`, for draws.

    ``name`` is how a group's subsidiary there calls the country. ``long_forms`` spells legal forms out.
    """

    number: int
    code: str
    weight: int
    culture: str
    name: Word
    legal: tuple[str, ...]
    long_forms: dict[str, str]
    cities: tuple[City, ...]
    phone: str
    registration: str
    line: str
    subsidiary: Pattern
    tongue: Tongue

    @property
    def language(self) -> str:
        """The two-letter language of the culture."""
        return self.culture.split("-")[0]


@functools.cache
def lands() -> tuple[Land, ...]:
    """Return all countries, in a fixed order."""
    found: list[Land] = []
    folder = resources.files("tenantry.emulator") / "languages"
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if not file.name.endswith(".toml"):
            continue
        data = tomllib.loads(file.read_text(encoding="utf-8"))
        tongue = _tongue(file.name.removesuffix(".toml"), data)
        found.extend(_land(len(found) + place, raw, tongue) for place, raw in enumerate(data["country"]))
    return tuple(found)


@functools.cache
def lands_by_weight() -> tuple[Land, ...]:
    """Return every country as often as its weight, so that picking one evenly is picking by weight."""
    return tuple(land for land in lands() for _ in range(land.weight))


def split_template(template: str) -> Pattern:
    """Return ``template`` cut at its ``{fields}``: texts at even places, field names at odd ones."""
    parts: list[str] = []
    for piece in template.split("{"):
        if not parts:
            parts.append(piece)
            continue
        field, _, text = piece.partition("}")
        parts.extend((field, text))
    return tuple(parts)


def _tongue(code: str, data: dict[str, Any]) -> Tongue:
    german = code == "de"
    surnames = _words(data.get("surnames", ""), german=german)
    if "surname_heads" in data:
        heads, tails = data["surname_heads"].split(), data["surname_tails"].split()
        surnames += tuple(_word(head + tail, german=german) for head, tail in product(heads, tails))
    return Tongue(
        code=code,
        script=data["script"],
        surnames=surnames,
        given=_words(data["given"], german=german),
        trades=_words(data["trades"], german=german),
        emblems=_words(data["emblems"], german=german),
        streets=tuple(word.text for word in _words(data["streets"])),
        patterns=tuple(split_template(text) for text in _weighted(data["patterns"])),
        bookkeeper=_word(data["bookkeeper"].replace("_", " "), german=german),
    )


def _land(number: int, raw: dict[str, Any], tongue: Tongue) -> Land:
    return Land(
        number=number,
        code=raw["code"],
        weight=raw["weight"],
        culture=raw["culture"],
        name=_word(raw["name"]),
        legal=tuple(_weighted(raw["legal"])),
        long_forms=raw.get("long_forms", {}),
        cities=tuple(_city(line, german=tongue.code == "de") for line in raw["cities"].splitlines() if line.strip()),
        phone=raw["phone"],
        registration=raw.get("registration", ""),
        line=raw.get("line", "{street} {n}"),
        subsidiary=split_template(raw.get("subsidiary", "{b} {n} {l}")),
        tongue=tongue,
    )


def _city(line: str, *, german: bool) -> City:
    name, region, postcode = (part.strip() for part in line.split(";"))
    return City(name=_word(name, german=german), region=region, postcode=postcode)


def _words(text: str, *, german: bool = False) -> tuple[Word, ...]:
    return tuple(_word(part.replace("_", " "), german=german) for part in text.split())


def _word(written: str, *, german: bool = False) -> Word:
    text, _, roman = written.partition("|")
    return Word(text=text, slug=slug_of(roman or text, german=german))


def _weighted(entries: list[str]) -> list[str]:
    out: list[str] = []
    for entry in entries:
        weight, _, text = entry.partition(" ")
        out.extend([text] * int(weight))
    return out
