"""What is known about one customer tenant: the contact, the address, domains and rights that go with a name."""

import hashlib
from dataclasses import dataclass, field, replace
from typing import Final

from tenantry.core.records import Relationship
from tenantry.emulator.draws import Draw
from tenantry.emulator.identities import Identities, Identity
from tenantry.emulator.lands import Land, Word, lands

_CLAIMS: Final = 4096  # customers that may own a domain without a number in it
_BLOCK: Final = 2000  # customers of one country in one block share one bookkeeper
_ROLES: Final = ("info", "office", "it", "admin", "billing", "contact")
_WEBMAIL: Final = ("webmail.example", "postbox.example", "freemail.test")


@dataclass(frozen=True, slots=True)
class Person:
    """A contact. Any part may be empty: real tenants have contacts without a name or without an address."""

    first: str = ""
    last: str = ""
    email: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """A postal address; ``country`` is an ISO 3166 alpha-2 code."""

    country: str
    region: str
    city: str
    postal_code: str
    line1: str
    line2: str = ""


@dataclass(frozen=True, slots=True)
class Customer:
    """One customer tenant, complete. ``index`` is its position in the partner's list.

    ``delegated`` is the old blanket administration (DAP); ``role_granted`` whether the partner's user holds a
    role that reads the organization and its domains (GDAP); ``readable`` false means that even reading it by
    id is refused. ``registration`` is empty where the country has no such number or nobody entered it.
    """

    index: int
    tenant_id: str
    name: str
    domain: str
    relationship: Relationship
    land: Land
    commerce_id: str
    profile_id: str
    contact: Person
    place: Place
    company_email: str
    registration: str
    custom_domains: tuple[str, ...]
    delegated: bool
    role_granted: bool
    readable: bool
    kind: str = "ordinary"
    elder: int | None = None

    @property
    def etag(self) -> str:
        """The change marker of the billing profile: a signed 64-bit number, as the service writes it."""
        content = repr((self.name, self.contact, self.place)).encode()
        return str(int.from_bytes(hashlib.blake2b(content, digest_size=8).digest(), "big", signed=True))


@dataclass(slots=True)
class Overlay:
    """What happened to one customer since the world began. ``None`` and 0 mean: nothing did."""

    renamings: int = 0
    name: str | None = None
    contacts: int = 0
    contact: Person | None = None
    left: bool = False
    relationship: Relationship | None = None
    changes: dict[str, bool] = field(default_factory=dict)


UNTOUCHED: Final = Overlay()


