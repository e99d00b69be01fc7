"""Keys by which a table finds candidates through equality alone.

A company stores its keys, a tenant asks with its own; whoever shares one is a candidate. ``(kind, text)`` has
equal meaning on both sides. :func:`worth` ranks what was found, before anything is compared.
"""

from collections.abc import Iterator
from enum import StrEnum
from itertools import pairwise
from typing import NamedTuple

from tenantry.core.matching.profiles import Profile, profile_of
from tenantry.core.matching.values import Candidate, Subject
from tenantry.core.names.parsing import Variant, spelt

LONGEST_KEY = 60
_RARE_WORDS = 3
_MOST_VARIANTS = 3
_ENDS = 6
_TYPO_FROM, _TYPO_TO = 5, 14
_ACRONYM_FROM, _ACRONYM_TO = 2, 7
_PHONE_DIGITS = 8
_SOUND_FROM = 3
_VOWELS = str.maketrans("", "", "aeiouyhw")
_SOUNDS = str.maketrans({"c": "k", "q": "k", "z": "s", "v": "f", "b": "p", "d": "t", "g": "k", "j": "s"})


class KeyKind(StrEnum):
    """What a key's text is. One letter, as the table stores it."""

    TENANT = "i"
    REGISTRATION = "r"
    DOMAIN = "d"
    LABEL = "l"
    PHONE = "p"
    NAME = "n"
    SORTED = "s"
    PAIR = "2"
    WORD = "w"
    ACRONYM = "a"
    HEAD = "h"
    TAIL = "t"
    SOUND = "o"
    TYPO = "y"


class Key(NamedTuple):
    """A kind and a text of at most 60 characters."""

    kind: KeyKind
    text: str


# What an equal key of a kind is worth before comparing, in bits. A kind that many share is worth less by itself.
WORTH: dict[KeyKind, float] = {
    KeyKind.TENANT: 60.0, KeyKind.REGISTRATION: 40.0, KeyKind.DOMAIN: 22.0, KeyKind.PHONE: 18.0, KeyKind.NAME: 20.0,
    KeyKind.SORTED: 18.0, KeyKind.LABEL: 13.0, KeyKind.PAIR: 13.0, KeyKind.WORD: 9.0, KeyKind.TYPO: 7.0,
    KeyKind.ACRONYM: 6.0,
    KeyKind.SOUND: 4.0, KeyKind.HEAD: 5.0, KeyKind.TAIL: 4.0,
}  # fmt: skip


def keys_of(record: Subject | Candidate) -> frozenset[Key]:
    """Return the keys of a tenant or a company: at most some 60, most have a dozen."""
    return keys_of_profile(profile_of(record))


def keys_of_profile(profile: Profile) -> frozenset[Key]:
    """Return the keys of a profile that was made already."""
    found = [Key(KeyKind.TENANT, identifier[:LONGEST_KEY]) for identifier in profile.tenant_ids]
    if profile.registration:
        found.append(Key(KeyKind.REGISTRATION, profile.registration[:LONGEST_KEY]))
    domains = profile.domains | {profile.contact_domain} if profile.contact_domain else profile.domains
    found += [Key(KeyKind.DOMAIN, domain[:LONGEST_KEY]) for domain in domains]
    found += [Key(KeyKind.LABEL, label[:LONGEST_KEY]) for label in profile.labels]
    if profile.phone:
        found.append(Key(KeyKind.PHONE, profile.phone[-_PHONE_DIGITS:]))
    for variant in profile.name.variants[:_MOST_VARIANTS]:
        if not variant.says_nothing:
            found += _name_keys(variant)
    return frozenset(found)


def _name_keys(variant: Variant) -> Iterator[Key]:
    keys = variant.keys
    compact = "".join(keys)
    yield Key(KeyKind.NAME, compact[:LONGEST_KEY])
    if compact.isascii() and len(compact) >= _SOUND_FROM:
        yield Key(KeyKind.LABEL, variant.compact[:LONGEST_KEY])
    ranked = sorted(zip(variant.bits, keys, strict=True), key=lambda entry: (-entry[0], entry[1]))
    rare = [key for _, key in ranked[:_RARE_WORDS]]
    for word in rare:
        yield Key(KeyKind.WORD, word[:LONGEST_KEY])
    if len(keys) > 1:
        yield Key(KeyKind.SORTED, "".join(sorted(keys))[:LONGEST_KEY])
        for first in range(len(rare)):
            for second in rare[first + 1 :]:
                yield Key(KeyKind.PAIR, " ".join(sorted((rare[first], second)))[:LONGEST_KEY])
    if len(compact) > _ENDS:
        yield Key(KeyKind.HEAD, compact[:_ENDS])
        yield Key(KeyKind.TAIL, compact[-_ENDS:])
    yield from _acronyms(variant, compact)
    yield from _fuzzy(rare)


def _acronyms(variant: Variant, compact: str) -> Iterator[Key]:
    if _ACRONYM_FROM <= len(compact) <= _ACRONYM_TO:
        yield Key(KeyKind.ACRONYM, compact)
    initials = initials_of(variant)
    if _ACRONYM_FROM <= len(initials) <= _ACRONYM_TO and initials != compact:
        yield Key(KeyKind.ACRONYM, initials)


def initials_of(variant: Variant) -> str:
    """Return the first letters of the words that say something; *of* and the like are left out."""
    return "".join([word[0] for word in variant.words if word not in _SMALL])


_SMALL = frozenset("of for de du des la le les del di da do dos der die das fur in on to al el the a".split())


def _fuzzy(rare: list[str]) -> Iterator[Key]:
    for word in rare[:2]:
        if sound := sound_of(word):
            yield Key(KeyKind.SOUND, sound)
    for word in rare[:1]:
        if _TYPO_FROM <= len(word) <= _TYPO_TO:
            yield Key(KeyKind.TYPO, word)
            for at in range(len(word)):
                yield Key(KeyKind.TYPO, word[:at] + word[at + 1 :])


def sound_of(word: str) -> str:
    """Return the consonants of a word in Latin letters, like sounds alike; empty when there are too few."""
    letters = spelt(word).replace("ph", "f")
    if not letters.isalpha():
        return ""
    bare = letters[0].translate(_SOUNDS) + letters[1:].translate(_VOWELS).translate(_SOUNDS)
    once = bare[0] + "".join([char for before, char in pairwise(bare) if char != before])
    return once[:12] if len(once) >= _SOUND_FROM else ""
