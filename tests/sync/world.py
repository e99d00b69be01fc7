"""An invented partner: a ``TenantSource`` in memory, with verbs for everything that customers and providers do."""

import threading
from collections import Counter
from dataclasses import replace
from uuid import UUID

from tenantry.core.records import (
    Address,
    Contact,
    Ending,
    InvalidRecord,
    Relationship,
    TenantDetails,
    TenantListing,
    TenantPage,
)
from tenantry.providers.errors import CursorExpired, NotFound, ProviderError


class World:
    """The customers of one partner, in the order in which they came. Safe for several threads.

    ``page_size`` cuts the listing, ``ending`` is how its last page ends. ``read`` counts single reads by
    tenant, ``listed`` the pages that were asked for.
    """

    def __init__(self, page_size: int = 3, ending: Ending = Ending.CLEAN) -> None:
        self.page_size = page_size
        self.ending = ending
        self.read: Counter[str] = Counter()
        self.listed: list[str | None] = []
        self.invalid: list[InvalidRecord] = []
        self.extra: list[TenantListing] = []
        self._tenants: dict[str, TenantDetails] = {}
        self._hidden: set[str] = set()
        self._gone: set[str] = set()
        self._refused: dict[str, ProviderError] = {}
        self._failures: list[ProviderError] = []
        self._expire_at: int | None = None
        self._pages_again = 0
        self._lock = threading.Lock()

    @staticmethod
    def id_of(number: int) -> str:
        return str(UUID(int=0xA0000000_0000_4000_8000_000000000000 + number))

    def add(
        self,
        *numbers: int,
        country: str = "DE",
        relationship: Relationship = Relationship.RESELLER,
        contact: Contact | None = None,
    ) -> None:
        """Add customers with these numbers."""
        for number in numbers:
            mailbox = f"ada{number}@customer{number}.example"
            self._tenants[self.id_of(number)] = TenantDetails(
                external_id=self.id_of(number),
                name=f"Customer {number} Ltd",
                domain=f"customer{number}.onmicrosoft.com",
                relationship=relationship,
                contact=contact if contact is not None else Contact("Ada", f"Number{number}", mailbox),
                address=Address(country=country, city="Here"),
                domains=(f"customer{number}.example",),
            )

    def change(self, number: int, **fields: object) -> None:
        """Change fields of a customer's details."""
        known = self._tenants[self.id_of(number)]
        self._tenants[self.id_of(number)] = replace(known, **fields)  # type: ignore[arg-type]  # names checked by it

    def rename(self, number: int, name: str) -> None:
        self.change(number, name=name)

    def change_contact(self, number: int, contact: Contact) -> None:
        self.change(number, contact=contact)

    def leave(self, number: int) -> None:
        """The relationship ends: not in the listing, and the single read finds nothing."""
        self._gone.add(self.id_of(number))

    def come_back(self, number: int) -> None:
        self._gone.discard(self.id_of(number))
        self._hidden.discard(self.id_of(number))

    def hide(self, number: int) -> None:
        """The listing forgets the customer; the single read still knows it."""
        self._hidden.add(self.id_of(number))

    def refuse(self, number: int, error: ProviderError) -> None:
        """The single read of this customer fails."""
        self._refused[self.id_of(number)] = error

    def allow(self, number: int) -> None:
        self._refused.pop(self.id_of(number), None)

    def fail_with(self, *errors: ProviderError) -> None:
        """The next pages fail, one error each."""
        self._failures.extend(errors)

    def failures_to_come(self) -> int:
        """How many pages will fail."""
        return len(self._failures)

    def expire_cursor_at(self, page: int) -> None:
        """The cursor of this page is refused, once."""
        self._expire_at = page

    def repeat_pages(self, times: int) -> None:
        """The first page is handed out again and again before the second one comes."""
        self._pages_again = times

    @property
    def ids(self) -> list[str]:
        return [known for known in self._tenants if known not in self._gone]

    def list_tenants(self, cursor: str | None) -> TenantPage:
        with self._lock:
            self.listed.append(cursor)
            if self._failures:
                raise self._failures.pop(0)
            number = int(cursor.split("-")[0]) if cursor else 0
            if cursor and self._expire_at == number:
                self._expire_at = None
                raise CursorExpired("The place in the list is no longer good.")
            return self._page(number)

    def _page(self, number: int) -> TenantPage:
        shown = [known for known in self._tenants if known not in self._gone | self._hidden]
        rows = [self._row(self._tenants[known]) for known in shown] + self.extra
        start = max(0, number - self._pages_again) * self.page_size
        page = tuple(rows[start : start + self.page_size])
        more = start + self.page_size < len(rows)
        return TenantPage(
            records=page,
            invalid=tuple(self.invalid) if number == 0 else (),
            ending=Ending.MORE if more else self.ending,
            cursor=f"{number + 1}-of-this-listing" if more else None,
        )

    @staticmethod
    def _row(tenant: TenantDetails) -> TenantListing:
        return TenantListing(tenant.external_id, tenant.name, tenant.domain, tenant.relationship)

    def read_tenant(self, external_id: str) -> TenantDetails:
        with self._lock:
            self.read[external_id] += 1
            if external_id in self._refused:
                raise self._refused[external_id]
            if external_id in self._gone or external_id not in self._tenants:
                raise NotFound("There is no such customer.")
            return self._tenants[external_id]

    def close(self) -> None:
        """Nothing is held open."""
