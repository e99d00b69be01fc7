"""From Google's JSON to what is known of a customer as an organisation: domains, units, address, contact. Pure.

Sources: docs/reference/google-directory.md sections 7, 9 and 10.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from tenantry.core.records import Address, Contact, OrgUnit, TenantDomain
from tenantry.providers.google.mapping import flag_of
from tenantry.providers.texts import address_of, name_of, text_of


def domain_of(value: object) -> str:
    """Return a domain in lower case, without blanks around and without a final dot."""
    return text_of(value).strip().lower().removesuffix(".")


def tenant_domains_of(rows: list[Any]) -> tuple[TenantDomain, ...]:
    """Return the domains in the rows of ``domains.list``, their aliases behind each, the primary one first."""
    found: list[TenantDomain] = []
    for row in rows:
        name = domain_of(row.get("domainName")) if isinstance(row, dict) else ""
        if not name:
            continue
        found.append(_domain(row, name, alias_of=""))
        found.extend(_aliases_of(row.get("domainAliases"), name))
    return tuple(sorted(found, key=lambda domain: not domain.primary))


def _aliases_of(listed: object, parent: str) -> list[TenantDomain]:
    rows = [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
    named = [(row, domain_of(row.get("domainAliasName"))) for row in rows]
    return [_domain(row, name, alias_of=parent) for row, name in named if name]


def _domain(row: Mapping[str, Any], name: str, *, alias_of: str) -> TenantDomain:
    return TenantDomain(
        name=name,
        verified=flag_of(row.get("verified")),
        primary=bool(flag_of(row.get("isPrimary"))),
        alias_of=alias_of,
        created_at=_milliseconds(row.get("creationTime")),
    )


def _milliseconds(value: object) -> datetime | None:
    """Return a moment that is written in milliseconds, as text or number."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    if not re.fullmatch(r"\d{1,14}", str(value), re.ASCII):
        return None
    return datetime.fromtimestamp(int(value) / 1000, tz=UTC)


def org_unit_of(row: object) -> OrgUnit | None:
    """Return one organisational unit; ``None`` for a row without id or path."""
    if not isinstance(row, dict):
        return None
    unit, path = text_of(row.get("orgUnitId")), text_of(row.get("orgUnitPath")).strip()
    if not unit or not path:
        return None
    return OrgUnit(
        external_id=unit,
        path=path if path.startswith("/") else f"/{path}",
        name=text_of(row.get("name")),
        parent_path=text_of(row.get("parentOrgUnitPath")),
        description=text_of(row.get("description")),
    )


def member(value: object, name: str) -> Mapping[str, Any]:
    """Return the object ``name`` inside ``value``, an empty one when it is absent, null or no object."""
    inner = value.get(name) if isinstance(value, dict) else None
    return inner if isinstance(inner, dict) else {}


def address_in(place: Mapping[str, Any]) -> Address:
    """Return the address in a ``postalAddress`` of the Directory or the Reseller API."""
    lines = [text for name in ("addressLine1", "addressLine2", "addressLine3") if (text := _text(place, name))]
    return _address(place, lines, code="countryCode", city="locality", region="region")


def channel_address_in(place: Mapping[str, Any]) -> Address:
    """Return the address in an ``orgPostalAddress`` of Cloud Channel."""
    listed = place.get("addressLines")
    lines = [text for each in (listed if isinstance(listed, list) else ()) if (text := text_of(each).strip())]
    return _address(place, lines, code="regionCode", city="locality", region="administrativeArea")


def _address(place: Mapping[str, Any], lines: list[str], *, code: str, city: str, region: str) -> Address:
    country = _text(place, code).upper()
    return Address(
        country=country if re.fullmatch(r"[A-Z]{2}", country) else "",
        region=_text(place, region),
        city=_text(place, city),
        postal_code=_text(place, "postalCode"),
        line1=lines[0] if lines else "",
        line2=", ".join(lines[1:]),
    )


def contact_in(value: Mapping[str, Any], *, language: str = "") -> Contact:
    """Return the contact of a customer's record: the name in its address, its alternate address, its phone."""
    first, _, last = name_of(member(value, "postalAddress").get("contactName")).partition(" ")
    return Contact(
        first_name=first,
        last_name=last.strip(),
        email=address_of(value.get("alternateEmail")),
        phone=_text(value, "phoneNumber"),
        language=language,
    )


def channel_contact_in(value: Mapping[str, Any]) -> Contact:
    """Return the contact of a Cloud Channel customer."""
    person = member(value, "primaryContactInfo")
    return Contact(
        first_name=name_of(person.get("firstName")),
        last_name=name_of(person.get("lastName")),
        email=address_of(person.get("email")) or address_of(value.get("alternateEmail")),
        phone=_text(person, "phone"),
        language=_text(value, "languageCode"),
    )


def _text(value: Mapping[str, Any], name: str) -> str:
    return text_of(value.get(name)).strip()
