"""Which customers there are: through the Reseller API's subscriptions, Cloud Channel's customers, or as the one.

Sources: docs/reference/google-directory.md sections 9 and 10. The Reseller API lists no customers: those
without a live subscription do not show, so absence proves nothing there.
"""

from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum
from typing import Any, Final
from urllib.parse import quote

from tenantry.core.records import Ending, InvalidRecord, Relationship, TenantDetails, TenantListing, TenantPage
from tenantry.providers.errors import ConsentMissing, Malformed, Misconfigured, NotFound, ProviderError
from tenantry.providers.google.answers import Call
from tenantry.providers.google.calls import Calls
from tenantry.providers.google.directory import Directory
from tenantry.providers.google.mapping import customer_id_of, known_customer
from tenantry.providers.google.organisation import (
    address_in,
    channel_address_in,
    channel_contact_in,
    contact_in,
    domain_of,
    member,
)
from tenantry.providers.google.paging import Onward, Position, onward, or_expired, position_at, rows_of
from tenantry.providers.texts import name_of, text_of

_RESELLER: Final = "/apps/reseller/v1"
_LONGEST_REFERENCE: Final = 80
_NO_ACCOUNT: Final = "The customer has no Google account yet, so there are no people to read."


class Discovery(StrEnum):
    """Where customers are found. ``OWN``: the one customer whose administrator granted the delegation."""

    RESELLER = "reseller"
    CHANNEL = "channel"
    OWN = "own"


class ResellerTenants:
    """Customers behind the subscriptions that the reseller sold. A customer shows once on each page it is on."""

    def __init__(self, calls: Calls, call: Call) -> None:
        self._calls = calls
        self._call = call

    def page(self, cursor: str | None) -> TenantPage:
        """Return one page. Names are not listed: they come with the details."""
        position = position_at(cursor, "subscriptions", "reseller")
        asked = {"maxResults": "100"} | ({"pageToken": position.token} if position.token else {})
        try:
            value = self._calls.get(
                self._call, f"{_RESELLER}/subscriptions", lambda value: _rows(value, "subscriptions"), params=asked
            )
        except ProviderError as error:
            raise or_expired(_for_all(error), position) from error
        rows, body = value
        found: dict[str, TenantListing | InvalidRecord] = {}
        for number, row in enumerate(rows, start=1):
            listing = _subscription(row, number)
            found.setdefault(listing.external_id if isinstance(listing, TenantListing) else f"row {number}", listing)
        return _page(list(found.values()), onward(body, position, count=len(rows)), position)

    def details(self, customer_id: str, directory: Directory) -> TenantDetails:
        """Return what the Reseller API knows of the customer, with the domains of its directory."""
        customer = customer_id_of(customer_id)
        value = self._calls.get(
            self._call, f"{_RESELLER}/customers/{customer}", lambda value: _same(value, "customerId", customer)
        )
        place = member(value, "postalAddress")
        return _with_domains(
            TenantDetails(
                external_id=customer,
                name=name_of(place.get("organizationName")),
                domain=domain_of(value.get("customerDomain")),
                relationship=Relationship.RESELLER,
                contact=contact_in(value),
                address=address_in(place),
            ),
            directory,
        )


class ChannelTenants:
    """Customers of a Cloud Channel account, then those of each of its resellers (two-tier distribution)."""

    def __init__(self, calls: Calls, call: Call, account: str) -> None:
        self._calls = calls
        self._call = call
        self._account = f"accounts/{customer_id_of(account)}"

    def page(self, cursor: str | None) -> TenantPage:
        """Return one page of customers. ``stage`` of the position holds the resellers still to come."""
        position = position_at(cursor, "channel", self._account)
        if position.stage == ("links",):
            return self._links(position)
        parent = position.stage[0] if position.stage else self._account
        asked = {"pageSize": "50"} | ({"pageToken": position.token} if position.token else {})
        body = self._get(position, f"/v1/{parent}/customers", "customers", asked)
        rows = rows_of(body, "customers", where="customers")
        found = [_channel_customer(row, number) for number, row in enumerate(rows, start=1)]
        further = onward(body, position, count=len(rows))
        if further.ending is Ending.CLEAN:
            further = self._after(position)
        return _page(found, further, position)

    def _after(self, position: Position) -> Onward:
        """Return what follows the last page of one parent: the next reseller, more of them, or the end."""
        if not position.stage:
            return Onward(Ending.MORE, position.at_stage("links"))
        _, token, *rest = position.stage
        if rest:
            return Onward(Ending.MORE, position.at_stage(rest[0], token, *rest[1:]))
        if token:
            return Onward(Ending.MORE, replace(position.at_stage("links"), token=token))
        return Onward(Ending.CLEAN)

    def _links(self, position: Position) -> TenantPage:
        asked = {"pageSize": "200"} | ({"pageToken": position.token} if position.token else {})
        try:
            body = self._get(position, f"/v1/{self._account}/channelPartnerLinks", "channelPartnerLinks", asked)
        except (NotFound, ConsentMissing) as error:
            if error.stops_run:
                raise
            return TenantPage((), (), Ending.CLEAN)  # an account without resellers below it
        rows = rows_of(body, "channelPartnerLinks", where="channelPartnerLinks")
        names = [text_of(row.get("name")) for row in rows if isinstance(row, dict)]
        below = [name for name in names if name.startswith(f"{self._account}/channelPartnerLinks/")]
        token = text_of(body.get("nextPageToken"))
        further = self._after(replace(position, stage=(self._account, token, *map(quote, below))))
        return _page([], further, position)

    def _get(self, position: Position, path: str, key: str, asked: Mapping[str, str]) -> Mapping[str, Any]:
        try:
            return self._calls.get(self._call, path, lambda value: _rows(value, key), params=asked)[1]
        except ProviderError as error:
            raise or_expired(_for_all(error) if not position.stage else error, position) from error

    def details(self, customer_id: str, directory: Directory) -> TenantDetails:
        """Return what Cloud Channel knows of the customer, with the domains of its directory."""
        customer = customer_id_of(customer_id)
        asked = {"pageSize": "1", "filter": f'cloud_identity_id = "{customer}"'}
        rows, _ = self._calls.get(
            self._call, f"/v1/{self._account}/customers", lambda value: _rows(value, "customers"), params=asked
        )
        if not rows:
            raise NotFound(f"Cloud Channel lists no customer with the id {customer}.")
        row = _same(rows[0], "cloudIdentityId", customer)
        return _with_domains(
            TenantDetails(
                external_id=customer,
                name=name_of(row.get("orgDisplayName")),
                domain=domain_of(row.get("domain")),
                relationship=Relationship.RESELLER,
                contact=channel_contact_in(row),
                address=channel_address_in(member(row, "orgPostalAddress")),
            ),
            directory,
        )