class Companies:
    """Makes the details of every customer of a world, always the same for the same key."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self.identities = Identities(key)
        self._plain: frozenset[int] | None = None

    def identity(self, index: int, overlay: Overlay) -> Identity:
        """Return the present identity: renamed as often as ``overlay`` says."""
        if overlay.renamings:
            return self.identities.renamed(index, overlay.renamings)
        return self.identities.of(index)

    def listed_name(self, index: int, identity: Identity, overlay: Overlay) -> str:
        """Return the name as it stands in the provider's books, the trailing blanks of sloppy typing included."""
        if overlay.name is not None:
            return overlay.name
        return identity.name + (" " if index % 53 == 11 else "  " if index % 211 == 90 else "")  # noqa: PLR2004

    def label(self, index: int, identity: Identity) -> str:
        """Return the customer's own domain label: its slug, with its number behind it when the slug is taken."""
        slug = identity.slug or f"tenant-{identity.land.code.lower()}"
        if index < _CLAIMS:
            if self._plain is None:
                self._plain = self._first_owners()
            if index in self._plain:
                return slug
        return f"{slug}-{index}"

    def default_domain(self, index: int, label: str) -> str:
        """Return the tenant's default domain: mostly the initial one, for one tenant in eight its own."""
        if index % 8 == 5 and not self._uses_webmail(index):  # noqa: PLR2004 (one in eight)
            return f"{label}.example"
        return f"{label.replace('-', '')[-27:]}.onmicrosoft.com"

    def complete(self, index: int, tenant_id: str, ids: tuple[str, str], overlay: Overlay) -> Customer:
        """Return customer ``index`` in full. ``ids`` are its commerce id and its billing profile's id."""
        first = self.identities.of(index)
        identity = self.identity(index, overlay)
        label = self.label(index, first)
        draw = Draw(self._key, b"details", index)
        own_domain = f"{label}.example"
        customer = Customer(
            index=index, tenant_id=tenant_id, name=self.listed_name(index, identity, overlay),
            domain=self.default_domain(index, label), relationship=overlay.relationship or Relationship.RESELLER,
            land=identity.land, commerce_id=ids[0], profile_id=ids[1], contact=Person(),
            place=self._place(identity, draw), company_email=f"{draw.pick(_ROLES)}@{own_domain}",
            registration=draw.digits(identity.land.registration) if draw.chance(850) else "",
            custom_domains=self._domains(index, label, draw), delegated=draw.chance(120),
            role_granted=draw.chance(600), readable=not draw.chance(7), kind=first.kind, elder=first.elder,
        )  # fmt: skip
        contact = overlay.contact or self._contact(index, first, own_domain, overlay.contacts)
        return _changed(replace(customer, contact=contact), overlay.changes)

    def _first_owners(self) -> frozenset[int]:
        taken: set[str] = set()
        owners: set[int] = set()
        for index in range(_CLAIMS):
            slug = self.identities.of(index).slug.replace("-", "")[-27:]
            if slug and slug not in taken:
                taken.add(slug)
                owners.add(index)
        return frozenset(owners)

    def _place(self, identity: Identity, draw: Draw) -> Place:
        land, city = identity.land, identity.city
        line = land.line.replace("{street}", draw.pick(land.tongue.streets))
        line = draw.digits(line.replace("{n}", str(1 + draw.below(140))))
        second = draw.digits(draw.pick(("Haus @", "Block @", "#. OG", "Unit #"))) if draw.chance(60) else ""
        return Place(land.code, city.region, city.name.text, draw.digits(city.postcode), line, second)

    def _domains(self, index: int, label: str, draw: Draw) -> tuple[str, ...]:
        if self._uses_webmail(index):
            return ()
        more = draw.below(10)
        extra = (f"{label}-group.example",) if more == 0 else (f"shop-{label}.example",) if more == 1 else ()
        return (f"{label}.example", *extra)

    def _uses_webmail(self, index: int) -> bool:
        return Draw(self._key, b"webmail", index).chance(60)

    def _contact(self, index: int, identity: Identity, own_domain: str, times: int) -> Person:
        draw = Draw(self._key, b"contact", index * 64 + times)
        land = identity.land
        quirk = draw.below(1000)
        if quirk < 40 and not times:  # noqa: PLR2004 (4 % have no contact)
            return Person(phone=draw.digits(land.phone))
        if quirk < 70 and not times:  # noqa: PLR2004 (3 % have their bookkeeper there)
            return self._bookkeeper(index, land)
        first, last = draw.pick(land.tongue.given), draw.pick(land.tongue.surnames)
        phone = draw.digits(land.phone) if draw.chance(950) else ""
        domain = own_domain
        if self._uses_webmail(index):
            domain = draw.pick(_WEBMAIL)
        elif identity.kind == "subsidiary" and identity.elder is not None and draw.below(2):
            domain = f"{self.label(identity.elder, self.identities.of(identity.elder))}.example"
        if quirk < 90:  # noqa: PLR2004 (2 % are an office's mailbox)
            return Person(email=f"{draw.pick(_ROLES)}@{own_domain}", phone=phone)
        if quirk < 100:  # noqa: PLR2004 (1 % have no address)
            return Person(first=first.text, last=last.text, phone=phone)
        return Person(first.text, last.text, f"{_mailbox(first, last, index, draw)}@{domain}", phone)

    def _bookkeeper(self, index: int, land: Land) -> Person:
        draw = Draw(self._key, b"bookkeeper", (index // _BLOCK) * len(lands()) + land.number)
        first, last = draw.pick(land.tongue.given), draw.pick(land.tongue.surnames)
        firm = f"{land.tongue.bookkeeper.slug}-{last.slug}-{land.code.lower()}.example"
        return Person(first.text, last.text, f"{_mailbox(first, last, 0, draw)}@{firm}", draw.digits(land.phone))


def _mailbox(first: Word, last: Word, index: int, draw: Draw) -> str:
    given, family = first.slug or "mail", last.slug or "box"
    ways = (f"{given}.{family}", f"{given[0]}.{family}", family, f"{given}{family[0]}", f"{family}.{given}")
    box = draw.pick((ways[0], *ways))
    if draw.below(12) == 0:
        return f"{box}{index % 90 + 10}"
    return box.title() if draw.below(25) == 0 else box


def _changed(customer: Customer, changes: dict[str, bool]) -> Customer:
    if not changes:
        return customer
    return replace(
        customer,
        delegated=changes.get("delegated", customer.delegated),
        role_granted=changes.get("role_granted", customer.role_granted),
        readable=changes.get("readable", customer.readable),
    )
