"""Keys by which a table finds candidates through equality alone.

A company stores its keys, a tenant asks with its own; whoever shares one is a candidate. A key is a text: one letter
for its :class:`KeyKind`, then what is equal. :data:`WORTH` ranks what was found, before anything is compared.
"""

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from functools import lru_cache

from tenantry.core.matching.profiles import Profile, profile_of
from tenantry.core.matching.values import Candidate, Subject
from tenantry.core.names.parsing import Variant, spelt

LONGEST_KEY = 61  # the letter, and 60 characters
_LONGEST_TEXT = LONGEST_KEY - 1
_RARE_WORDS = 3
_MOST_VARIANTS = 3
_ENDS = 6
_TYPO_FROM, _TYPO_TO = 5, 14
_ACRONYM_FROM, _ACRONYM_TO = 2, 7
_PHONE_DIGITS = 8
_SOUND_FROM = 3
_LONGEST_SOUND = 12
_SOUNDS = {"c": "k", "q": "k", "z": "s", "v": "f", "b": "p", "d": "t", "g": "k", "j": "s"}
_FIRST_SOUND = str.maketrans(_SOUNDS)
_OTHER_SOUNDS = str.maketrans({**_SOUNDS, **dict.fromkeys("aeiouyhw", "")})
_TWICE = re.compile(r"(.)\1+")

Key = str


class KeyKind(StrEnum):
    """What a key's text is: its first letter."""

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


# What an equal key of a kind is worth before comparing, in bits. A kind that many share is worth less by itself.
WORTH: Mapping[str, float] = {
    KeyKind.TENANT: 60.0, KeyKind.REGISTRATION: 40.0, KeyKind.DOMAIN: 22.0, KeyKind.PHONE: 18.0, KeyKind.NAME: 20.0,
    KeyKind.SORTED: 18.0, KeyKind.LABEL: 13.0, KeyKind.PAIR: 13.0, KeyKind.WORD: 9.0, KeyKind.TYPO: 7.0,
    KeyKind.ACRONYM: 6.0,
    KeyKind.SOUND: 4.0, KeyKind.HEAD: 5.0, KeyKind.TAIL: 4.0,
}  # fmt: skip


def key_of(kind: KeyKind, text: str) -> Key:
    """Return the key of a kind that has this text, as far as keys go."""
    return kind + text[:_LONGEST_TEXT]


def kind_of(key: Key) -> KeyKind:
    """Return what a key is made of."""
    return KeyKind(key[0])


def keys_of(record: Subject | Candidate) -> frozenset[Key]:
    """Return the keys of a tenant or a company: at most some 120, most have twenty."""
    return keys_of_profile(profile_of(record, places=False))


def keys_of_profile(profile: Profile) -> frozenset[Key]:
    """Return the keys of a profile that was made already."""
    found = ["i" + identifier[:_LONGEST_TEXT] for identifier in profile.tenant_ids]
    if profile.registration:
        found.append("r" + profile.registration[:_LONGEST_TEXT])
    found += ["d" + domain[:_LONGEST_TEXT] for domain in profile.domains]
    if profile.contact_domain:
        found.append("d" + profile.contact_domain[:_LONGEST_TEXT])
    found += ["l" + label[:_LONGEST_TEXT] for label in (*profile.labels, *profile.contact_label)]
    if profile.phone:
        found.append("p" + profile.phone[-_PHONE_DIGITS:])
    for variant in profile.name.variants[:_MOST_VARIANTS]:
        if not variant.says_nothing:
            found += _name_keys(variant)
    return frozenset(found)


def _name_keys(variant: Variant) -> list[Key]:
    keys, compact = variant.keys, variant.joined
    found = ["n" + compact[:_LONGEST_TEXT]]
    if compact.isascii() and len(compact) >= _SOUND_FROM:
        found.append("l" + variant.compact[:_LONGEST_TEXT])
    rare = _rarest(variant)
    found += ["w" + word[:_LONGEST_TEXT] for word in rare]
    if len(keys) > 1:
        found.append("s" + "".join(sorted(keys))[:_LONGEST_TEXT])
        for first in range(len(rare) - 1):
            for second in rare[first + 1 :]:
                pair = f"{rare[first]} {second}" if rare[first] <= second else f"{second} {rare[first]}"
                found.append("2" + pair[:_LONGEST_TEXT])
    if len(compact) > _ENDS:
        found += ["h" + compact[:_ENDS], "t" + compact[-_ENDS:]]
    found += ["a" + initials for initials in _acronyms(variant, compact)]
    found += ["o" + sound for word in rare[:2] if (sound := sound_of(word))]
    return found + typo_keys(rare[0])


def _rarest(variant: Variant) -> Sequence[str]:
    """Return the words that say most, at most three, the rarest first."""
    if len(variant.keys) == 1:
        return variant.keys
    ranked = sorted(zip([-bits for bits in variant.bits], variant.keys, strict=True))
    return [word for _, word in ranked[:_RARE_WORDS]]


def _acronyms(variant: Variant, compact: str) -> set[str]:
    """Return the name itself where it may be initials, and its own initials."""
    own = {compact, initials_of(variant)} if len(variant.words) > 1 else {compact}
    return {initials for initials in own if _ACRONYM_FROM <= len(initials) <= _ACRONYM_TO}


def initials_of(variant: Variant) -> str:
    """Return the first letters of the words that say something; *of* and the like are left out."""
    return "".join([word[0] for word in variant.words if word not in _SMALL])


_SMALL = frozenset("of for de du des la le les del di da do dos der die das fur in on to al el the a".split())


def typo_keys(word: str) -> list[Key]:
    """Return the word and what is left of it without each one of its letters: words that differ in one share one."""
    if not _TYPO_FROM <= len(word) <= _TYPO_TO:
        return []
    return ["y" + word, *["y" + word[:at] + word[at + 1 :] for at in range(len(word))]]


@lru_cache(maxsize=20_000)
def sound_of(word: str) -> str:
    """Return the consonants of a word in Latin letters, like sounds alike; empty when there are too few."""
    letters = spelt(word).replace("ph", "f")
    if not letters.isalpha():
        return ""
    once = _TWICE.sub(r"\1", letters[0].translate(_FIRST_SOUND) + letters[1:].translate(_OTHER_SOUNDS))
    return once[:_LONGEST_SOUND] if len(once) >= _SOUND_FROM else ""
