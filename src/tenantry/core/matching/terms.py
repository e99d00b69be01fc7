"""What two profiles say about being the same company, as terms: a code and an amount. What to tell: ``telling.py``.

A term's points are its amount times its code's weight. A field that one side lacks gives no term. ``SIGNS``
tells what each code may be worth: agreeing is never below zero, disagreeing never above, whatever was learned.
"""

from bisect import bisect_right
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from functools import partial
from typing import NamedTuple, cast

from rapidfuzz.distance import Indel

from tenantry.core.matching.comparing import NameComparison, Relation, compare_names
from tenantry.core.matching.domains import label_of
from tenantry.core.matching.profiles import Profile
from tenantry.core.names.parsing import Variant


class Term(NamedTuple):
    """One piece of evidence before it is weighed."""

    code: str
    amount: float = 1.0


_weighed = cast("Callable[[tuple[str, float]], Term]", partial(tuple.__new__, Term))  # a term, at half of the price

# Steps: whoever reaches one has reached those below it.
_LETTER_STEPS = tuple((step, Term(f"letters_{round(step * 100)}")) for step in (0.6, 0.7, 0.8, 0.88, 0.95, 1.0))
_SHARE_STEPS = tuple((step, Term(f"shared_{round(step * 100)}")) for step in (0.3, 0.45, 0.6, 0.75, 0.88, 0.97))
_LETTER_LIMITS, _SHARE_LIMITS = [step for step, _ in _LETTER_STEPS], [step for step, _ in _SHARE_STEPS]
_LETTERS_REACHED, _SHARES_REACHED = (
    [tuple([term for _, term in steps[:reached]]) for reached in range(len(steps) + 1)]
    for steps in (_LETTER_STEPS, _SHARE_STEPS)
)
_SAME_START, _OTHER_INITIAL, _TYPOS_MANY = Term("name_same_start"), Term("other_initial"), Term("name_typos_many")
RELATION_CODES = {relation: f"name_{relation}" for relation in Relation}
_BITS_SCALE = 10.0
_MOST_BITS = 40.0
_NAMING_BITS = 20.0  # enough to tell one company of a million: sharing more says no more
_MOST_VARIANTS = 3
_LIKE_CITY = 0.82
_STREET_SHARE = 0.6

# Code: +1 never below zero, -1 never above, 0 either.
SIGNS: Mapping[str, int] = {
    "base": 0,
    "name_equal": 1, "name_spacing": 1, "name_reordered": 1, "name_spelling": 0, "name_contained": 0, "name_partial": 0,
    "name_acronym": 1, "name_none": -1,
    **{term.code: 1 for _, term in (*_LETTER_STEPS, *_SHARE_STEPS)},
    "name_rarity": 1, "name_rarest": 1, "name_same_start": 1, "name_typos": -1, "name_typos_many": -1,
    "other_initial": -1, "other_kind": -1, "rare_only_tenant": -1, "rare_only_company": -1, "rare_on_both": -1,
    "words_only_tenant": -1, "words_only_company": -1, "numbers_differ": -1,
    "place_fits": 1, "place_conflicts": -1, "place_unknown": -1,
    "form_equal": 1, "form_differs": -1,
    "tenant_equal": 1, "registration_equal": 1, "registration_differs": -1,
    "domain_equal": 1, "domain_equal_shared": 1, "domain_related": 1, "domain_label": 1, "domain_like_name": 1,
    "domain_differs": -1,
    "contact_domain": 1, "contact_domain_too": 1, "contact_email": 1, "contact_differs": -1,
    "country_equal": 1, "country_differs": -1, "country_differs_alone": -1,
    "city_equal": 1, "city_differs": -1, "postcode_equal": 1,
    "postcode_differs": -1,
    "street_equal": 1, "street_differs": -1, "phone_equal": 1, "phone_differs": -1,
}  # fmt: skip
_ONCE: Mapping[str, Term] = {code: Term(code) for code in SIGNS}
_RELATED: Mapping[Relation, Term] = {relation: _ONCE[code] for relation, code in RELATION_CODES.items()}


