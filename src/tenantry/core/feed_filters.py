"""Which of a connection's tenants a feed lets through: what a person typed, made a filter. Pure."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from uuid import UUID

MOST_ENTRIES = 5_000
_COUNTRY = re.compile(r"[A-Z]{2}")
_DOMAIN = re.compile(r"(?=.{4,253}\Z)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")
_BETWEEN = re.compile(r"[\s,;]+")
# Reads one entry: its value, and a sentence when it is none.
Reader = Callable[[str], tuple[str, str]]


@dataclass(frozen=True, slots=True)
class FeedFilter:
    """What a tenant must have to pass; an empty part asks for nothing, all parts together must hold.

    ``countries`` are upper-case ISO codes, ``domains`` in lower case, the ids GUIDs in their plain form.
    """

    countries: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    indirect_resellers: tuple[str, ...] = ()
    tenant_ids: tuple[str, ...] = ()

    @property
    def lets_all_through(self) -> bool:
        """Whether there is no filter at all."""
        return not (self.countries or self.domains or self.indirect_resellers or self.tenant_ids)

    def as_json(self) -> dict[str, list[str]]:
        """Return the parts by name."""
        return {
            "countries": list(self.countries),
            "domains": list(self.domains),
            "indirect_resellers": list(self.indirect_resellers),
            "tenant_ids": list(self.tenant_ids),
        }


@dataclass(frozen=True, slots=True)
class TypedFilter:
    """The parts as a person typed or pasted them: entries apart by spaces, commas, semicolons or lines."""

    countries: str = ""
    domains: str = ""
    indirect_resellers: str = ""
    tenant_ids: str = ""


@dataclass(frozen=True, slots=True)
class ReadFilter:
    """The filter that was typed, and a sentence for each part that can't be read; then it is not to be used."""

    value: FeedFilter
    errors: dict[str, str] = field(default_factory=dict)


def read_filter(typed: TypedFilter) -> ReadFilter:
    """Read what was typed. Repeated entries count once; the order is the alphabet's."""
    errors: dict[str, str] = {}
    parts = {
        "countries": _entries("countries", typed.countries.upper(), _country, errors),
        "domains": _entries("domains", typed.domains.lower(), _domain, errors),
        "indirect_resellers": _entries("indirect_resellers", typed.indirect_resellers, _guid, errors),
        "tenant_ids": _entries("tenant_ids", typed.tenant_ids, _guid, errors),
    }
    return ReadFilter(FeedFilter(**parts), errors)


def domain_of(text: str) -> str:
    """Return the domain in ``text`` in lower case (IDNA for other scripts), or an empty text when it is none."""
    try:
        candidate = text.strip().strip(".").lower().encode("idna").decode("ascii")
    except UnicodeError:
        return ""
    return candidate if _DOMAIN.fullmatch(candidate) else ""


def guid_of(text: str) -> str:
    """Return the GUID in ``text`` as it is stored, or an empty text when it is none."""
    try:
        return str(UUID(text.strip()))
    except ValueError:
        return ""


def _entries(name: str, text: str, read: Reader, errors: dict[str, str]) -> tuple[str, ...]:
    words = [word for word in _BETWEEN.split(text.strip()) if word]
    if len(words) > MOST_ENTRIES:
        errors[name] = f"At most {MOST_ENTRIES:,} entries can be listed; these are {len(words):,}."
        return ()
    return _read_all(name, words, read, errors)


def _read_all(name: str, words: Iterable[str], read: Reader, errors: dict[str, str]) -> tuple[str, ...]:
    good: set[str] = set()
    for word in words:
        value, wrong = read(word)
        if wrong:
            errors.setdefault(name, wrong)
        else:
            good.add(value)
    return tuple(sorted(good))


def _country(word: str) -> tuple[str, str]:
    fine = _COUNTRY.fullmatch(word)
    return word, "" if fine else f"{word[:40]!r} is no country code. Countries are written in two letters, such as DE."


def _domain(word: str) -> tuple[str, str]:
    domain = domain_of(word)
    return domain, "" if domain else f"{word[:80]!r} is no domain. Write it like contoso.com."


def _guid(word: str) -> tuple[str, str]:
    guid = guid_of(word)
    example = "00000000-0000-0000-0000-000000000000"
    return guid, "" if guid else f"{word[:60]!r} is no id of a tenant. It looks like {example}."
