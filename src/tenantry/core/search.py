"""The words by which a pending company is found, and how a person's query is read.

Keys are prefixes to search by: ``key >= 'alp' and key < 'alp' + highest``. Scripts that put no blanks
between words give a key from each of their characters on, so that any part of a name is found.
"""

import re
import unicodedata
from collections.abc import Iterable

_WORD = re.compile(r"\w+", re.UNICODE)
_LONGEST_KEY = 40
_MOST_KEYS = 60
_MOST_TERMS = 8
_HIGHEST = "\U0010ffff"
# Han, kana, Hangul, Thai, Lao, Khmer, Myanmar: written without blanks, or with endings glued on.
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


def fold(value: str) -> str:
    """Return ``value`` for comparing and sorting: compatibility forms, case and accents taken off.

    Never returns more than the accents took: letters that stand for themselves (ß aside) stay.
    """
    decomposed = unicodedata.normalize("NFKD", value.casefold())
    bare = "".join(char for char in decomposed if not unicodedata.combining(char))
    return " ".join(unicodedata.normalize("NFKC", bare).split())


def words(value: str) -> list[str]:
    """Return the folded words of ``value``, in order."""
    return _WORD.findall(fold(value).replace("_", " "))


def search_keys(texts: Iterable[str], domains: Iterable[str], ids: Iterable[str]) -> list[str]:
    """Return the keys of one row, sorted: words of ``texts``, ``domains`` whole and in parts, ``ids`` whole."""
    keys: set[str] = set()
    for text in texts:
        for word in words(text):
            keys.update(_unspaced_tails(word) if _UNSPACED.search(word) else {word[:_LONGEST_KEY]})
    for domain in domains:
        folded = fold(domain)
        keys.add(folded[:_LONGEST_KEY])
        keys.update(label[:_LONGEST_KEY] for label in folded.split(".")[:-1])
    keys.update(fold(identifier)[:_LONGEST_KEY] for identifier in ids)
    keys.discard("")
    return sorted(keys)[:_MOST_KEYS]


def _unspaced_tails(word: str) -> set[str]:
    return {word[start : start + 16] for start in range(min(len(word), 30))}


def search_ranges(query: str) -> list[tuple[str, str]]:
    """Return one ``(from, below)`` range of keys per term of ``query``; a row must have a key in each.

    A term that looks like a domain, an id or an address is searched whole, the rest word by word.
    An empty list means: nothing to search for.
    """
    terms: list[str] = []
    for chunk in fold(query).split():
        part = chunk.rpartition("@")[2] if "@" in chunk else chunk
        whole = re.fullmatch(r"[\w-]+(\.[\w-]+)+\.?|[0-9a-f]{8}-[0-9a-f-]{0,27}", part)
        terms.extend([part.rstrip(".")] if whole else words(part))
    unique = list(dict.fromkeys(term[:_LONGEST_KEY] for term in terms if term))
    return [(term, term + _HIGHEST) for term in unique[:_MOST_TERMS]]
