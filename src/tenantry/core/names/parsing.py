"""A company's name taken apart. A name never becomes empty by it, unless nothing in it is a word."""

import re
from dataclasses import dataclass
from functools import lru_cache

from tenantry.core.names.countries import COUNTRY_WORDS
from tenantry.core.names.folding import fold, latin
from tenantry.core.names.forms import AHEAD, BEHIND, FAMILY, GLUED, LEADING_IN, LEADING_WITH, Form
from tenantry.core.names.rarity import KINDS, bits_of, canonical

LONGEST_NAME = 240  # characters; what lies behind tells nothing more, and bounds what a name may cost
MOST_WORDS = 16
_MOST_GLUED = 4

# "Nova Holdings dba Contoso": names on both sides, each by itself. Also former names.
_BUSINESS_AS = re.compile(
    r"[\s(,;]+(?:d/b/a|dba|d\.b\.a\.|doing business as|t/a|trading as|a/k/a|aka|also known as|f/k/a|fka|"
    r"formerly known as|formerly)[\s:]+"
)
_BUSINESS_HINTS = (
    "dba",
    "/",
    "d.b",
    " as",
    "aka",
    "fka",
    "formerly",
)  # one of them is in each; cheaper than the search
_STATE = re.compile(r"\s/\s?[a-z]{2}(?:/|$)")  # where filings name the state: "Watsco Inc /FL/"
_INITIALS = re.compile(r"(?<![^\W_])([^\W\d_](?:\.[^\W\d_])+)\.?(?![^\W_])")
_APOSTROPHE = re.compile("(?<=[^\\W_])['’`´‘׳](?=[^\\W_])")
_WORD = re.compile(r"[^\W_]+")
_EDGES = re.compile(r"^[^\w(]+|[^\w)]+$")
_CONNECTIVES = frozenset("and und et og och y e i ja ve kai и και en".split())
_THE = "the"
_NO_PLACES = [("",) * count for count in range(MOST_WORDS + 1)]
_FIRST_GLUED = min(char for form, _ in GLUED for char in form if not char.isascii())
_ONLY_FORMS = frozenset({form for form, _ in GLUED})
_COUNTRY_STARTS = {words[0] for words in COUNTRY_WORDS}
_LONGEST_COUNTRY = max(len(words) for words in COUNTRY_WORDS)


@dataclass(slots=True)
class Variant:
    """One name that a company goes by. Never changed; not frozen, for that makes making one three times as dear.

    ``words`` are folded, without legal form, article and connectives. ``keys`` are the same words with
    abbreviations written out and common plurals taken back; ``bits`` is how much each says, ``places`` the
    country that it names or an empty text. ``forms`` are families of legal forms. ``says_nothing``: all that is
    left is a legal form or a single letter; equal to another such name, it would still be no sign. ``compact`` and
    ``joined`` are words and keys written together. ``plain``: no word is a number, a kind of organisation or a country.
    """

    words: tuple[str, ...]
    keys: tuple[str, ...]
    bits: tuple[float, ...]
    places: tuple[str, ...]
    forms: frozenset[str]
    says_nothing: bool
    compact: str
    joined: str
    plain: bool

    @property
    def normal(self) -> str:
        """The words with one blank between."""
        return " ".join(self.words)


@dataclass(slots=True)
class CompanyName:
    """A name with its variants: the trading name first, if there is one. No variant: nothing in it is a word.

    Never changed, as :class:`Variant`.
    """

    text: str
    variants: tuple[Variant, ...]

    @property
    def normal(self) -> str:
        """The first variant's words with one blank between; empty when there is none."""
        return self.variants[0].normal if self.variants else ""


def parse_name(text: str, country: str = "") -> CompanyName:
    """Take a name apart. ``country`` (alpha-2, may be empty) decides what a leading *PT* or *AS* is."""
    folded = fold(text[:LONGEST_NAME]).strip()
    parts = _BUSINESS_AS.split(folded) if any(hint in folded for hint in _BUSINESS_HINTS) else [folded]
    parts = parts if any(part.strip() for part in parts) else [folded]  # "dba" may be all that there is
    found = list[Variant]()
    for part in reversed(parts):
        variant = _parse_variant(part, country)
        if variant is not None and variant not in found:
            found.append(variant)
    return CompanyName(text, tuple(found))


