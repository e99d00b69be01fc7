"""Letters made comparable: case, accents, compatibility forms, and letters that stand alone."""

import re
import unicodedata

from anyascii import anyascii
from cleanco.non_nfkd_map import NON_NFKD_MAP

# Letters that no decomposition takes apart, for which ``NON_NFKD_MAP`` has no entry. The Turkish dotless i
# is an i here: the dotted capital loses its dot as any other mark does.
_ALONE = {"ı": "i", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d", "ŋ": "n", "ĸ": "k", "ə": "e", "№": "no"}
_LETTERS = str.maketrans({**{key.casefold(): value.casefold() for key, value in NON_NFKD_MAP.items()}, **_ALONE})
# The signs that repeat or voice kana are marks, yet they make another letter: the composed form keeps them.
_KANA = re.compile("[\u3040-\u30ff]")
_LATIN_SCRIPTS = re.compile("[\u0370-\u03ff\u0400-\u052f\u0530-\u058f\u10a0-\u10ff\u3040-\u30ff\uac00-\ud7af]")


def fold(text: str) -> str:
    """Return ``text`` in lower case, without accents, in compatibility form. Folding twice changes nothing."""
    if text.isascii():
        return text.lower()
    folded = _fold_once(text)
    if folded.isascii():
        return folded.lower()
    while (again := _fold_once(folded)) != folded:  # a compatibility form may hide a capital or an accent
        folded = again
    return folded


def _fold_once(text: str) -> str:
    text = unicodedata.normalize("NFKC", text.casefold()).translate(_LETTERS)
    if _KANA.search(text):
        return text
    decomposed = unicodedata.normalize("NFKD", text)
    bare = "".join([char for char in decomposed if not unicodedata.category(char).startswith("M")])
    return unicodedata.normalize("NFKC", bare)


def latin(word: str) -> str:
    """Return a folded word in Latin letters where its script spells sounds; otherwise an empty text.

    Greek, Cyrillic, Armenian, Georgian, kana and Hangul spell sounds. Han does not, and readings of it
    differ from language to language.
    """
    if word.isascii() or not _LATIN_SCRIPTS.search(word):
        return ""
    spelt = anyascii(word).lower()
    return spelt if spelt.isalnum() else ""
