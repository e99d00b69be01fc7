"""What a person types to find a company: by which keys it is looked up, and which name it is closest to.

Words may be begun only, or mistyped in a letter; an id, a registration number, a domain or an address is taken whole.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from rapidfuzz.distance import OSA

from tenantry.core.matching.domains import label_of, mail_domain, own_domain
from tenantry.core.matching.keys import Key, KeyKind, key_of, keys_of, typo_keys
from tenantry.core.matching.profiles import plain_registration
from tenantry.core.matching.values import Subject
from tenantry.core.names import parse_name
from tenantry.core.search import words

LONGEST_QUERY = 200
_MOST_WORDS = 6
_EQUAL, _BEGUN, _MISTYPED = 1.0, 0.96, 0.9
_TYPO_FROM = 4
_LEAST_LIKENESS = 0.7
_FOUND_ELSEWHERE = 0.5  # by its contact, say: behind all whose name is close, before none


@dataclass(frozen=True, slots=True)
class Query:
    """What somebody looks for: its folded ``words``, keys of ids and domains, and keys of names that are like it."""

    words: tuple[str, ...]
    identifying: frozenset[Key]
    naming: frozenset[Key]


def read_query(text: str) -> Query:
    """Take apart what somebody typed. What lies behind 200 characters is left out."""
    sought = text[:LONGEST_QUERY]
    identifying = {key for term in sought.split()[:_MOST_WORDS] for key in _identifying(term)}
    if number := plain_registration(sought):
        identifying.add(key_of(KeyKind.REGISTRATION, number))
    naming = set(keys_of(Subject(name=sought)))
    for variant in parse_name(sought).variants[:1]:
        for word in variant.keys[:_MOST_WORDS]:
            naming |= {key_of(KeyKind.WORD, word), *typo_keys(word)}
    return Query(tuple(words(sought)[:_MOST_WORDS]), frozenset(identifying), frozenset(naming - identifying))


def _identifying(term: str) -> Iterable[Key]:
    yield key_of(KeyKind.TENANT, term.lower())
    for domain in (own_domain(term), mail_domain(term)):
        if domain:
            yield key_of(KeyKind.DOMAIN, domain)
    if label := label_of(term):
        yield key_of(KeyKind.LABEL, label)


def rank(
    query: Query, names: Mapping[int, str], *, identified: Collection[int], having_words: Collection[int]
) -> list[int]:
    """Return the companies in the order to show them, those that are not close enough left out.

    ``identified`` were found by an id or a domain, ``having_words`` by beginnings of words, perhaps not of their names.
    """
    scored = []
    for pk, name in names.items():
        close = closeness(query.words, name)
        if pk in identified:
            close += 1.0
        elif pk in having_words:
            close = max(close, _FOUND_ELSEWHERE)
        if close > 0.0:
            scored.append((-round(close, 2), len(name), name.casefold(), pk))
    return [entry[-1] for entry in sorted(scored)]


def closeness(sought: tuple[str, ...], name: str) -> float:
    """Return how close a name is to the words that somebody typed, from 0 (a word is not in it) to 1."""
    own = words(name)
    found = [max((_word_closeness(word, other) for other in own), default=0.0) for word in sought]
    if found and min(found) > 0.0:
        return sum(found) / len(found)
    return _as_one_word("".join(sought), "".join(own))


def _word_closeness(word: str, other: str) -> float:
    if word == other:
        return _EQUAL
    if other.startswith(word):
        return _BEGUN
    if len(word) < _TYPO_FROM or not word.isalpha():  # another number is another number
        return 0.0
    like = max(OSA.normalized_similarity(word, other), OSA.normalized_similarity(word, other[: len(word)]))
    return like * _MISTYPED if like >= _LEAST_LIKENESS else 0.0


def _as_one_word(sought: str, own: str) -> float:
    """Compare what is written together on one side and apart on the other."""
    if len(sought) < _TYPO_FROM or _digits(sought) not in _digits(own):
        return 0.0
    like = OSA.normalized_similarity(sought, own[: len(sought) + 1])
    return like * _MISTYPED * _MISTYPED if like >= _LEAST_LIKENESS + 0.1 else 0.0


def _digits(text: str) -> str:
    return "".join([char for char in text if char.isdigit()])