def _parse_variant(folded: str, country: str) -> Variant | None:
    text, forms = _without_glued(folded) if max(folded, default="") >= _FIRST_GLUED else (folded, set[str]())
    if "/" in text:
        text = _STATE.sub(" ", text)
    if "." in text:
        text = _INITIALS.sub(lambda found: found[1].replace(".", ""), text)
    if not text.isascii() or "'" in text or "`" in text:
        text = _APOSTROPHE.sub("", text)
    words = _WORD.findall(text)[: MOST_WORDS + 8]
    words = _without_forms(words, forms, country, dotted=text.lstrip()[2:3] == ".")
    words = _without_small_words(words)[:MOST_WORDS]
    if not words:
        return None
    given, keys = tuple(words), tuple([canonical(word) for word in words])
    compact, places = "".join(given), _places(words)
    return Variant(
        words=given,
        keys=given if keys == given else keys,  # thousands are kept in memory
        bits=tuple([bits_of(word) for word in words]),
        places=places,
        forms=_kept(frozenset(forms)),
        says_nothing=given in FAMILY or (len(words) == 1 and (words[0] in _ONLY_FORMS or len(words[0]) == 1)),
        compact=compact,
        joined=compact if keys == given else "".join(keys),
        plain=KINDS.isdisjoint(keys) and not any(places) and not any(map(str.isdigit, words)),
    )


@lru_cache(maxsize=2_000)
def _kept(forms: frozenset[str]) -> frozenset[str]:
    """Return one object for equal sets."""
    return forms


def _without_glued(text: str) -> tuple[str, set[str]]:
    """Take off the forms that are written without a blank, at both ends."""
    forms = set[str]()
    text = _EDGES.sub("", text)
    for _ in range(_MOST_GLUED):
        found = _glued_at_an_end(text)
        if found is None:
            break
        text, family = found
        forms.add(family)
    return text, forms


def _glued_at_an_end(text: str) -> tuple[str, str] | None:
    """Return the text without a form at one of its ends, and the form's family; nothing if no name would be left."""
    for form, family in GLUED:
        if text.startswith(form):
            rest = text[len(form) :]
        elif text.endswith(form):
            rest = text[: -len(form)]
        else:
            continue
        rest = _EDGES.sub("", rest)
        if _WORD.search(rest):
            return rest, family
    return None


def _without_forms(words: list[str], forms: set[str], country: str, *, dotted: bool) -> list[str]:
    behind = _country_behind(words)
    if behind and (form := _form_behind(words[:-behind])):  # "Contoso GmbH Austria"
        forms.add(FAMILY[form])
        words = [*words[: -behind - len(form)], *words[-behind:]]
    while form := _form_behind(words):
        del words[-len(form) :]
        while len(words) > 1 and words[-1] in _CONNECTIVES:
            del words[-1]
        forms.add(FAMILY[form])
    first = words[0] if words else ""
    for form in AHEAD.get(first, ()):
        if len(form) < len(words) and tuple(words[: len(form)]) == form:
            forms.add(FAMILY.get(form, "".join(form)))
            return words[len(form) :]
    if first in LEADING_IN and len(words) > 1:
        proven = country in LEADING_IN[first] or not forms.isdisjoint(LEADING_WITH.get(first, ()))
        if proven or (dotted and not country and first == "pt"):
            forms.add("plc" if first == "pt" else first)
            return words[1:]
    return words


def _country_behind(words: list[str]) -> int:
    """Return how many words at the end name a country."""
    for length in range(min(_LONGEST_COUNTRY, len(words) - 2), 0, -1):
        if tuple(words[-length:]) in COUNTRY_WORDS:
            return length
    return 0


def _form_behind(words: list[str]) -> Form | None:
    """Return the longest form at the end that leaves a name in front of it."""
    if len(words) < 2:  # noqa: PLR2004  # a single word is the name
        return None
    for form in BEHIND.get(words[-1], ()):
        rest = len(words) - len(form)
        if rest > 0 and tuple(words[rest:]) == form and not (rest == 1 and words[0] in {_THE, "a"}):
            return form
    return None


def _without_small_words(words: list[str]) -> list[str]:
    if len(words) > 1 and words[0] == _THE:
        words = words[1:]
    if len(words) <= 2:  # noqa: PLR2004  # nothing stands between two words
        return words
    return [word for at, word in enumerate(words) if word not in _CONNECTIVES or at in {0, len(words) - 1}]


def _places(words: list[str]) -> tuple[str, ...]:
    if _COUNTRY_STARTS.isdisjoint(words):
        return _NO_PLACES[len(words)]
    places = [""] * len(words)
    for start, word in enumerate(words):
        if word in _COUNTRY_STARTS and not places[start]:
            for length in range(min(_LONGEST_COUNTRY, len(words) - start), 0, -1):
                if code := COUNTRY_WORDS.get(tuple(words[start : start + length])):
                    places[start : start + length] = [code] * length
                    break
    return tuple(places)


@lru_cache(maxsize=20_000)
def spelt(word: str) -> str:
    """Return the word in Latin letters: itself where it has them, empty where its script spells no sounds."""
    return word if word.isascii() else latin(word)
