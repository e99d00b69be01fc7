"""The words by which a pending company is found, and how a person's query is read.

Keys are prefixes to search by: ``key >= 'alp' and key < 'alp' + highest``. Scripts that put no blanks
between words give a key from each of their characters on, so that any part of a name is found. What is
written with inner points (a domain, *S.A.*) or like an id is a term of its own besides its words: names and
queries are taken apart by the same rule, so that every prefix of a name finds it.
"""

import re
import unicodedata
from collections.abc import Iterable

_LONGEST_KEY = 40
_MOST_KEYS = 80
_MOST_TERMS = 8
_MOST_TAILS = 30
_LONGEST_TEXT = 1_000
_HIGHEST = "\U0010ffff"
_TERM = re.compile(r"\w[\w-]*(?:\.[\w-]+)+|[0-9a-f]{8}-[0-9a-f-]*|\w+")
_WORD = re.compile(r"[^\W_]+")
# Han, kana, Hangul, Thai, Lao, Khmer, Myanmar: written without blanks, or with endings glued on.
_UNSPACED = re.compile(
    r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
    r"\U00020000-\U0003ffff]"
)


def fold(value: str) -> str:
    """Return ``value`` for comparing and sorting: compatibility forms, case and accents taken off.

    Folding what is folded changes nothing. Letters that stand for themselves stay (ß becomes ss).
    """
    if value.isascii():  # has neither accents nor compatibility forms
        return " ".join(value.lower().split())
    folded = _fold_once(value)
    while (again := _fold_once(folded)) != folded:  # a compatibility form may hide a capital or an accent
        folded = again
    return folded


def _fold_once(value: str) -> str:
    decomposed = unicodedata.normalize("NFKD", value.casefold())
    bare = "".join(char for char in decomposed if not unicodedata.combining(char))
    return " ".join(unicodedata.normalize("NFKC", bare).split())


def _terms(value: str) -> list[str]:
    """Return the terms of a text, in order: dotted ones and ids whole, everything else word by word."""
    # Vowel signs of Thai, Devanagari and others are marks: no letters to a pattern, yet inside a word.
    bare = fold(value[:_LONGEST_TEXT])
    if not bare.isascii():
        bare = "".join(char for char in bare if not unicodedata.category(char).startswith("M"))
    terms = []
    for term in _TERM.findall(bare):
        terms.extend([term] if "." in term or "-" in term else _WORD.findall(term))
    return terms


def words(value: str) -> list[str]:
    """Return the folded words of ``value``, in order."""
    return [word for term in _terms(value) for word in _WORD.findall(term)]


def search_keys(texts: Iterable[str], domains: Iterable[str], ids: Iterable[str]) -> list[str]:
    """Return the keys of one row, sorted: words of ``texts``, ``domains`` whole and in parts, ``ids`` whole.

    A row has at most 80 keys; where there would be more, the last texts and the parts of domains go first.
    """
    domains = list(domains)
    keys = [fold(identifier) for identifier in ids] + [fold(domain) for domain in domains]
    for text in texts:
        for term in _terms(text):
            keys += [term, *(tail for word in _WORD.findall(term) for tail in _tails(word))]
    for domain in domains:
        labels = fold(domain).split(".")[:-1]
        keys += [part for label in labels for part in (label, *_WORD.findall(label))]
    unique = dict.fromkeys(key[:_LONGEST_KEY] for key in keys if key)
    return sorted(list(unique)[:_MOST_KEYS])


def _tails(word: str) -> list[str]:
    """Return the word and, where its script puts no blanks between words, each of its tails."""
    if not _UNSPACED.search(word):
        return [word]
    return [word[start:] for start in range(min(len(word), _MOST_TAILS))]


def search_ranges(query: str) -> list[tuple[str, str]]:
    """Return one ``(from, below)`` range of keys per term of ``query``; a row must have a key in each.

    A domain, an id or a name with points is searched whole, an address by its mailbox and its domain, the
    rest word by word. An empty list means: nothing to search for.
    """
    unique = list(dict.fromkeys(term[:_LONGEST_KEY] for term in _terms(query)))
    return [(term, term + _HIGHEST) for term in unique[:_MOST_TERMS]]
