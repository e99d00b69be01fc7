"""From Partner Center's JSON to our records. Pure: any JSON value in, a record or a reason out.

Field by field: docs/reference/partner-center.md sections 6.1 to 6.6.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from tenantry.core.records import Address, Contact, InvalidRecord, Relationship, TenantListing
from tenantry.providers.microsoft.answers import pick
from tenantry.providers.texts import text_of

_GUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_NIL = "00000000-0000-0000-0000-000000000000"
_LONGEST_REFERENCE = 80
_RELATIONSHIPS = {each.value: each for each in Relationship}


def guid_of(value: object) -> str | None:
    """Return a GUID in lower case, or ``None`` for anything else and for the one of zeros."""
    if not isinstance(value, str):
        return None
    guid = value.strip().lower()
    return guid if _GUID.fullmatch(guid) and guid != _NIL else None


def member(value: object, name: str) -> Mapping[str, Any]:
    """Return the object ``name`` inside ``value``, an empty one when it is absent, null or no object."""
    inner = pick(value, name) if isinstance(value, dict) else None
    return inner if isinstance(inner, dict) else {}


def relationship_of(value: object) -> Relationship:
    """Return the relationship; what is absent or new is ``UNKNOWN``."""
    if not isinstance(value, str):
        return Relationship.UNKNOWN
    return _RELATIONSHIPS.get(value.strip().lower(), Relationship.UNKNOWN)


def listing_of(item: object, number: int) -> TenantListing | InvalidRecord:
    """Return one row of the customers list, the ``number``-th of its page.

    The reference of an invalid row is the tenant's id when it is known.
    """
    if not isinstance(item, dict):
        return InvalidRecord(f"row {number}", "The row is not an object.")
    profile = member(item, "companyProfile")
    written, repeated = pick(item, "id"), pick(profile, "tenantId")
    said = guid_of(written)
    tenant_id = said if repeated == written else guid_of(repeated)
    external_id = said or tenant_id
    if external_id is None:
        shown = text_of(written or pick(profile, "companyName"))[:_LONGEST_REFERENCE]
        return InvalidRecord(shown.strip() or f"row {number}", "The row has no usable tenant id.")
    if said and tenant_id and said != tenant_id:
        return InvalidRecord(external_id, f"The row gives a second, different tenant id: {tenant_id}.")
    if not profile:
        return InvalidRecord(external_id, "The row has no company profile.")
    name, domain = pick(profile, "companyName"), pick(profile, "domain")
    for label, value in (("company name", name), ("domain", domain)):
        if value is not None and not isinstance(value, str):
            return InvalidRecord(external_id, f"The row's {label} is not text.")
    return TenantListing(
        external_id=external_id,
        name=text_of(name),
        domain=domain_of(domain),
        relationship=relationship_of(pick(item, "relationshipToPartner")),
    )


def domain_of(value: object) -> str:
    """Return a domain in lower case, without blanks around and without a final dot."""
    return text_of(value).strip().lower().removesuffix(".")


def domains_of(value: object) -> tuple[str, ...] | None:
    """Return the domains in a list of texts, each once; ``None`` when ``value`` is no such list.

    A bare array is what is documented; an object with ``items`` or ``value`` is borne.
    """
    listed = value
    if isinstance(value, dict):
        listed = pick(value, "items") if pick(value, "items") is not None else pick(value, "value")
    if not isinstance(listed, list) or not all(isinstance(each, str) for each in listed):
        return None
    return tuple(dict.fromkeys(domain for each in listed if (domain := domain_of(each))))


def contact_of(billing: Mapping[str, Any]) -> Contact:
    """Return the primary contact: the person of the billing profile (section 7.5)."""
    place = member(billing, "defaultAddress")
    return Contact(
        first_name=_first(billing, place, name="firstName"),
        last_name=_first(billing, place, name="lastName"),
        email=_first(billing, name="email") or _first(place, name="emailAddress"),
        phone=_first(place, name="phoneNumber"),
        language=_first(billing, name="language") or _first(billing, name="culture"),
    )


def address_of(profile: Mapping[str, Any], billing: Mapping[str, Any]) -> Address:
    """Return the company's address, the billing address where the company profile shows none."""
    shown = _address(member(profile, "address"))
    return shown if shown != Address() else _address(member(billing, "defaultAddress"))


def organization_address_of(value: object) -> Address:
    """Return the address in an ``organization`` answer: an array with one object (section 6.6)."""
    first = value[0] if isinstance(value, list) and value else value
    place = first if isinstance(first, dict) else {}
    return Address(
        country=_country(place, "countryLetterCode"),
        region=_first(place, name="state"),
        city=_first(place, name="city"),
        postal_code=_first(place, name="postalCode"),
        line1=_first(place, name="street"),
    )


def _address(place: Mapping[str, Any]) -> Address:
    return Address(
        country=_country(place, "country"),
        # The company profile says region, the billing profile state: section 6.3.
        region=_first(place, name="state") or _first(place, name="region"),
        city=_first(place, name="city"),
        postal_code=_first(place, name="postalCode"),
        line1=_first(place, name="addressLine1"),
        line2=", ".join(line for name in ("addressLine2", "addressLine3") if (line := _first(place, name=name))),
        phone=_first(place, name="phoneNumber"),
    )


def _country(place: Mapping[str, Any], name: str) -> str:
    code = _first(place, name=name).upper()
    return code if re.fullmatch(r"[A-Z]{2}", code) else ""


def _first(*places: Mapping[str, Any], name: str) -> str:
    texts: Iterable[str] = (text_of(pick(place, name)).strip() for place in places)
    return next((text for text in texts if text), "")
