"""What two profiles say about being the same company, as terms: a code, an amount, and what to tell a person.

A term's points are its amount times its code's weight. A field that one side lacks gives no term. ``SIGNS``
tells what each code may be worth: agreeing is never below zero, disagreeing never above, whatever was learned.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from rapidfuzz.distance import Indel

from tenantry.core.matching.comparing import NameComparison, compare_names
from tenantry.core.matching.domains import label_of, registrable
from tenantry.core.matching.profiles import Profile
from tenantry.core.names.parsing import Variant


class Term(NamedTuple):
    """One piece of evidence before it is weighed."""

    code: str
    amount: float = 1.0
    parameters: Mapping[str, Any] = {}  # never written to


# Steps: whoever reaches one has reached those below it.
_LETTER_CODES = tuple((step, f"letters_{round(step * 100)}") for step in (0.6, 0.7, 0.8, 0.88, 0.95, 1.0))
_SHARE_CODES = tuple((step, f"shared_{round(step * 100)}") for step in (0.3, 0.45, 0.6, 0.75, 0.88, 0.97))
_BITS_SCALE = 10.0
_MOST_BITS = 40.0
_MOST_VARIANTS = 3
_LIKE_CITY = 0.82
_STREET_SHARE = 0.6

# Code: +1 never below zero, -1 never above, 0 either.
SIGNS: Mapping[str, int] = {
    "base": 0,
    "name_equal": 1, "name_spacing": 1, "name_reordered": 1, "name_spelling": 0, "name_contained": 0, "name_partial": 0,
    "name_acronym": 1, "name_none": -1,
    **{code: 1 for _, code in (*_LETTER_CODES, *_SHARE_CODES)},
    "name_rarity": 1, "name_rarest": 1, "name_same_start": 1, "name_typos": -1,
    "other_initial": -1, "other_kind": -1, "rare_only_tenant": -1, "rare_only_company": -1, "rare_on_both": -1,
    "words_only_tenant": -1, "words_only_company": -1, "numbers_differ": -1,
    "place_fits": 1, "place_conflicts": -1, "place_unknown": -1,
    "form_equal": 1, "form_differs": -1,
    "tenant_equal": 1, "registration_equal": 1, "registration_differs": -1,
    "domain_equal": 1, "domain_equal_shared": 1, "domain_related": 1, "domain_label": 1, "domain_like_name": 1,
    "domain_differs": -1,
    "contact_domain": 1, "contact_domain_too": 1, "contact_email": 1, "contact_differs": -1,
    "country_equal": 1, "country_differs": -1, "city_equal": 1, "city_differs": -1, "postcode_equal": 1,
    "postcode_differs": -1,
    "street_equal": 1, "street_differs": -1, "phone_equal": 1, "phone_differs": -1,
}  # fmt: skip


def terms_of(tenant: Profile, company: Profile, carriers: Mapping[str, int]) -> list[Term]:
    """Return all that the two say. ``carriers``: how many companies carry each of the company's domains."""
    return [
        *_name_terms(tenant, company),
        *_identity_terms(tenant, company),
        *_domain_terms(tenant, company, carriers),
        *_place_terms(tenant, company),
    ]


def _name_terms(tenant: Profile, company: Profile) -> Iterator[Term]:
    pairs = [(one, other) for one in _telling(tenant) for other in _telling(company)]
    if not pairs:
        return
    compared = [(compare_names(one, other), one, other) for one, other in pairs]
    found, one, other = max(compared, key=lambda entry: (_closeness(entry[0]), entry[0].letters))
    yield from _relation_terms(found, one, other)
    yield from _lonely_terms(found, tenant.country, company.country)
    if one.forms and other.forms:
        forms = {"tenant": sorted(one.forms), "company": sorted(other.forms)}
        yield Term("form_differs" if one.forms.isdisjoint(other.forms) else "form_equal", 1.0, forms)


def _telling(profile: Profile) -> list[Variant]:
    return [variant for variant in profile.name.variants[:_MOST_VARIANTS] if not variant.says_nothing]


def _closeness(found: NameComparison) -> float:
    return found.shared_bits - found.bits_left - found.bits_right - found.typos


def _relation_terms(found: NameComparison, one: Variant, other: Variant) -> Iterator[Term]:
    names = {
        "tenant": " ".join(one.words), "company": " ".join(other.words), "shared": found.shared,
        "respelt": found.respelt,
    }  # fmt: skip
    yield Term(f"name_{found.relation}", 1.0, names)
    for step, code in _LETTER_CODES:
        if found.letters >= step:
            yield Term(code)
    if found.shared_bits:
        yield from _shared_terms(found)


def _shared_terms(found: NameComparison) -> Iterator[Term]:
    whole = 2 * found.shared_bits + found.bits_left + found.bits_right + 2 * found.typos
    for step, code in _SHARE_CODES:
        if 2 * found.shared_bits >= step * whole:
            yield Term(code)
    yield Term("name_rarity", min(found.shared_bits, _MOST_BITS) / _BITS_SCALE)
    yield Term("name_rarest", found.rarest / _BITS_SCALE)
    if found.same_start:
        yield Term("name_same_start")
    if found.other_initial:
        yield Term("other_initial")
    if found.typos:
        yield Term("name_typos", min(found.typos, _MOST_BITS) / _BITS_SCALE)


