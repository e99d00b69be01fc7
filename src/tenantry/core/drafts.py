"""What somebody wants to be written about a company or a person, and whether it can be."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from tenantry.core.addresses import clean_domain, clean_email, clean_website
from tenantry.core.texts import deceiving

MOST_DOMAINS = 200
MOST_TENANT_IDS = 50
ADDRESS_MEMBERS = ("line1", "line2", "city", "region", "postal_code")
_LONGEST_ADDRESS_LINE = 200
_TENANT_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_COUNTRY = re.compile(r"[A-Z]{2}")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")
_COMPANY_TEXTS: Mapping[str, tuple[str, int]] = {
    "name": ("name", 300),
    "phone": ("phone number", 60),
    "website": ("web address", 300),
    "registration_number": ("registration number", 60),
    "contact_name": ("name of the contact", 300),
    "contact_email": ("e-mail address of the contact", 254),
    "contact_phone": ("phone number of the contact", 60),
    "external_id": ("external id", 120),
}
_PERSON_TEXTS: Mapping[str, tuple[str, int]] = {
    "email": ("e-mail address", 254),
    "first_name": ("first name", 150),
    "last_name": ("last name", 150),
    "phone": ("phone number", 60),
    "language": ("language", 60),
}

Errors = dict[str, str]


@dataclass(frozen=True, slots=True)
class DomainDraft:
    """A domain of a company. ``verified``: a provider or an operator vouches for it."""

    domain: str
    verified: bool = False


@dataclass(frozen=True, slots=True)
class CompanyDraft:
    """A company as somebody wants it to be. ``tenant_ids`` are Microsoft tenant ids.

    ``country`` is an ISO 3166 alpha-2 code, ``address`` has the members of :data:`ADDRESS_MEMBERS`, all optional.
    """

    name: str
    country: str = ""
    address: Mapping[str, str] | None = None
    phone: str = ""
    website: str = ""
    registration_number: str = ""
    contact_name: str = ""
    contact_email: str = ""
    contact_phone: str = ""
    external_id: str = ""
    domains: tuple[DomainDraft, ...] = ()
    tenant_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PersonDraft:
    """A person as somebody wants them to be. ``language`` is a tag such as ``de`` or ``pt-BR``."""

    email: str = ""
    first_name: str = ""
    last_name: str = ""
    phone: str = ""
    language: str = ""


def clean_draft(draft: CompanyDraft) -> tuple[CompanyDraft, Errors]:
    """Return the draft in the one form that is stored, and for each field that can't be one sentence why not."""
    values, errors = _texts(draft, _COMPANY_TEXTS)
    if not values["name"] and "name" not in errors:
        errors["name"] = "A company needs a name."
    values["country"] = draft.country.strip().upper()
    if values["country"] and not _COUNTRY.fullmatch(values["country"]):
        errors["country"] = f"{draft.country[:20]!r} is not a country code of two letters."
    if values["contact_email"] and "contact_email" not in errors:
        values["contact_email"] = _email(values["contact_email"], "contact_email", errors)
    if values["website"] and "website" not in errors:
        values["website"] = _website(values["website"], errors)
    values["address"] = _address(draft.address, errors)
    values["domains"] = _domains(draft.domains, errors)
    values["tenant_ids"] = _tenant_ids(draft.tenant_ids, errors)
    return replace(draft, **values), errors


def clean_person(draft: PersonDraft) -> tuple[PersonDraft, Errors]:
    """Return the draft in the one form that is stored, and for each field that can't be one sentence why not."""
    values, errors = _texts(draft, _PERSON_TEXTS)
    if values["email"] and "email" not in errors:
        values["email"] = _email(values["email"], "email", errors)
    if not (values["email"] or values["first_name"] or values["last_name"]) and not errors:
        errors["email"] = "A person needs an e-mail address or a name."
    language = values["language"]
    if language and (not _LANGUAGE.fullmatch(language) or len(language) > 10):  # noqa: PLR2004  # the column's length
        values["language"] = ""  # a directory's odd tag is no reason to refuse a person
    return replace(draft, **values), errors


def _texts(draft: Any, texts: Mapping[str, tuple[str, int]]) -> tuple[dict[str, Any], Errors]:
    """Return the plain texts of a draft with blanks tidied, and what is wrong with them."""
    errors: Errors = {}
    values: dict[str, Any] = {}
    for field, (label, longest) in texts.items():
        text: str = getattr(draft, field)
        bad = deceiving(text)
        values[field] = " ".join(text.split())
        if bad:
            errors[field] = f"The {label} has an invisible character ({bad}). Type it again."
        elif len(values[field]) > longest:
            errors[field] = f"The {label} is longer than {longest} characters."
    return values, errors


def _email(text: str, field: str, errors: Errors) -> str:
    email = clean_email(text)
    if email is None:
        errors[field] = f"{text[:80]!r} is not an e-mail address."
    return email or text


def _website(text: str, errors: Errors) -> str:
    website = clean_website(text)
    if website is None:
        errors["website"] = f"{text[:80]!r} is not the address of a web site."
    return website or text


def _address(address: Mapping[str, str] | None, errors: Errors) -> dict[str, str] | None:
    members = {name: str((address or {}).get(name) or "") for name in ADDRESS_MEMBERS}
    kept = {name: " ".join(text.split()) for name, text in members.items() if text.strip()}
    bad = next((deceiving(text) for text in members.values() if deceiving(text)), "")
    if bad:
        errors["address"] = f"The address has an invisible character ({bad}). Type it again."
    elif any(len(text) > _LONGEST_ADDRESS_LINE for text in kept.values()):
        errors["address"] = f"A line of the address is longer than {_LONGEST_ADDRESS_LINE} characters."
    return kept or None


def _domains(domains: tuple[DomainDraft, ...], errors: Errors) -> tuple[DomainDraft, ...]:
    kept: dict[str, bool] = {}
    for draft in domains:
        domain = clean_domain(draft.domain)
        if domain is None:
            errors.setdefault("domains", f"{draft.domain[:80]!r} is not a domain.")
        else:
            kept[domain] = kept.get(domain, False) or draft.verified
    if len(kept) > MOST_DOMAINS:
        errors["domains"] = f"A company can have {MOST_DOMAINS} domains at most."
    return tuple(DomainDraft(domain, verified) for domain, verified in kept.items())


def _tenant_ids(tenant_ids: tuple[str, ...], errors: Errors) -> tuple[str, ...]:
    kept = tuple(dict.fromkeys(text.strip().lower() for text in tenant_ids if text.strip()))
    for tenant_id in kept:
        if not _TENANT_ID.fullmatch(tenant_id):
            errors.setdefault("tenant_ids", f"{tenant_id[:80]!r} is not a tenant id.")
    if len(kept) > MOST_TENANT_IDS:
        errors["tenant_ids"] = f"A company can have {MOST_TENANT_IDS} tenant ids at most."
    return kept
