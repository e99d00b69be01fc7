"""Two names laid side by side: which words they share, which one has alone, and how the letters differ."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from enum import StrEnum
from itertools import pairwise

from rapidfuzz.distance import OSA, Indel

from tenantry.core.matching.keys import initials_of, sound_of
from tenantry.core.names.parsing import Variant, spelt
from tenantry.core.names.rarity import KINDS

_TYPO_FROM = 4
_TYPO_LIKENESS = 0.74
_SHORT_TYPO_LIKENESS = 0.66
_TELLING = 11.0  # bits
_ABBREVIATION_FROM = 3
_JOINED_LIKENESS = 0.88
_JOINED_SHORTEST = 0.87  # of the whole word's letters: what is shorter is less alike, and need not be laid beside it
_JOINED_FROM = 5
_JOINED_SLACK = 2  # letters that words written apart may have more
_NOWHERE: frozenset[str] = frozenset()
_ABBREVIATED_COST = 0.45
_INITIALS_FROM = 2
_TRANSCRIBED_COST = 0.35


class Relation(StrEnum):
    """How two names stand to each other, apart from legal forms."""

    EQUAL = "equal"
    SPACING = "spacing"
    REORDERED = "reordered"
    SPELLING = "spelling"
    CONTAINED = "contained"
    PARTIAL = "partial"
    ACRONYM = "acronym"
    NONE = "none"


class NameComparison:
    """What came of it. Bits are of :func:`tenantry.core.names.bits_of`; ``typos`` are bits lost to spelling.

    ``slips`` is the most letters in which two telling words differ that are taken for one. ``only_left`` and
    ``only_right`` are words without a partner, ``places_left`` and ``places_right`` the countries that such words
    name: those words are not counted again.

    What is not said is the class's: two dozen are made for each tenant, and most of them say little.
    """

    relation: Relation = Relation.NONE
    letters: float = 0.0
    shared: Sequence[str] = ()
    respelt: Sequence[tuple[str, str]] = ()
    shared_bits: float = 0.0
    rarest: float = 0.0
    typos: float = 0.0
    slips: int = 0
    only_left: Sequence[str] = ()
    only_right: Sequence[str] = ()
    bits_left: float = 0.0
    bits_right: float = 0.0
    places_left: AbstractSet[str] = _NOWHERE
    places_right: AbstractSet[str] = _NOWHERE
    numbers_differ: bool = False
    same_start: bool = False
    rarest_left: float = 0.0
    rarest_right: float = 0.0
    other_kind: bool = False
    other_initial: bool = False


def compare_names(left: Variant, right: Variant) -> NameComparison:
    """Lay two names side by side."""
    found = NameComparison()
    one, other = left.joined, right.joined
    if one.isascii() != other.isascii():  # another script: what counts is how it sounds
        one, other = ("".join([spelt(key) or key for key in side.keys]) for side in (left, right))
    if one == other:
        found.letters = 1.0
        _share_all(left, right, found)
    else:
        found.letters = Indel.normalized_similarity(one, other)
        lonely_left, lonely_right = _share_equal(left, right, found)
        if lonely_left and lonely_right:
            _share_joined(left, right, lonely_left, lonely_right, found)
            _share_respelt(left, right, lonely_left, lonely_right, found)
        if lonely_left or lonely_right:
            _judge_lonely(left, right, lonely_left, lonely_right, found)
    mine, theirs = left.keys[0], right.keys[0]
    if found.respelt:
        found.other_initial = any(pair[0][0] != pair[1][0] for pair in found.respelt)
        found.same_start = mine == theirs or any(pair in {(mine, theirs), (theirs, mine)} for pair in found.respelt)
    else:
        found.same_start = mine == theirs
    found.relation = _relation(left, right, found)
    return found


def _share_equal(left: Variant, right: Variant, found: NameComparison) -> tuple[list[int], list[int]]:
    keys, lonely_left, lonely_right = right.keys, list[int](), list(range(len(right.keys)))
    for at, key in enumerate(left.keys):
        if key not in keys:
            lonely_left.append(at)
            continue
        partner: int | None = keys.index(key)
        if partner not in lonely_right:  # the word stood here before
            partner = next((there for there in lonely_right if keys[there] == key), None)
        if partner is None:
            lonely_left.append(at)
        else:
            lonely_right.remove(partner)
            _add_shared(found, key, min(left.bits[at], right.bits[partner]))
    return lonely_left, lonely_right


def _share_all(left: Variant, right: Variant, found: NameComparison) -> None:
    """Both write the same letters; if they put the blanks elsewhere, the fewer words are the shared ones."""
    fewer = left if len(left.keys) <= len(right.keys) else right
    for key, bits in zip(fewer.keys, fewer.bits, strict=True):
        _add_shared(found, key, bits)
    if left.keys != right.keys:
        found.respelt = [(left.normal, right.normal)]


def _add_shared(found: NameComparison, word: str, bits: float) -> None:
    found.shared = [*found.shared, word]
    found.shared_bits += bits
    found.rarest = max(found.rarest, bits)


def _share_joined(
    left: Variant, right: Variant, lonely_left: list[int], lonely_right: list[int], found: NameComparison
) -> None:
    """Pair words that one side writes together and the other apart."""
    for mine, others, near, far in ((left, right, lonely_left, lonely_right), (right, left, lonely_right, lonely_left)):
        if len(far) < 2:  # noqa: PLR2004  # nothing is written apart
            continue
        letters = min([len(others.words[one]) + len(others.words[next_one]) for one, next_one in pairwise(far)])
        for at in [at for at in near if len(mine.words[at]) + _JOINED_SLACK >= letters]:
            span = _span_like(mine.words[at], others, far)
            if span:
                near.remove(at)
                for there in span:
                    far.remove(there)
                found.respelt = [*found.respelt, (mine.keys[at], "".join([others.keys[there] for there in span]))]
                bits = min(sum([others.bits[there] for there in span]), 15.0)
                found.shared_bits += bits
                found.rarest = max(found.rarest, min(bits, max([others.bits[there] for there in span])))


def _span_like(word: str, others: Variant, lonely: Sequence[int]) -> Sequence[int]:
    words, shortest, longest = others.words, len(word) * _JOINED_SHORTEST, len(word) + _JOINED_SLACK
    for start in range(len(lonely) - 1):
        first = last = lonely[start]
        letters = len(words[first])
        for there in lonely[start + 1 : start + 4] if letters < longest else ():
            letters += len(words[there])
            if there != last + 1 or letters > longest:
                break
            last = there
            if letters >= shortest:
                joined = "".join(words[first : there + 1])
                if joined == word or (
                    len(word) > _JOINED_FROM and OSA.normalized_similarity(joined, word) >= _JOINED_LIKENESS
                ):
                    return range(first, there + 1)
    return ()


def _share_respelt(
    left: Variant, right: Variant, lonely_left: list[int], lonely_right: list[int], found: NameComparison
) -> None:
    """Pair words that differ in spelling, the likest first."""
    keys, likely = right.keys, []
    for at in lonely_left:
        one = left.keys[at]
        for there in lonely_right:
            respelling = _respelling(one, keys[there])
            if respelling is not None:
                likely.append((*respelling, at, there))
    for cost, slips, at, there in sorted(likely):
        if at in lonely_left and there in lonely_right:
            lonely_left.remove(at)
            lonely_right.remove(there)
            found.respelt = [*found.respelt, (left.keys[at], right.keys[there])]
            bits = min(left.bits[at], right.bits[there])
            lost = cost * max(left.bits[at], right.bits[there])
            found.typos += lost
            if bits >= _TELLING:  # a word that many names have is written in many ways
                found.slips = max(found.slips, slips)
            found.shared_bits += max(0.0, bits - lost)
            found.rarest = max(found.rarest, bits - lost)


def _respelling(one: str, other: str) -> tuple[float, int] | None:
    """Return which share of a word's bits another spelling costs, and how many letters differ; nothing for two words.

    An abbreviation or another script is no slip.
    """
    if not (one.isascii() and other.isascii()):
        spelt_one, spelt_other = spelt(one), spelt(other)
        if not spelt_one or not spelt_other:  # Han says its meaning, and one sign changes it
            return None
        if (
            one.isascii() != other.isascii()
            and spelt_one != spelt_other
            and (sound := sound_of(one))
            and sound == sound_of(other)
        ):
            return _TRANSCRIBED_COST, 0
        one, other = spelt_one, spelt_other
    shorter, longer = (one, other) if len(one) <= len(other) else (other, one)
    short, long = len(shorter), len(longer)
    least = _SHORT_TYPO_LIKENESS if long <= _TYPO_FROM else _TYPO_LIKENESS
    abbreviated = short >= _ABBREVIATION_FROM and longer.startswith(shorter)
    if not abbreviated and (short < _TYPO_FROM - 1 or 1.0 - (long - short) / long < least):  # too many letters lack
        return None
    if one.isdigit() or other.isdigit():
        return None
    if abbreviated:
        return min(_ABBREVIATED_COST, 1.0 - short / long + 0.1), 0
    slips = OSA.distance(one, other)
    likeness = 1.0 - slips / long
    return None if likeness < least else (1.0 - likeness, slips)


def _judge_lonely(
    left: Variant, right: Variant, lonely_left: list[int], lonely_right: list[int], found: NameComparison
) -> None:
    """Count the words without a partner, and tell whether they make it another kind or another number."""
    if lonely_left:
        found.only_left, found.places_left, found.bits_left, found.rarest_left = _count_lonely(left, lonely_left)
    if lonely_right:
        found.only_right, found.places_right, found.bits_right, found.rarest_right = _count_lonely(right, lonely_right)
    if not (left.plain and right.plain):
        found.other_kind = _kinds(left, lonely_left) != _kinds(right, lonely_right)
        found.numbers_differ = _numbers(found.only_left) != _numbers(found.only_right)


def _count_lonely(variant: Variant, lonely: list[int]) -> tuple[list[str], AbstractSet[str], float, float]:
    """Return the words without a partner and the countries among them; of the others the bits, and the most of one."""
    counted, places = lonely, _NOWHERE
    if variant.plain:
        if len(lonely) == 1:  # as often as not
            bits_of_one = variant.bits[lonely[0]]
            return [variant.words[lonely[0]]], places, bits_of_one, bits_of_one
    else:
        places = frozenset([variant.places[at] for at in lonely]) - {""}
        counted = [at for at in lonely if not variant.places[at]]
    bits = [variant.bits[at] for at in counted]
    return [variant.words[at] for at in lonely], places, sum(bits), max(bits, default=0.0)


def _kinds(variant: Variant, lonely: list[int]) -> set[str]:
    """Return what kinds of organisation the words without a partner name."""
    return {key for at in lonely if (key := variant.keys[at]) in KINDS}


def _numbers(words: Sequence[str]) -> set[str]:
    return {word for word in words if word.isdigit()}


def _relation(left: Variant, right: Variant, found: NameComparison) -> Relation:
    lonely = found.only_left or found.only_right
    if not lonely:
        if not found.respelt:
            return Relation.EQUAL if left.keys == right.keys else Relation.REORDERED
        return Relation.SPACING if found.letters == 1.0 else Relation.SPELLING
    if not found.shared and not found.respelt:
        return Relation.ACRONYM if _is_acronym(left, right) or _is_acronym(right, left) else Relation.NONE
    return Relation.PARTIAL if found.only_left and found.only_right else Relation.CONTAINED


def _is_acronym(short: Variant, long: Variant) -> bool:
    return (
        len(short.words) == 1
        and len(long.words) > 1
        and len(short.compact) >= _INITIALS_FROM
        and short.compact == initials_of(long)
    )
