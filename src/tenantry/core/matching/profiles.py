"""Tenant and company brought into one comparable form. Made once for each record; comparing is then cheap."""

import marshal
import re
from dataclasses import dataclass, fields
from functools import lru_cache
from operator import attrgetter

from tenantry.core.matching.domains import given_label, label_of, mail_domain, own_domain, registrable
from tenantry.core.matching.values import Candidate, Subject
from tenantry.core.names import CompanyName, parse_name
from tenantry.core.names.countries import country_code
from tenantry.core.names.folding import fold
from tenantry.core.names.parsing import Variant

MOST_DOMAINS = 40
_NOT_DIGITS = re.compile(r"\D+")
_NOT_WORDS = re.compile(r"[^\w]+|_")
_LONGEST_FIELD = 200
_SHORTEST_PHONE = 7
_SHORTEST_NUMBER = 4
_NOTHING: frozenset[str] = frozenset()
_STREET_WORDS = frozenset("street st avenue ave road rd boulevard blvd drive dr lane ln suite ste floor the no".split())


@dataclass(slots=True)
class Profile:
    """One side of a comparison. Empty means unknown, and says nothing. ``label`` values are bare letters.

    ``contact_label`` is that of a contact's address at a domain that the provider gave: the customer's own name there.
    ``registered`` is what somebody registered of each domain. Never changed; not frozen, for thousands are made.
    """

    name: CompanyName
    tenant_ids: frozenset[str]
    registration: str
    domains: frozenset[str]
    labels: frozenset[str]
    contact_label: frozenset[str]
    contact_domain: str
    contact_email: str
    phone: str
    country: str
    city: str
    postal_code: str
    street: frozenset[str]
    registered: frozenset[str]


_FIELDS = attrgetter(*[field.name for field in fields(Profile)])
_VARIANT_FIELDS = attrgetter(*[field.name for field in fields(Variant)])


def profile_of(record: Subject | Candidate, *, places: bool = True) -> Profile:
    """Return the comparable form of a tenant or a company; without ``places`` it is good for keys only, and cheaper."""
    country = country_code(record.country)
    if isinstance(record, Subject):
        given = (*record.domains, record.default_domain)
        tenant_ids = frozenset({record.external_id.strip().lower()} - {""})
    else:
        given = record.domains
        tenant_ids = frozenset({identifier.strip().lower() for identifier in record.tenant_ids} - {""})
    given = given[:MOST_DOMAINS] if len(given) <= MOST_DOMAINS else (*given[: MOST_DOMAINS - 1], given[-1])
    contact_domain = mail_domain(record.contact_email) if record.contact_email else ""
    labels = {label_of(domain) for domain in given if domain}
    domains = frozenset({own for domain in given if domain and (own := own_domain(domain))})
    registered = frozenset({registrable(host) for host in domains})
    return Profile(
        name=parse_name(record.name, country),
        tenant_ids=tenant_ids,
        registration=plain_registration(record.registration_number),
        domains=domains,
        labels=frozenset(labels - {""}),
        contact_label=_NOTHING if contact_domain else frozenset({given_label(record.contact_email)} - {""}),
        contact_domain=contact_domain,
        contact_email=record.contact_email.strip().lower() if contact_domain else "",
        phone=_phone(record.phone),
        country=country,
        city=_plain(record.city) if places else "",
        postal_code=_plain(record.postal_code).replace(" ", "") if places else "",
        street=_street(record.street) if places else _NOTHING,
        registered=domains if registered == domains else registered,  # thousands are kept in memory
    )


def packed(profile: Profile) -> bytes:
    """Return a profile in some 300 bytes, a seventh of what it takes as it is. For this process only."""
    name, *rest = _FIELDS(profile)
    return marshal.dumps((name.text, [_VARIANT_FIELDS(each) for each in name.variants], rest))


def unpacked(content: bytes) -> Profile:
    """Return the profile that :func:`packed` was given: ten times faster than to make it anew."""
    text, variants, rest = marshal.loads(content)  # noqa: S302  # what this process wrote itself
    return Profile(CompanyName(text, tuple([Variant(*each) for each in variants])), *rest)


def plain_registration(text: str) -> str:
    """Return the letters and digits of a registration number; nothing for what can't be one: *none*, *0000*, *n/a*."""
    plain = _NOT_WORDS.sub("", fold(text[:_LONGEST_FIELD])) if text else ""
    telling = len(plain) >= _SHORTEST_NUMBER and len(set(plain)) > 1 and any(map(str.isdigit, plain))
    return plain if telling else ""


@lru_cache(maxsize=20_000)
def _plain(text: str) -> str:
    return " ".join(_NOT_WORDS.sub(" ", fold(text[:_LONGEST_FIELD])).split()) if text else ""


def _street(text: str) -> frozenset[str]:
    words = _plain(text).split() if text else ()
    return frozenset([word for word in words if word not in _STREET_WORDS])


def _phone(text: str) -> str:
    """Return the digits without leading zeros and trunk zero in brackets: as long as the number was written."""
    digits = _NOT_DIGITS.sub("", text[:_LONGEST_FIELD].replace("(0)", "")).lstrip("0") if text else ""
    return digits if len(digits) >= _SHORTEST_PHONE else ""
