"""People of the seeded world: who works in a company, made when somebody looks, and what happened to them.

A person is a function of the seed, the company and a number. Two of five stand at both providers under the
same address; the others differ. What each provider calls them, and which ids they have, is its own business.
"""

import threading
from bisect import bisect_left, insort
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final

from tenantry.emulator.customers import Companies
from tenantry.emulator.draws import Draw
from tenantry.emulator.lands import Tongue

DAY: Final = 86_400.0
NO_WIDTH: Final = "\u200b"
_PLAIN: Final = 40  # people who may have an address without a number in it
_KEPT_ORDERS: Final = 64
_ROLES: Final = (("info", "Info"), ("office", "Office"), ("sales", "Sales"), ("support", "Support"))
_PROGRAMS: Final = (("scanner", "Scanner"), ("backup", "Backup Service"), ("crm-sync", "CRM Sync"))
UNITS: Final = ("", "Sales", "Engineering", "Engineering/Platform", "Finance", "Board & Staff")
_ADMINS: Final = ("full", "partial")
# What is odd about a person, by thousandths up to which it is drawn; the other seven hundred are ordinary.
_ODDITIES: Final = (
    (40, "suspended"), (55, "archived"), (95, "guest"), (135, "shared"), (150, "service"), (170, "one name"),
    (185, "deleted"), (285, "alias"),
)  # fmt: skip
_TITLES: Final = ("", "Account Manager", "Engineer", "Accountant", "Assistant", "Director")


@dataclass(frozen=True, slots=True)
class Someone:
    """One entry of a directory now. ``kind`` is ``person``, ``guest``, ``shared`` or ``service``.

    ``mailbox`` is the local part of the address, ``former`` earlier ones that still receive. ``home`` is a
    guest's own address. Times are seconds since 1970. ``admin`` is ``full``, ``partial`` or empty. ``whole``
    is false for somebody whose creation is not finished.
    """

    company: int
    number: int
    given: str
    family: str
    mailbox: str
    kind: str
    created: float
    former: tuple[str, ...] = ()
    home: str = ""
    unit: str = ""
    title: str = ""
    language: str = "en"
    admin: str = ""
    licence: int = 0
    licensed: bool = True
    suspended: bool = False
    archived: bool = False
    deleted_at: float | None = None
    purged: bool = False
    last_login: float | None = None
    whole: bool = True


