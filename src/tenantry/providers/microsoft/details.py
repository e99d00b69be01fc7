"""Reading one customer tenant: its record, then each part that the record lacks, as far as rights allow.

A part that cannot be read never costs the rest: it is left empty and named in ``missing``. Sources:
docs/reference/partner-center.md sections 6.3 (what is silently absent without delegated rights), 6.5, 6.6, 11.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar
from uuid import uuid4

from tenantry.core.records import Address, Contact, TenantDetails
from tenantry.providers.errors import ConsentMissing, Fault, Malformed, NotFound, ProviderError, Unavailable
from tenantry.providers.microsoft.answers import pick
from tenantry.providers.microsoft.calls import Calls
from tenantry.providers.microsoft.credentials import SignInMode
from tenantry.providers.microsoft.mapping import (
    address_of,
    contact_of,
    domain_of,
    domains_of,
    guid_of,
    member,
    organization_address_of,
    relationship_of,
)
from tenantry.providers.texts import text_of

T = TypeVar("T")

_APP_ONLY_DOMAINS: Final = (
    "Custom domains: only visible with delegated admin rights, and this connection signs in without a user."
)
_NO_CONTACT: Final = "Primary contact: the customer's billing profile names nobody."
_NO_BILLING: Final = "Primary contact: the customer has no billing profile."


@dataclass(slots=True)
class _Reading:
    """One tenant being read. ``missing`` collects what stays unknown, as sentences."""

    calls: Calls
    external_id: str
    correlation_id: str = field(default_factory=lambda: str(uuid4()))
    missing: list[str] = field(default_factory=list)

    @property
    def path(self) -> str:
        """Where the tenant is, after the host."""
        return f"/v1/customers/{self.external_id}"

    def get(self, rest: str, read: Callable[[Any], T]) -> T:
        """Read below the tenant; the whole reading is one correlated operation."""
        return self.calls.get(self.path + rest, read, correlation_id=self.correlation_id)

    def get_if_allowed(self, rest: str, part: str, read: Callable[[Any], T]) -> T | None:
        """Read a part that may be closed to us. ``None``: the reason is in ``missing``.

        Raises what concerns more than this part: throttling, sign-in, network.
        """
        try:
            return self.get(rest, read)
        except (ConsentMissing, NotFound, Malformed) as error:
            self.missing.append(_why(part, error))
        except Unavailable as error:
            # A server that fails on one part of one customer, all retries through, is that part's trouble.
            if error.fault is not Fault.PROVIDER:
                raise
            self.missing.append(_why(part, error))
        return None


def _why(part: str, error: ProviderError) -> str:
    wanted = f" Needed: {error.permission}." if isinstance(error, ConsentMissing) else ""
    return f"{part}: {error.message}{wanted}"


def read_details(calls: Calls, external_id: str, *, mode: SignInMode) -> TenantDetails:
    """Return the details of the tenant with this id (a GUID). Raises any ``ProviderError``."""
    known = guid_of(external_id)
    if known is None:
        raise Malformed(
            f"{text_of(external_id)[:80]!r} is not a tenant id, so nothing was asked.",
            where="the tenant id",
            fault=Fault.OURS,
            retryable=False,
        )
    reading = _Reading(calls, known)
    customer = reading.get("", lambda value: _same_tenant(value, known))
    profile = member(customer, "companyProfile")
    billing = _billing(reading, customer)
    address = address_of(profile, billing)
    if not address.country and mode is SignInMode.APP_AND_USER:
        address = _organization(reading) or address
    delegated = pick(customer, "allowDelegatedAccess")
    return TenantDetails(
        external_id=known,
        name=text_of(pick(profile, "companyName") or pick(billing, "companyName")),
        domain=domain_of(pick(profile, "domain")),
        relationship=relationship_of(pick(customer, "relationshipToPartner")),
        contact=_contact(reading, billing),
        address=address,
        registration_number=text_of(pick(profile, "organizationRegistrationNumber")).strip(),
        domains=_domains(reading, customer, mode),
        delegated_admin=delegated if isinstance(delegated, bool) else None,
        indirect_reseller_id=guid_of(pick(customer, "associatedPartnerId")) or "",
        missing=tuple(reading.missing),
    )


def _same_tenant(value: Any, external_id: str) -> Mapping[str, Any]:
    """Return the customer in ``value`` if it is the one asked for. Raises ``Malformed``."""
    where = f"GET /v1/customers/{external_id}"
    if not isinstance(value, dict):
        raise Malformed("A customer's record is not an object.", where=where)
    given = guid_of(pick(value, "id")) or guid_of(pick(member(value, "companyProfile"), "tenantId"))
    if given != external_id:
        # One customer's data must never be taken for another's.
        raise Malformed("A customer's record carries another id than the one asked for.", where=where)
    return value


def _billing(reading: _Reading, customer: Mapping[str, Any]) -> Mapping[str, Any]:
    if shown := member(customer, "billingProfile"):
        return shown
    return reading.get_if_allowed("/profiles/billing", "Primary contact", _billing_profile) or {}


def _billing_profile(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise Malformed("A billing profile is not an object.", where="profiles/billing")
    return value


def _contact(reading: _Reading, billing: Mapping[str, Any]) -> Contact:
    contact = contact_of(billing)
    said = any(sentence.startswith("Primary contact") for sentence in reading.missing)
    if contact.is_empty and not said:
        reading.missing.append(_NO_CONTACT if billing else _NO_BILLING)
    return contact


def _organization(reading: _Reading) -> Address | None:
    return reading.get_if_allowed("/organization", "Address", organization_address_of)


def _domains(reading: _Reading, customer: Mapping[str, Any], mode: SignInMode) -> tuple[str, ...] | None:
    shown = domains_of(pick(customer, "customDomains"))
    if shown is not None:
        return shown
    if mode is SignInMode.APP_ONLY:
        reading.missing.append(_APP_ONLY_DOMAINS)
        return None
    return reading.get_if_allowed("/customDomains", "Custom domains", _listed_domains)


def _listed_domains(value: Any) -> tuple[str, ...]:
    domains = domains_of(value)
    if domains is None:
        raise Malformed("A customer's domains are not a list of texts.", where="customDomains")
    return domains
