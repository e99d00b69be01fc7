"""Google's side of the seeded world: a reseller, its customers, and who administers what."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, Final

from tenantry.emulator.customers import Customer, Overlay
from tenantry.emulator.guids import derived_guid
from tenantry.emulator.scramble import Scramble, base36
from tenantry.emulator.staff import Someone, Staff
from tenantry.emulator.world import World

RESELLER: Final = 1_000_000  # the reseller's own place among companies, beyond every customer
_CUSTOMER_BITS: Final = 41
_PERSON_BITS: Final = 63
_NUMBER_BITS: Final = 24
_FIRST_ID: Final = 10**20
_CLAIMS: Final = 4096


@dataclass(frozen=True, slots=True)
class Account:
    """One customer of the reseller. ``index`` is the company's place in the world.

    ``reseller_access`` off closes the directory to the reseller. ``resold`` is false for one that left.
    ``has_directory`` is false while no Google account exists yet: Cloud Channel shows such customers.
    ``tier`` names the reseller below, of a distributor, through whom it was sold; 0: none.
    """

    index: int
    customer_id: str
    domain: str
    reseller_access: bool = True
    resold: bool = True
    has_directory: bool = True
    has_subscription: bool = True
    tier: int = 0


@dataclass(slots=True)
class GoogleWorld:
    """The reseller and ``customers`` customers over ``world``. People are in ``staff``. Keeps only changes.

    ``customer_id`` returns the ``C…`` id of a company.
    """

    world: World
    staff: Staff
    customers: int
    tiers: int = 0
    changes: dict[int, dict[str, Any]] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)
    _ids: Scramble = field(init=False)
    _people: Scramble = field(init=False)
    _plain: dict[str, int] = field(init=False)
    customer_id: Callable[[int], str] = field(init=False)

    def __post_init__(self) -> None:
        self._ids = Scramble(_CUSTOMER_BITS, self.world.seed, "google customer")
        self._people = Scramble(_PERSON_BITS, self.world.seed, "google person")
        self.customer_id = lru_cache(maxsize=4096)(self._customer_id)
        self._plain = {self.staff.domain(index): index for index in range(min(self.customers, _CLAIMS))}

    @property
    def reseller(self) -> Account:
        """The reseller's own account, which has people too."""
        return Account(RESELLER, self.customer_id(RESELLER), self.domain(RESELLER))

    def _customer_id(self, index: int) -> str:
        return f"C{base36(self._ids.mixed(index), 8)}"

    def domain(self, index: int) -> str:
        """Return the primary domain of a company."""
        return self.staff.domain(index)

    def account(self, index: int) -> Account:
        """Return the account of a company as it is now."""
        usual = Account(
            index=index, customer_id=self.customer_id(index), domain=self.domain(index),
            reseller_access=index % 61 != 47, has_directory=index % 89 != 71, has_subscription=index % 97 != 53,  # noqa: PLR2004
            tier=1 + index % self.tiers if self.tiers and index % 3 == 0 else 0,
        )  # fmt: skip
        changes = self.changes.get(index)
        return replace(usual, **changes) if changes else usual

    def change(self, index: int, **changes: Any) -> Account:
        """Change an account: ``reseller_access``, ``resold``, ``has_directory``, ``has_subscription``."""
        with self.lock:
            changed = replace(self.account(index), **changes)
            self.changes.setdefault(index, {}).update(changes)
            return changed

    def add(self) -> Account:
        """Add a customer at the end, and return it."""
        with self.lock:
            self.customers += 1
            return self.account(self.customers - 1)

    def accounts(self, start: int = 0) -> Iterator[Account]:
        """Yield the customers that are resold now, in a fixed order, from place ``start`` on."""
        for index in range(start, self.customers):
            account = self.account(index)
            if account.resold:
                yield account

    def index_of(self, customer_id: str) -> int | None:
        """Return the company behind a ``C…`` id, or ``None``."""
        try:
            index = self._ids.unmixed(int(customer_id[1:], 36)) if customer_id[:1] == "C" else -1
        except ValueError:
            return None
        known = index == RESELLER or 0 <= index < self.customers
        return index if known and self.customer_id(index) == customer_id else None

    def index_of_domain(self, domain: str) -> int | None:
        """Return the company that owns ``domain``, or ``None``."""
        if domain == self.domain(RESELLER):
            return RESELLER
        found = self._plain.get(domain)
        if found is not None:
            return found
        tail = domain.removesuffix(".example").rpartition("-")[2]
        if not (tail.isascii() and tail.isdigit()) or int(tail) >= self.customers:
            return None
        return int(tail) if self.domain(int(tail)) == domain else None

    def company(self, index: int) -> Customer:
        """Return name, address and contact of a company."""
        ids = (derived_guid("commerce", index), derived_guid("profile", index))
        return self.world.companies.complete(index, derived_guid("tenant", index), ids, Overlay())

    def user_id(self, one: Someone) -> str:
        """Return a person's 21 digits."""
        return str(_FIRST_ID + self._people.mixed(one.company << _NUMBER_BITS | one.number))

    def by_user_id(self, user_id: str) -> Someone | None:
        """Return who has that id, present or not."""
        try:
            value = self._people.unmixed(int(user_id) - _FIRST_ID)
            index, number = value >> _NUMBER_BITS, value & ((1 << _NUMBER_BITS) - 1)
            known = index == RESELLER or 0 <= index < self.customers
            return self.staff.someone(index, number) if known else None
        except (ValueError, IndexError):
            return None

    def address(self, one: Someone) -> str:
        """Return a person's primary address."""
        return f"{one.mailbox}@{self.domain(one.company)}"

    def by_address(self, address: str) -> Someone | None:
        """Return who is present under an address, or under an alias of it."""
        mailbox, _, domain = address.lower().partition("@")
        index = self.index_of_domain(domain.removesuffix(".test-google-a.com"))
        return None if index is None else self.staff.by_mailbox(index, mailbox)

    def administrator(self, index: int) -> str:
        """Return the address of a company's first super administrator who is present."""
        full = (one for one in self.staff.administrators(index) if one.admin == "full")
        return next((self.address(one) for one in full), "")
