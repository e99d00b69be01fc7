"""Keeps out of the tables what they can't hold, whatever a provider answers: it becomes a finding, not a crash."""

from dataclasses import replace

from tenantry.core.records import Contact, InvalidRecord, TenantDetails, TenantListing, TenantPage
from tenantry.core.texts import storable

LONGEST_ID = 64
LONGEST_DOMAIN = 255
_LONGEST_REFERENCE = 200


def admit_page(page: TenantPage) -> TenantPage:
    """Return the page with every text storable, and records that don't fit among the invalid ones."""
    records: list[TenantListing] = []
    invalid = [_storable_finding(found) for found in page.invalid]
    for record in page.records:
        reason = _unfit(record)
        if reason:
            invalid.append(_storable_finding(InvalidRecord(record.external_id, reason)))
        else:
            name = storable(record.name)
            records.append(record if name == record.name else replace(record, name=name))
    return replace(page, records=tuple(records), invalid=tuple(invalid))


def _unfit(record: TenantListing) -> str:
    if (
        not record.external_id
        or len(record.external_id) > LONGEST_ID
        or storable(record.external_id) != (record.external_id)
    ):
        return "The record's id is not one."
    if len(record.domain) > LONGEST_DOMAIN or storable(record.domain) != record.domain:
        return f"The record's domain is not one: {len(record.domain)} letters that begin with {record.domain[:40]!r}."
    return ""


def _storable_finding(found: InvalidRecord) -> InvalidRecord:
    return InvalidRecord(storable(found.reference)[:_LONGEST_REFERENCE], storable(found.reason))


def admit_details(details: TenantDetails) -> TenantDetails:
    """Return the details with every text storable; domains and ids that are none are left out."""
    contact, domains = details.contact, details.domains
    reseller = details.indirect_reseller_id
    return replace(
        details,
        name=storable(details.name),
        domain=details.domain if _is_domain(details.domain) else "",
        contact=Contact(
            first_name=storable(contact.first_name),
            last_name=storable(contact.last_name),
            email=storable(contact.email),
            phone=storable(contact.phone),
            language=storable(contact.language),
        ),
        address=replace(
            details.address,
            country=details.address.country if _is_country(details.address.country) else "",
            region=storable(details.address.region),
            city=storable(details.address.city),
            postal_code=storable(details.address.postal_code),
            line1=storable(details.address.line1),
            line2=storable(details.address.line2),
            phone=storable(details.address.phone),
        ),
        registration_number=storable(details.registration_number),
        domains=None if domains is None else tuple(domain for domain in domains if _is_domain(domain)),
        indirect_reseller_id=reseller if len(reseller) <= LONGEST_ID and storable(reseller) == reseller else "",
        missing=tuple(storable(sentence) for sentence in details.missing),
    )


def _is_domain(value: str) -> bool:
    return bool(value) and len(value) <= LONGEST_DOMAIN and storable(value) == value


def _is_country(value: str) -> bool:
    return len(value) == len("DE") and storable(value) == value
