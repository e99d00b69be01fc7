"""The names of companies: who a customer is before anything happened to it."""

from dataclasses import dataclass
from typing import Final

from tenantry.emulator.draws import Draw
from tenantry.emulator.invented import invented_word
from tenantry.emulator.lands import City, Land, Pattern, Tongue, Word, lands_by_weight

_SUBSIDIARIES: Final = 45  # per thousand
_NEAR_DUPLICATES: Final = 15  # per thousand
_ADDITIONS: Final = (Word("International", "international"), Word("Holding", "holding"))
_REACH: Final = 3000  # how far back a relative looks for its elder


@dataclass(frozen=True, slots=True)
class Identity:
    """A company's name and where it sits.

    ``stem`` is the name without its legal form, ``brand`` the word that a group shares, ``slug`` the name as
    a domain label. ``elder`` is the index of the company that this one belongs to (``kind`` ``subsidiary``)
    or is a second entry of (``kind`` ``duplicate``).
    """

    land: Land
    city: City
    name: str
    stem: str
    legal: str
    brand: Word
    slug: str
    kind: str = "ordinary"
    elder: int | None = None


class Identities:
    """Makes the identity of every index of a world, always the same for the same key. Keeps nothing."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._lands = lands_by_weight()

    def of(self, index: int) -> Identity:
        """Return the identity of customer ``index``."""
        draw = Draw(self._key, b"identity", index)
        kind = self._kind(index, draw.below(1000))
        if kind == "ordinary":
            return self._ordinary(draw)
        elder = self._elder(index, Draw(self._key, b"elder", index))
        if kind == "subsidiary":
            return self._subsidiary(elder, draw)
        return self._duplicate(elder, draw)

    def renamed(self, index: int, times: int) -> Identity:
        """Return the identity after ``times`` renamings: another legal form, an addition, or a new name."""
        before = self.of(index) if times <= 1 else self.renamed(index, times - 1)
        draw = Draw(self._key, b"renamed", index * 64 + times)
        way = draw.below(3)
        others = [form for form in before.land.legal if form != before.legal]
        stem, legal = before.stem, before.legal
        if way == 0 and others:
            legal = draw.pick(others)
        elif way == 1 and not stem.endswith((" Group", " Holding")):
            stem = f"{stem} {draw.pick(('Group', 'Holding'))}"
        else:
            stem = f"{invented_word(draw).text} {draw.pick(before.land.tongue.trades).text}"
        name = before.name.replace(before.legal, legal).replace(before.stem, stem) if before.legal else stem
        if name == before.name:
            name = f"{stem} {draw.pick(('Group', 'Holding', 'International'))} {legal}".strip()
        return Identity(
            before.land, before.city, name, stem, legal, before.brand, before.slug, before.kind, before.elder
        )

    @staticmethod
    def _kind(index: int, drawn: int) -> str:
        if index == 0 or drawn >= _SUBSIDIARIES + _NEAR_DUPLICATES:
            return "ordinary"
        return "subsidiary" if drawn < _SUBSIDIARIES else "duplicate"

    def _elder(self, index: int, draw: Draw) -> int:
        elder = index - 1 - draw.below(min(index, _REACH))
        while self._kind(elder, Draw(self._key, b"identity", elder).below(1000)) != "ordinary":
            elder -= 1
        return elder

    def _ordinary(self, draw: Draw) -> Identity:
        land = draw.pick(self._lands)
        city = draw.pick(land.cities)
        pattern = draw.pick(land.tongue.patterns)
        legal = draw.pick(land.legal)
        words: dict[str, Word] = {"c": city.name, "l": Word(legal, "")}
        first: Word | None = None
        slugs: list[str] = []
        for field in pattern[1::2]:
            if field not in words:
                words[field] = _drawn(field, draw, land.tongue)
                if field == "r" and words["r"] is words.get("s"):
                    words["r"] = draw.pick(land.tongue.surnames[1:])
            word = words[field]
            if word.slug:
                slugs.append(word.slug)
                if field in "sewi" and first is None:
                    first = word
        return Identity(
            land=land, city=city, name=_filled(pattern, words),
            stem=_filled(pattern, {**words, "l": Word("", "")}).strip(" ,"),
            legal=legal, brand=first or city.name, slug="-".join(slugs)[:40].rstrip("-"),
        )  # fmt: skip

    def _subsidiary(self, elder: int, draw: Draw) -> Identity:
        parent = self.of(elder)
        land = draw.pick(self._lands)
        if land.code == parent.land.code:
            land = draw.pick(self._lands)
        city = draw.pick(land.cities)
        legal = draw.pick(land.legal[: max(1, len(land.legal) * 6 // 10)])
        brand = parent.brand
        if parent.land.tongue.script != land.tongue.script:
            brand = Word(brand.slug.replace("-", " ").title(), brand.slug)
        spaced = any(" " in part for part in land.subsidiary[::2])
        addition = draw.pick((land.name, land.name, land.name, *_ADDITIONS)) if spaced else land.name
        words = {"b": brand, "n": addition, "l": Word(legal, "")}
        return Identity(
            land=land, city=city, name=_filled(land.subsidiary, words), stem=f"{brand.text} {addition.text}",
            legal=legal, brand=brand, slug=f"{brand.slug}-{addition.slug}", kind="subsidiary", elder=elder,
        )  # fmt: skip

    def _duplicate(self, elder: int, draw: Draw) -> Identity:
        same = self.of(elder)
        return Identity(
            land=same.land, city=same.city, name=_varied(same, draw), stem=same.stem, legal=same.legal,
            brand=same.brand, slug=same.slug, kind="duplicate", elder=elder,
        )  # fmt: skip


def _drawn(field: str, draw: Draw, tongue: Tongue) -> Word:
    if field in {"s", "r"}:
        return draw.pick(tongue.surnames)
    if field in {"t", "u"}:
        return draw.pick(tongue.trades)
    if field == "e":
        return draw.pick(tongue.emblems)
    if field == "f":
        return draw.pick(tongue.given)
    if field == "i":
        initials = draw.digits("@@@" if draw.below(4) else "@&@")
        return Word(initials, initials.lower().replace("&", ""))
    return invented_word(draw)


def _filled(pattern: Pattern, words: dict[str, Word]) -> str:
    return "".join(words[part].text if place % 2 else part for place, part in enumerate(pattern)).strip()


def _varied(same: Identity, draw: Draw) -> str:
    """Return ``same``'s name as a second clerk would have typed it; never the very same text."""
    name = same.name
    place = same.city.name.text
    long_form = same.land.long_forms.get(same.legal, "")
    ways = [
        name.replace(same.legal, long_form) if long_form else name,
        name.upper(),
        same.stem,
        name.replace(" & ", " und ") if same.land.language == "de" else name.replace(" & ", " + "),
        name if place in same.stem else f"{same.stem} {place} {same.legal}".strip(),
        _slipped(name, draw.below(1000)),
        f"{name} ({place})",
    ]
    different = [way for way in ways if way != name]
    return draw.pick(different)


def _slipped(name: str, place: int) -> str:
    """Return ``name`` with two neighbouring small letters swapped, as fingers do."""
    spots = [
        at
        for at in range(1, len(name) - 1)
        if name[at].islower() and name[at + 1].islower() and name[at] != name[at + 1]
    ]
    if not spots:
        return f"{name}."
    at = spots[place % len(spots)]
    return name[:at] + name[at + 1] + name[at] + name[at + 2 :]
