"""What a provider told us, as plain values.

Providers return these, the sync stores them, planning compares them. They carry no behaviour beyond
describing themselves; nothing here knows where a record came from or where it goes.
"""

from dataclasses import dataclass
from datetime import datetime
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
    """One customer tenant as a listing shows it. ``external_id`` never changes.

    It is written one way only: Microsoft's GUIDs in lower case, Google's ids as Google writes them.
    """

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


class PersonKind(StrEnum):
    """What a directory's entry stands for. ``SHARED``: a mailbox of several. ``SERVICE``: a program's account."""

    MEMBER = "member"
    GUEST = "guest"
    SHARED = "shared"
    SERVICE = "service"


class Presence(StrEnum):
    """Whether a person is in the directory.

    ``DELETED``: deleted, and may still be restored under the same id. ``GONE``: removed for good.
    """

    PRESENT = "present"
    DELETED = "deleted"
    GONE = "gone"


class AdminLevel(StrEnum):
    """How far a person administers the directory. ``FULL``: everything (global, super); ``PARTIAL``: some role."""

    NONE = "none"
    PARTIAL = "partial"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class DirectoryUser:
    """One person of a tenant's directory, as one provider API told it.

    ``None`` means *not told*; an empty text or tuple means *told: there is none*. ``external_id`` is the
    provider's immutable id, as text. ``user_name`` is what the person signs in with, in lower case; it may
    change, and at Microsoft it need not be an address that takes mail. ``email`` is the primary address in
    lower case, ``aliases`` every other address of the same mailbox. ``enabled`` is false for somebody who
    cannot sign in, ``suspension`` the provider's word for why. ``archived`` is Google's. ``last_sign_in`` is
    ``None`` also for somebody who never did: ``signed_in`` tells. ``licences`` are the provider's SKU ids.
    ``language`` and ``country`` are as the provider writes them.
    """

    external_id: str
    presence: Presence = Presence.PRESENT
    user_name: str | None = None
    email: str | None = None
    aliases: tuple[str, ...] | None = None
    display_name: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    kind: PersonKind | None = None
    enabled: bool | None = None
    suspension: str | None = None
    archived: bool | None = None
    deleted_at: datetime | None = None
    admin: AdminLevel | None = None
    org_unit: str | None = None
    licences: tuple[str, ...] | None = None
    language: str | None = None
    country: str | None = None
    phone: str | None = None
    job_title: str | None = None
    department: str | None = None
    guest_email: str | None = None
    created_at: datetime | None = None
    signed_in: bool | None = None
    last_sign_in: datetime | None = None


@dataclass(frozen=True, slots=True)
class DirectoryPage:
    """One page of people.

    ``cursor`` is the opaque position of the next page: set exactly when ``ending`` is ``MORE``. ``changes``
    is where to ask later for what changed since, set at the end of a listing that offers it.
    """

    records: tuple[DirectoryUser, ...]
    invalid: tuple[InvalidRecord, ...]
    ending: Ending
    cursor: str | None = None
    changes: str | None = None


@dataclass(frozen=True, slots=True)
class Administrator:
    """One holder of administrative roles. ``roles`` are names; ``level`` is ``FULL`` or ``PARTIAL``.

    ``is_group`` tells that the id is a group's, whose members are not told.
    """

    external_id: str
    roles: tuple[str, ...]
    level: AdminLevel
    is_group: bool = False


@dataclass(frozen=True, slots=True)
class TenantDomain:
    """One domain of a tenant. ``alias_of`` names the domain that this one stands beside, else empty."""

    name: str
    verified: bool | None = None
    primary: bool = False
    alias_of: str = ""
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class OrgUnit:
    """One organisational unit. ``external_id`` stays when ``path``, as people carry it, is renamed."""

    external_id: str
    path: str
    name: str
    parent_path: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True)
class LicenceAssignment:
    """One licence of one person. ``user_name`` joins Google's, ``external_id`` Microsoft's; the other is empty."""

    sku_id: str
    name: str
    product_id: str = ""
    user_name: str = ""
    external_id: str = ""


@dataclass(frozen=True, slots=True)
class LicenceName:
    """What a provider calls a SKU. ``code`` is Microsoft's part number; either is empty where it is not told."""

    sku_id: str
    name: str
    code: str = ""


@dataclass(frozen=True, slots=True)
class LicencePage:
    """One page of licences. ``missing`` names what could not be read, as sentences: those stay unknown.

    ``lacking`` names products that the provider does not know for this tenant: nobody has a licence of these.
    """

    records: tuple[LicenceAssignment, ...]
    missing: tuple[str, ...]
    ending: Ending
    cursor: str | None = None
    lacking: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SubscribedLicence:
    """What a tenant bought of one SKU. Numbers are seats; ``None``: not told."""

    sku_id: str
    name: str
    total: int | None = None
    assigned: int | None = None
    state: str = ""