class OwnTenant:
    """The customer whose own administrator the connection speaks for. Its id is asked for once, then used."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    def page(self, cursor: str | None) -> TenantPage:
        """Return the one page with the one customer."""
        position = position_at(cursor, "own", "own")
        details = self._read("my_customer")
        listing = TenantListing(details.external_id, details.name, details.domain, details.relationship)
        return _page([listing], Onward(Ending.CLEAN), position)

    def details(self, customer_id: str, directory: Directory) -> TenantDetails:
        """Return what the directory knows of itself. Raises ``NotFound`` when the id is another customer's."""
        return _with_domains(self._read(customer_id_of(customer_id)), directory)

    def _read(self, key: str) -> TenantDetails:
        value = self._directory.customer(key)
        customer = customer_id_of(value.get("id"))
        if key not in {"my_customer", customer}:
            raise Malformed("A customer's record carries another id than the one asked for.", where="customers.get")
        place = member(value, "postalAddress")
        return TenantDetails(
            external_id=customer,
            name=name_of(place.get("organizationName")),
            domain=domain_of(value.get("customerDomain")),
            relationship=Relationship.RESELLER,
            contact=contact_in(value, language=text_of(value.get("language"))),
            address=address_in(place),
        )


def _rows(value: Any, key: str) -> tuple[list[Any], Mapping[str, Any]]:
    return rows_of(value, key, where=key), value


def _same(value: Any, key: str, customer: str) -> Mapping[str, Any]:
    if not isinstance(value, dict) or value.get(key) != customer:
        # One customer's data must never be taken for another's.
        raise Malformed("A customer's record carries another id than the one asked for.", where=key)
    return value


def _subscription(row: object, number: int) -> TenantListing | InvalidRecord:
    if not isinstance(row, dict):
        return InvalidRecord(f"row {number}", "The row is not an object.")
    customer, domain = known_customer(row.get("customerId")), domain_of(row.get("customerDomain"))
    if customer is None:
        return InvalidRecord(domain[:_LONGEST_REFERENCE] or f"row {number}", "The row has no usable customer id.")
    return TenantListing(customer, "", domain, Relationship.RESELLER)


def _channel_customer(row: object, number: int) -> TenantListing | InvalidRecord:
    if not isinstance(row, dict):
        return InvalidRecord(f"row {number}", "The row is not an object.")
    customer, domain = known_customer(row.get("cloudIdentityId")), domain_of(row.get("domain"))
    if customer is None:
        reference = domain or name_of(row.get("orgDisplayName")) or f"row {number}"
        return InvalidRecord(reference[:_LONGEST_REFERENCE], _NO_ACCOUNT)
    return TenantListing(customer, name_of(row.get("orgDisplayName")), domain, Relationship.RESELLER)


def _page(found: list[TenantListing | InvalidRecord], further: Onward, position: Position) -> TenantPage:
    records = tuple(each for each in found if isinstance(each, TenantListing))
    invalid = tuple(each for each in found if isinstance(each, InvalidRecord))
    if further.doubt:
        invalid += (InvalidRecord(f"page {position.page + 1}", f"The listing was stopped: {further.doubt}."),)
    cursor = further.position.as_cursor() if further.position else None
    return TenantPage(records, invalid, further.ending, cursor)


def _for_all(error: ProviderError) -> ProviderError:
    """Return ``error`` as it concerns the list of all customers: a closed one stops the run."""
    if isinstance(error, ConsentMissing):
        error.stops_run = True
    if isinstance(error, NotFound):
        return Misconfigured(
            f"There is no such list of customers: {error.message}",
            next_step="Check the mode and the account id on the connection.",
            status=error.status,
            code=error.code,
        )
    return error


def _with_domains(details: TenantDetails, directory: Directory) -> TenantDetails:
    """Return ``details`` with the directory's verified domains, or with the reason why they stay unknown."""
    try:
        domains = directory.domains(details.external_id)
    except (ConsentMissing, NotFound, Malformed) as error:
        return replace(details, missing=(f"Domains: {error.message}",))
    names = tuple(domain.name for domain in domains if domain.verified is not False)
    primary = next((domain.name for domain in domains if domain.primary), details.domain)
    return replace(details, domains=names, domain=details.domain or primary)
