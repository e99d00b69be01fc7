"""Assigned licences, product by product, and what a customer bought: sections 9 and 11 of the contract.

The License Manager joins by primary address, so a listing of it belongs right after one of people. It allows
one call a second: callers pass a budget for it.
"""

from typing import Final
from urllib.parse import quote

from tenantry.core.records import Ending, LicenceAssignment, LicencePage, SubscribedLicence
from tenantry.providers.base import CallBudget
from tenantry.providers.errors import ConsentMissing, Malformed, NotFound, ProviderError
from tenantry.providers.google.answers import Call
from tenantry.providers.google.calls import Calls
from tenantry.providers.google.mapping import customer_id_of
from tenantry.providers.google.paging import Onward, Position, onward, or_expired, position_at, rows_of
from tenantry.providers.texts import address_of, text_of

# Workspace, Cloud Identity Premium, Essentials, Education (two), Archived User.
USUAL_PRODUCTS: Final = ("Google-Apps", "101005", "101006", "101031", "101037", "101034")
_PAGE: Final = "1000"


class Licences:
    """The License Manager, and the Reseller API's subscriptions of one customer, for one connection."""

    def __init__(
        self, calls: Calls, *, licensing: Call, reseller: Call, budget: CallBudget, products: tuple[str, ...]
    ) -> None:
        self._calls = calls
        self._licensing = licensing
        self._reseller = reseller
        self._budget = budget
        self._products = products

    def page(self, customer_id: str, cursor: str | None) -> LicencePage:
        """Return one page of one product's assignments; the position moves on through the products.

        A product that the customer lacks, or that is closed to us, costs only that product: see ``lacking`` and
        ``missing``.
        """
        customer = customer_id_of(customer_id)
        position = position_at(cursor, "licences", customer)
        at = int(position.stage[0]) if position.stage and position.stage[0].isdigit() else 0
        if at >= len(self._products):
            return LicencePage((), (), Ending.CLEAN)
        product = self._products[at]
        asked = {"customerId": customer, "maxResults": _PAGE}
        if position.token:
            asked["pageToken"] = position.token
        try:
            rows, body = self._calls.get(
                self._licensing,
                f"/apps/licensing/v1/product/{quote(product, safe='')}/users",
                lambda value: (rows_of(value, "items", where="licences"), value),
                params=asked,
                budget=self._budget,
            )
        except ProviderError as error:
            meant = or_expired(error, position)
            if not _is_about_the_product(meant):
                raise meant from error
            told = f"Licences of {product}: {error.message}"
            if isinstance(meant, ConsentMissing):
                return self._leave(position, at, (), missing=(told,))
            return self._leave(position, at, (), lacking=(told,))
        records = tuple(each for row in rows if (each := _assignment(row, product)) is not None)
        further = onward(body, position, count=len(rows))
        if further.ending is Ending.CLEAN:
            return self._leave(position, at, records)
        missing = (f"Licences of {product}: the listing was stopped: {further.doubt}.",) if further.doubt else ()
        return LicencePage(records, missing, further.ending, _cursor(further))

    def _leave(
        self, position: Position, at: int, records: tuple[LicenceAssignment, ...], *, missing: tuple[str, ...] = (),
        lacking: tuple[str, ...] = (),
    ) -> LicencePage:  # fmt: skip
        """Return the last page of one product, with the way to the next one."""
        if at + 1 >= len(self._products):
            return LicencePage(records, missing, Ending.CLEAN, lacking=lacking)
        return LicencePage(records, missing, Ending.MORE, position.at_stage(str(at + 1)).as_cursor(), lacking)

    def subscribed(self, customer_id: str) -> tuple[SubscribedLicence, ...]:
        """Return what a resold customer bought, with seats. Reseller mode only."""
        customer = customer_id_of(customer_id)
        position: Position | None = Position("subscribed", customer)
        found: list[SubscribedLicence] = []
        while position is not None:
            asked = {"customerId": customer, "maxResults": "100"}
            asked |= {"pageToken": position.token} if position.token else {}
            rows, body = self._calls.get(
                self._reseller,
                "/apps/reseller/v1/subscriptions",
                lambda value: (rows_of(value, "subscriptions", where="subscriptions"), value),
                params=asked,
            )
            found += [each for row in rows if (each := _subscribed(row, customer)) is not None]
            further = onward(body, position, count=len(rows))
            if further.doubt:
                raise Malformed(f"The subscriptions' listing was stopped: {further.doubt}.", where="subscriptions")
            position = further.position
        return tuple(found)


def _cursor(further: Onward) -> str | None:
    return further.position.as_cursor() if further.position else None


def _is_about_the_product(error: ProviderError) -> bool:
    refused = isinstance(error, Malformed) and error.status == 400  # noqa: PLR2004 (Bad Request)
    return refused or (isinstance(error, ConsentMissing | NotFound) and not error.stops_run)


def _assignment(row: object, product: str) -> LicenceAssignment | None:
    if not isinstance(row, dict):
        return None
    user_name, sku = address_of(row.get("userId")), text_of(row.get("skuId"))
    if not user_name or not sku:
        return None
    return LicenceAssignment(
        sku_id=sku,
        name=text_of(row.get("skuName")) or sku,
        product_id=text_of(row.get("productId")) or product,
        user_name=user_name,
    )


def _subscribed(row: object, customer: str) -> SubscribedLicence | None:
    if not isinstance(row, dict) or row.get("customerId") != customer:
        return None
    given = row.get("seats")
    seats = given if isinstance(given, dict) else {}
    return SubscribedLicence(
        sku_id=text_of(row.get("skuId")),
        name=text_of(row.get("skuName")) or text_of(row.get("skuId")),
        # Annual plans count numberOfSeats, flexible ones and trials maximumNumberOfSeats.
        total=_count(seats.get("numberOfSeats")) or _count(seats.get("maximumNumberOfSeats")),
        assigned=_count(seats.get("licensedNumberOfSeats")),
        state=text_of(row.get("status")),
    )


def _count(value: object) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return int(value[:12])
    return value if isinstance(value, int) and value >= 0 else None
