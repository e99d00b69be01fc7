"""What a marketplace knows of a tenant that waits for a decision, and how a change in it is noticed."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from tenantry.core.records import Contact, TenantListing

# The names that Microsoft gives a tenant of its own accord, one per cloud.
_PROVIDER_DOMAINS = (".onmicrosoft.com", ".onmicrosoft.us", ".onmschina.cn")


class Problem(StrEnum):
    """Something about a pending tenant that a person may have to mend before deciding."""

    DETAILS_NOT_READ = "details_not_read"
    DETAILS_REFUSED = "details_refused"
    CONTACT_MISSING = "contact_missing"
    CONTACT_EMAIL_MISSING = "contact_email_missing"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The part of a tenant that pending companies show and compare. ``problems`` is sorted."""

    name: str
    country: str
    domain: str
    contact_name: str
    contact_email: str
    problems: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """Return it as a JSON object."""
        return {
            "name": self.name,
            "country": self.country,
            "domain": self.domain,
            "contact_name": self.contact_name,
            "contact_email": self.contact_email,
            "problems": list(self.problems),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Snapshot":
        """Read what :meth:`as_json` wrote; other members are ignored."""
        return cls(
            name=value["name"],
            country=value["country"],
            domain=value["domain"],
            contact_name=value["contact_name"],
            contact_email=value["contact_email"],
            problems=tuple(value["problems"]),
        )

    @property
    def content_hash(self) -> UUID:
        """Return a digest that is equal exactly when the snapshots are."""
        return digest(self.name, self.country, self.domain, self.contact_name, self.contact_email, *self.problems)


def digest(*parts: str) -> UUID:
    """Return a 128-bit digest of the parts, each kept apart from the next."""
    return UUID(_hex_digest(parts))


def _hex_digest(parts: Iterable[str]) -> str:
    content = "".join([f"{len(part)}:{part}" for part in parts])
    return hashlib.blake2b(content.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def listing_hash(record: TenantListing) -> str:
    """Return the digest of what a listing shows of a tenant, in 32 hexadecimal digits: there are very many."""
    return _hex_digest((record.name, record.domain, record.relationship))


def primary_domain(domain: str, domains: Iterable[str] | None) -> str:
    """Return the domain by which people know the tenant: its own one rather than the provider's."""
    candidates = [domain, *(domains or ())]
    own = (candidate for candidate in candidates if candidate and not candidate.endswith(_PROVIDER_DOMAINS))
    return next(own, domain)


def known_contact(before: Contact, read: Contact) -> Contact:
    """Return what is known of the contact after ``read`` was read: blanks never erase.

    The same person keeps what the new reading leaves out. Somebody else, that is another name with another
    address, replaces the one before as a whole: no contact is made up of two people.
    """
    if read.is_empty:
        return before
    names = {part.casefold() for part in (before.name, read.name) if part}
    addresses = {part.casefold() for part in (before.email, read.email) if part}
    recognised = (before.name and read.name and len(names) == 1) or (
        before.email and read.email and len(addresses) == 1
    )
    if not recognised and (len(names) == 2 or len(addresses) == 2):  # noqa: PLR2004  # before and now
        return read
    named = read if read.name else before
    return Contact(
        first_name=named.first_name,
        last_name=named.last_name,
        email=read.email or before.email,
        phone=read.phone or before.phone,
        language=read.language or before.language,
    )


def problems(*, details_read: bool, details_refused: bool, contact_name: str, contact_email: str) -> tuple[str, ...]:
    """Return what stands in the way of deciding on a tenant, sorted."""
    if details_refused:
        return (Problem.DETAILS_REFUSED.value,)
    if not details_read:
        return (Problem.DETAILS_NOT_READ.value,)
    if not contact_name and not contact_email:
        return (Problem.CONTACT_MISSING.value,)
    return () if contact_email else (Problem.CONTACT_EMAIL_MISSING.value,)