def terms_of(tenant: Profile, company: Profile, carriers: Mapping[str, int]) -> list[Term]:
    """Return all that the two say. ``carriers``: how many companies carry each of the company's domains.

    It runs a dozen times for each tenant: terms of amount 1 are made once, and lists grow in place.
    """
    terms: list[Term] = []
    _add_name(terms, tenant, company)
    _add_identity(terms, tenant, company)
    _add_domain(terms, tenant, company, carriers)
    _add_place(terms, tenant, company)
    return terms


def lay_side_by_side(tenant: Profile, company: Profile) -> tuple[NameComparison, Variant, Variant] | None:
    """Return how the two names compare, by those variants that come closest; nothing when one has no telling name."""
    if len(tenant.name.variants) == 1 == len(company.name.variants):  # nearly always
        mine, theirs = tenant.name.variants[0], company.name.variants[0]
        return None if mine.says_nothing or theirs.says_nothing else (compare_names(mine, theirs), mine, theirs)
    left, right = _telling(tenant), _telling(company)
    if not left or not right:
        return None
    compared = [(compare_names(mine, theirs), mine, theirs) for mine in left for theirs in right]
    return max(compared, key=lambda entry: (_closeness(entry[0]), entry[0].letters))


def place_code(places: AbstractSet[str], other_country: str) -> str:
    """Return what countries that one name mentions say beside the other side's country."""
    return "place_unknown" if not other_country else "place_fits" if other_country in places else "place_conflicts"


def _add_name(terms: list[Term], tenant: Profile, company: Profile) -> None:
    compared = lay_side_by_side(tenant, company)
    if compared is None:
        return
    found, one, other = compared
    _add_relation(terms, found)
    if found.only_left or found.only_right:
        _add_lonely(terms, found)
        if found.places_left:
            terms.append(_ONCE[place_code(found.places_left, company.country)])
        if found.places_right:
            terms.append(_ONCE[place_code(found.places_right, tenant.country)])
    if one.forms and other.forms:
        terms.append(_ONCE["form_differs" if one.forms.isdisjoint(other.forms) else "form_equal"])


def _telling(profile: Profile) -> list[Variant]:
    return [variant for variant in profile.name.variants[:_MOST_VARIANTS] if not variant.says_nothing]


def _closeness(found: NameComparison) -> float:
    return found.shared_bits - found.bits_left - found.bits_right - found.typos


def _add_relation(terms: list[Term], found: NameComparison) -> None:
    terms.append(_RELATED[found.relation])
    terms += _LETTERS_REACHED[bisect_right(_LETTER_LIMITS, found.letters)]
    if found.shared_bits:
        _add_shared(terms, found)


def _add_shared(terms: list[Term], found: NameComparison) -> None:
    share = 2 * found.shared_bits / (2 * found.shared_bits + found.bits_left + found.bits_right + 2 * found.typos)
    terms += _SHARES_REACHED[bisect_right(_SHARE_LIMITS, share)]
    terms.append(_weighed(("name_rarity", min(found.shared_bits, _NAMING_BITS) / _BITS_SCALE)))
    terms.append(_weighed(("name_rarest", found.rarest / _BITS_SCALE)))
    if found.same_start:
        terms.append(_SAME_START)
    if found.other_initial:
        terms.append(_OTHER_INITIAL)
    if found.typos:
        terms.append(_weighed(("name_typos", min(found.typos, _MOST_BITS) / _BITS_SCALE)))
    if found.slips > 1:
        terms.append(_TYPOS_MANY)


def _add_lonely(terms: list[Term], found: NameComparison) -> None:
    left, right = found.rarest_left, found.rarest_right
    if left:
        terms.append(_weighed(("words_only_tenant", min(found.bits_left, _MOST_BITS) / _BITS_SCALE)))
        terms.append(_weighed(("rare_only_tenant", left / _BITS_SCALE)))
    if right:
        terms.append(_weighed(("words_only_company", min(found.bits_right, _MOST_BITS) / _BITS_SCALE)))
        terms.append(_weighed(("rare_only_company", right / _BITS_SCALE)))
    if left and right:
        terms.append(_weighed(("rare_on_both", min(left, right) / _BITS_SCALE)))
    if found.other_kind:
        terms.append(_ONCE["other_kind"])
    if found.numbers_differ:
        terms.append(_ONCE["numbers_differ"])


