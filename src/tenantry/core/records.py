"""What a provider told us, as plain values.

Providers return these, the sync stores them, planning compares them. They carry no behaviour beyond
describing themselves; nothing here knows where a record came from or where it goes.
"""

from dataclasses import dataclass
from enum import StrEnum


class Relationship(StrEnum):
    """What a customer tenant is to the partner. Only ``RESELLER`` is a customer of a marketplace."""

    RESELLER = "reseller"
    ADVISOR = "advisor"
    SYNDICATION = "syndication"
    MICROSOFT_SUPPORT = "microsoft_support"
    NONE = "none"
    UNKNOWN = "unknown"


class Ending(StrEnum):
    """How a page leaves the listing that it belongs to.

    ``MORE``: another page follows. ``CLEAN``: this was the last page, and the provider said so.
    ``AMBIGUOUS``: the provider stopped in a way that may be an end or a lost cursor; what was read is
    good for additions and updates, and never proves that something is absent.
    """

    MORE = "more"
    CLEAN = "clean"
    AMBIGUOUS = "ambiguous"


@dataclass(frozen=True, slots=True)
class TenantListing:
    """One customer tenant as a listing shows it. ``external_id`` is lower case and never changes."""

    external_id: str
    name: str
    domain: str
    relationship: Relationship


@dataclass(frozen=True, slots=True)
class InvalidRecord:
    """A record that could not be used. ``reference`` helps a person find it; ``reason`` is a sentence."""

    reference: str
    reason: str


@dataclass(frozen=True, slots=True)
class TenantPage:
    """One page of a listing.

    ``cursor`` is the opaque position of the next page: set exactly when ``ending`` is ``MORE``.
    """

    records: tuple[TenantListing, ...]
    invalid: tuple[InvalidRecord, ...]
    ending: Ending
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class Contact:
    """The primary contact of a tenant. Every part may be empty; ``email`` is as the provider wrote it."""

    first_name: str = ""
    last_name: str = ""
    email: str = ""
    phone: str = ""
    language: str = ""

    @property
    def name(self) -> str:
        """First and last name with one blank between, or what there is of them."""
        return " ".join(part for part in (self.first_name, self.last_name) if part)

    @property
    def is_empty(self) -> bool:
        """Whether nothing identifies a person: neither a name nor an address to write to."""
        return not (self.name or self.email)


@dataclass(frozen=True, slots=True)
class Address:
    """A postal address. ``country`` is an upper-case ISO 3166 alpha-2 code or empty."""

    country: str = ""
    region: str = ""
    city: str = ""
    postal_code: str = ""
    line1: str = ""
    line2: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class TenantDetails:
    """One customer tenant as its single read shows it, with the primary contact.

    ``domains`` is ``None`` when the provider did not show the tenant's verified domains (no delegated
    administration, or no permission): that is *unknown*, never *has none*. ``delegated_admin`` likewise.
    ``missing`` names, in words, each part that could not be read and why.
    """

    external_id: str
    name: str
    domain: str
    relationship: Relationship
    contact: Contact = Contact()
    address: Address = Address()
    registration_number: str = ""
    domains: tuple[str, ...] | None = None
    delegated_admin: bool | None = None
    indirect_reseller_id: str = ""
    missing: tuple[str, ...] = ()