def _lonely_terms(found: NameComparison, tenant_country: str, company_country: str) -> Iterator[Term]:
    if found.bits_left:
        yield Term("words_only_tenant", min(found.bits_left, _MOST_BITS) / _BITS_SCALE, {"words": found.only_left})
    if found.bits_right:
        yield Term("words_only_company", min(found.bits_right, _MOST_BITS) / _BITS_SCALE, {"words": found.only_right})
    rarest = (
        ("rare_only_tenant", found.rarest_left),
        ("rare_only_company", found.rarest_right),
        ("rare_on_both", min(found.rarest_left, found.rarest_right)),
    )
    for code, bits in rarest:
        if bits:
            yield Term(code, bits / _BITS_SCALE)
    if found.other_kind:
        yield Term("other_kind", 1.0, {"tenant": found.only_left, "company": found.only_right})
    if found.numbers_differ:
        yield Term("numbers_differ", 1.0, {"tenant": found.only_left, "company": found.only_right})
    yield from _named_place_terms(found.places_left, company_country)
    yield from _named_place_terms(found.places_right, tenant_country)


def _named_place_terms(places: set[str], other_country: str) -> Iterator[Term]:
    if places:
        code = "place_unknown" if not other_country else "place_fits" if other_country in places else "place_conflicts"
        yield Term(code, 1.0, {"places": sorted(places), "country": other_country})


def _identity_terms(tenant: Profile, company: Profile) -> Iterator[Term]:
    if shared := tenant.tenant_ids & company.tenant_ids:
        yield Term("tenant_equal", 1.0, {"id": min(shared)})
    if tenant.registration and company.registration:
        equal = tenant.registration == company.registration
        numbers = {"tenant": tenant.registration, "company": company.registration}
        yield Term("registration_equal" if equal else "registration_differs", 1.0, numbers)


def _domain_terms(tenant: Profile, company: Profile, carriers: Mapping[str, int]) -> Iterator[Term]:
    shared = tenant.domains & company.domains
    if shared:
        domain = min(shared, key=lambda name: (carriers.get(name, 1), name))
        count = max(1, carriers.get(domain, 1))
        yield Term("domain_equal" if count == 1 else "domain_equal_shared", 1.0, {"domain": domain, "companies": count})
    else:
        yield from _other_domain_terms(tenant, company)
    yield from _contact_terms(tenant, company, known=bool(shared))


def _other_domain_terms(tenant: Profile, company: Profile) -> Iterator[Term]:
    domains = {"tenant": sorted(tenant.domains), "company": sorted(company.domains)}
    if {registrable(host) for host in tenant.domains} & {registrable(host) for host in company.domains}:
        yield Term("domain_related", 1.0, domains)
    elif labels := tenant.labels & company.labels:
        yield Term("domain_label", 1.0, {"label": min(labels), **domains})
    else:
        if like := (tenant.labels & _compacts(company)) or (company.labels & _compacts(tenant)):
            yield Term("domain_like_name", 1.0, {"label": min(like)})
        if tenant.domains and company.domains:
            yield Term("domain_differs", 1.0, domains)


def _compacts(profile: Profile) -> frozenset[str]:
    return frozenset([variant.compact for variant in profile.name.variants])


def _contact_terms(tenant: Profile, company: Profile, *, known: bool) -> Iterator[Term]:
    theirs = company.domains | {company.contact_domain}
    if tenant.contact_domain and tenant.contact_domain in theirs or company.contact_domain in tenant.domains:  # noqa: RUF021  # an empty one is in no set
        domain = tenant.contact_domain or company.contact_domain
        yield Term("contact_domain_too" if known else "contact_domain", 1.0, {"domain": domain})
        if tenant.contact_email and tenant.contact_email == company.contact_email:
            yield Term("contact_email", 1.0, {"domain": domain})
    elif (
        not known and tenant.contact_domain and theirs - {""} and label_of(tenant.contact_domain) not in company.labels
    ):
        yield Term("contact_differs", 1.0, {"tenant": tenant.contact_domain, "company": sorted(theirs - {""})})


def _place_terms(tenant: Profile, company: Profile) -> Iterator[Term]:
    if tenant.country and company.country:
        equal = tenant.country == company.country
        yield Term(f"country_{_word(equal=equal)}", 1.0, {"tenant": tenant.country, "company": company.country})
    if tenant.city and company.city:
        cities = {"tenant": tenant.city, "company": company.city}
        yield Term(f"city_{_word(equal=_same_city(tenant.city, company.city))}", 1.0, cities)
    if tenant.postal_code and company.postal_code:
        codes = {"tenant": tenant.postal_code, "company": company.postal_code}
        yield Term(f"postcode_{_word(equal=tenant.postal_code == company.postal_code)}", 1.0, codes)
    if tenant.street and company.street:
        shared = len(tenant.street & company.street) / min(len(tenant.street), len(company.street))
        yield Term(f"street_{_word(equal=shared > _STREET_SHARE)}")
    if tenant.phone and company.phone:
        equal = tenant.phone.endswith(company.phone) or company.phone.endswith(tenant.phone)
        yield Term(f"phone_{_word(equal=equal)}")


def _word(*, equal: bool) -> str:
    return "equal" if equal else "differs"


def _same_city(one: str, other: str) -> bool:
    return one == other or one in other or other in one or Indel.normalized_similarity(one, other) >= _LIKE_CITY