def _add_identity(terms: list[Term], tenant: Profile, company: Profile) -> None:
    if not tenant.tenant_ids.isdisjoint(company.tenant_ids):
        terms.append(_ONCE["tenant_equal"])
    if tenant.registration and company.registration:
        equal = tenant.registration == company.registration
        terms.append(_ONCE["registration_equal" if equal else "registration_differs"])


def _add_domain(terms: list[Term], tenant: Profile, company: Profile, carriers: Mapping[str, int]) -> None:
    shared = not tenant.domains.isdisjoint(company.domains)
    if shared:
        _, count = shared_domain(tenant, company, carriers)
        terms.append(_ONCE["domain_equal" if count == 1 else "domain_equal_shared"])
    else:
        _add_other_domain(terms, tenant, company)
    _add_contact(terms, tenant, company, known=shared)


def shared_domain(tenant: Profile, company: Profile, carriers: Mapping[str, int]) -> tuple[str, int]:
    """Return the domain of both that the fewest companies carry, and how many do. There must be one."""
    domain = min(tenant.domains & company.domains, key=lambda name: (carriers.get(name, 1), name))
    return domain, max(1, carriers.get(domain, 1))


def _add_other_domain(terms: list[Term], tenant: Profile, company: Profile) -> None:
    differ = bool(tenant.domains and company.domains)
    if differ and not tenant.registered.isdisjoint(company.registered):
        terms.append(_ONCE["domain_related"])
        return
    if not tenant.labels.isdisjoint(company.labels):
        terms.append(_ONCE["domain_label"])
        return
    if (tenant.contact_label or company.contact_label) and labels_of_any(tenant) & labels_of_any(company):
        terms.append(_ONCE["domain_label"])
    if _is_named_like(tenant.labels, company) or _is_named_like(company.labels, tenant):
        terms.append(_ONCE["domain_like_name"])
    if differ:
        terms.append(_ONCE["domain_differs"])


def labels_of_any(profile: Profile) -> frozenset[str]:
    """Return what a customer chose of its domains, that of a contact's address included."""
    return profile.labels | profile.contact_label


def _is_named_like(labels: frozenset[str], profile: Profile) -> bool:
    return bool(labels) and not labels.isdisjoint([variant.compact for variant in profile.name.variants])


def _add_contact(terms: list[Term], tenant: Profile, company: Profile, *, known: bool) -> None:
    mine, theirs = tenant.contact_domain, company.contact_domain
    if mine and (mine in company.domains or mine == theirs) or theirs and theirs in tenant.domains:  # noqa: RUF021  # either side's own domain
        terms.append(_ONCE["contact_domain_too" if known else "contact_domain"])
        if tenant.contact_email and tenant.contact_email == company.contact_email:
            terms.append(_ONCE["contact_email"])
    elif not known and mine and (company.domains or theirs) and label_of(mine) not in company.labels:
        terms.append(_ONCE["contact_differs"])


def _add_place(terms: list[Term], tenant: Profile, company: Profile) -> None:
    same_place = _add_address(terms, tenant, company)
    if tenant.country and company.country:
        differs = "country_differs_alone" if same_place else "country_differs"
        terms.append(_ONCE["country_equal" if tenant.country == company.country else differs])


def _add_address(terms: list[Term], tenant: Profile, company: Profile) -> bool:
    """Add what the addresses say; return whether street or phone is the same: then another country is a slip."""
    same_place = False
    if tenant.city and company.city:
        terms.append(_ONCE["city_equal" if _same_city(tenant.city, company.city) else "city_differs"])
    if tenant.postal_code and company.postal_code:
        equal = tenant.postal_code == company.postal_code
        terms.append(_ONCE["postcode_equal" if equal else "postcode_differs"])
    if tenant.street and company.street:
        shared = len(tenant.street & company.street) / min(len(tenant.street), len(company.street))
        same_place = shared > _STREET_SHARE
        terms.append(_ONCE["street_equal" if same_place else "street_differs"])
    if tenant.phone and company.phone:
        equal = tenant.phone.endswith(company.phone) or company.phone.endswith(tenant.phone)
        terms.append(_ONCE["phone_equal" if equal else "phone_differs"])
        same_place = same_place or equal
    return same_place


def _same_city(one: str, other: str) -> bool:
    return one == other or one in other or other in one or Indel.normalized_similarity(one, other) >= _LIKE_CITY