class Staff:
    """The people of every company at one provider. Safe to use from several threads.

    ``each`` people a company; ``crowds`` gives other sizes to some companies, by index. ``start`` is when the
    world began. Nothing is made in advance. ``log`` has company and number of every change, in order.
    ``domain`` returns a company's own domain.
    """

    def __init__(
        self, key: bytes, provider: str, companies: Companies, *, each: int, crowds: Mapping[int, int], start: float
    ) -> None:
        self._key = key
        self._own = f"staff {provider}".encode()[:16]
        self._companies = companies
        self._each = each
        self._crowds = dict(crowds)
        self.start = start
        self._joined: dict[int, list[Someone]] = {}
        self._changes: dict[tuple[int, int], dict[str, Any]] = {}
        self._orders: OrderedDict[int, list[tuple[str, int]]] = OrderedDict()
        self.lock = threading.RLock()
        self.log: list[tuple[int, int]] = []
        self._plain_names = lru_cache(maxsize=512)(self._first_names)
        self._speech = lru_cache(maxsize=512)(self._spoken)
        self.domain = lru_cache(maxsize=4096)(self._domain)

    def size(self, company: int) -> int:
        """Return how many numbers are taken in ``company``, those of deleted people included."""
        return self._began(company) + len(self._joined.get(company, ()))

    def _began(self, company: int) -> int:
        return self._crowds.get(company, self._each)

    def _domain(self, company: int) -> str:
        return f"{self._companies.label(company, self._companies.identities.of(company))}.example"

    def someone(self, company: int, number: int) -> Someone:
        """Return the entry with ``number``, also when it is deleted. Raises ``IndexError`` for one never made."""
        began = self._began(company)
        if number >= began:
            made = self._joined.get(company, [])[number - began]
        elif number < 0:
            raise IndexError(number)
        else:
            made = self._made(company, number)
        changes = self._changes.get((company, number))
        return replace(made, **changes) if changes else made

    def everybody(self, company: int) -> Iterator[Someone]:
        """Yield all entries of ``company``, those of deleted people included, in the order of their numbers."""
        for number in range(self.size(company)):
            yield self.someone(company, number)

    def administrators(self, company: int) -> list[Someone]:
        """Return everybody present with a role. Found without looking at all people."""
        changed = (number for index, number in list(self._changes) if index == company)
        numbers = {*range(min(len(_ADMINS), self._began(company))), *changed}
        numbers |= set(range(self._began(company), self.size(company)))
        found = (self.someone(company, number) for number in sorted(numbers))
        return [one for one in found if one.admin and is_present(one)]

    def change(self, company: int, number: int, **changes: Any) -> Someone:
        """Give an entry other properties, and return it as it is then."""
        with self.lock:
            before = self.someone(company, number)
            self._changes.setdefault((company, number), {}).update(changes)
            after = self.someone(company, number)
            self._reorder(company, before, after)
            return after

    def join(self, company: int, **properties: Any) -> Someone:
        """Add somebody to ``company``, invented apart from ``properties``, and return the entry."""
        with self.lock:
            number = self.size(company)
            invented = self._made(company, number)
            fresh = replace(
                invented, kind="person", suspended=False, archived=False, deleted_at=None, admin="",
                mailbox=f"{invented.mailbox}.{number}", former=(), home="",
            )  # fmt: skip
            made = replace(fresh, **properties)
            self._joined.setdefault(company, []).append(made)
            self._reorder(company, None, made)
            return made

    def ordered(self, company: int) -> list[tuple[str, int]]:
        """Return ``mailbox@`` and number of everybody present, as addresses are ordered. Not to be changed."""
        with self.lock:
            order = self._orders.get(company)
            if order is None:
                order = sorted((_key(one), one.number) for one in self.everybody(company) if is_present(one))
                self._orders[company] = order
                while len(self._orders) > _KEPT_ORDERS:
                    self._orders.popitem(last=False)
            else:
                self._orders.move_to_end(company)
            return order

    def by_mailbox(self, company: int, mailbox: str) -> Someone | None:
        """Return who is present under ``mailbox``, or has it as a former one."""
        order = self.ordered(company)
        place = bisect_left(order, (f"{mailbox}@", -1))
        if place < len(order) and order[place][0] == f"{mailbox}@":
            return self.someone(company, order[place][1])
        return next((one for one in self.everybody(company) if mailbox in one.former and is_present(one)), None)

    def _reorder(self, company: int, before: Someone | None, after: Someone) -> None:
        self.log.append((company, after.number))
        order = self._orders.get(company)
        if order is None:
            return
        if before is not None and is_present(before):
            order.remove((_key(before), before.number))
        if is_present(after):
            insort(order, (_key(after), after.number))

    def _spoken(self, company: int) -> tuple[Tongue, str]:
        land = self._companies.identities.of(company).land
        return land.tongue, land.language

    def _first_names(self, company: int) -> tuple[tuple[str, str, str], ...]:
        """Return given name, family name and unique mailbox of the first people of ``company``."""
        tongue, _ = self._speech(company)
        taken: set[str] = set()
        names = []
        for number in range(min(_PLAIN, self._began(company))):
            given, family, mailbox = _name(self._draw(company, number), tongue)
            if mailbox in taken:
                mailbox = f"{mailbox}{number}"
            taken.add(mailbox)
            names.append((given, family, mailbox))
        return tuple(names)

    def _draw(self, company: int, number: int) -> Draw:
        at = company << 24 | number
        both = Draw(self._key, b"both", at)
        if both.below(5) < 2:  # noqa: PLR2004 (two of five stand at both providers)
            return Draw(self._key, b"staff", at)
        return Draw(self._key, self._own, at)

    def _made(self, company: int, number: int) -> Someone:
        tongue, language = self._speech(company)
        draw = self._draw(company, number)
        if number < min(_PLAIN, self._began(company)):
            _name(draw, tongue)  # spends what the plain name was drawn from
            given, family, mailbox = self._plain_names(company)[number]
        else:
            given, family, mailbox = _name(draw, tongue)
            mailbox = f"{mailbox}{number}"
        parts: dict[str, Any] = {
            "company": company, "number": number, "given": given, "family": family, "mailbox": mailbox,
            "kind": "person", "created": self.start - DAY * (60 + draw.below(2000)), "unit": draw.pick(UNITS),
            "title": draw.pick(_TITLES), "language": language, "licence": draw.below(4),
            "licensed": not draw.chance(200),
            "last_login": None if draw.chance(150) else self.start - draw.below(30 * 86_400),
        }  # fmt: skip
        if number < len(_ADMINS):
            parts |= {"admin": _ADMINS[number], "licensed": True, "last_login": self.start - DAY}
        else:
            oddity = draw.below(1000)
            name = next((name for below, name in _ODDITIES if oddity < below), "")
            if name:
                parts |= self._oddity(name, parts, draw)
        return Someone(**parts)

    def _oddity(self, name: str, parts: Mapping[str, Any], draw: Draw) -> Mapping[str, Any]:
        number, mailbox = parts["number"], parts["mailbox"]
        if name == "guest":
            return self._guest(parts["company"], draw)
        if name in {"shared", "service"}:
            box, shown = draw.pick(_ROLES if name == "shared" else _PROGRAMS)
            return {"kind": name, "mailbox": f"{box}{number}", "given": shown, "family": NO_WIDTH, "licensed": False,
                    "last_login": None}  # fmt: skip
        oddities: Mapping[str, Mapping[str, Any]] = {
            "suspended": {"suspended": True},
            "archived": {"archived": True, "licensed": False},
            "one name": {"family": NO_WIDTH},
            "deleted": {"deleted_at": self.start - DAY * draw.below(40)},
            "alias": {"former": (f"{mailbox.split('.')[-1]}.{number}",)},
        }
        return oddities[name]

    def _guest(self, company: int, draw: Draw) -> Mapping[str, Any]:
        """Return a person of a neighbouring company who is a guest here: one human being in two directories."""
        elsewhere = company - 1 if company else 1
        names = self._plain_names(elsewhere)
        if not names:
            return {}
        given, family, mailbox = draw.pick(names)
        home = f"{mailbox}@{self.domain(elsewhere)}"
        return {"kind": "guest", "given": given, "family": family, "home": home, "licensed": False}


def _key(one: Someone) -> str:
    return f"{one.mailbox}@"


def is_present(one: Someone) -> bool:
    """Whether the entry stands in the usual list."""
    return one.deleted_at is None and not one.purged


def _name(draw: Draw, tongue: Tongue) -> tuple[str, str, str]:
    given, family = draw.pick(tongue.given), draw.pick(tongue.surnames)
    return given.text, family.text, f"{given.slug or 'mail'}.{family.slug or 'box'}"
