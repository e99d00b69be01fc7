"""What to tell a person of each term: names, words, domains. Made for proposals only: most candidates are none."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from tenantry.core.matching.comparing import NameComparison
from tenantry.core.matching.profiles import Profile
from tenantry.core.matching.terms import RELATION_CODES, labels_of_any, lay_side_by_side, place_code, shared_domain
from tenantry.core.names.parsing import Variant

Parameters = Mapping[str, Any]


class _Pair(NamedTuple):
    """The two, and how their names compare, if both have one."""

    tenant: Profile
    company: Profile
    carriers: Mapping[str, int]
    names: tuple[NameComparison, Variant, Variant] | None


def parameters_of(
    tenant: Profile, company: Profile, carriers: Mapping[str, int], codes: Iterable[str]
) -> dict[str, Parameters]:
    """Return what can be told of the two, by the code of a term. ``codes``: those of ``terms_of``."""
    pair = _Pair(tenant, company, carriers, lay_side_by_side(tenant, company))
    return {code: tell(pair) for code in codes if (tell := _TELLING.get(code)) is not None}


def _names(pair: _Pair) -> tuple[NameComparison, Variant, Variant]:
    if pair.names is None:
        raise ValueError("Of names that were not compared, nothing can be told.")
    return pair.names


def _relation(pair: _Pair) -> Parameters:
    found, one, other = _names(pair)
    return {
        "tenant": one.normal, "company": other.normal, "shared": list(found.shared), "respelt": list(found.respelt)
    }  # fmt: skip


def _lonely(pair: _Pair) -> Parameters:
    found, _, _ = _names(pair)
    return {"tenant": list(found.only_left), "company": list(found.only_right)}


def _forms(pair: _Pair) -> Parameters:
    _, one, other = _names(pair)
    return {"tenant": sorted(one.forms), "company": sorted(other.forms)}


def _places(code: str) -> Callable[[_Pair], Parameters]:
    def tell(pair: _Pair) -> Parameters:
        found, _, _ = _names(pair)
        for places, country in ((found.places_right, pair.tenant.country), (found.places_left, pair.company.country)):
            if places and place_code(places, country) == code:
                return {"places": sorted(places), "country": country}
        return {}

    return tell


def _both(field: str) -> Callable[[_Pair], Parameters]:
    return lambda pair: {"tenant": getattr(pair.tenant, field), "company": getattr(pair.company, field)}


def _domains(pair: _Pair) -> dict[str, Any]:
    return {"tenant": sorted(pair.tenant.domains), "company": sorted(pair.company.domains)}


def _shared_domain(pair: _Pair) -> Parameters:
    domain, count = shared_domain(pair.tenant, pair.company, pair.carriers)
    return {"domain": domain, "companies": count}


def _label(pair: _Pair) -> Parameters:
    tenant, company = pair.tenant, pair.company
    labels = (tenant.labels & company.labels) or (labels_of_any(tenant) & labels_of_any(company))
    return {"label": min(labels), **_domains(pair)}


def _label_like_name(pair: _Pair) -> Parameters:
    tenant, company = pair.tenant, pair.company
    return {"label": min((tenant.labels & _compacts(company)) or (company.labels & _compacts(tenant)))}


def _compacts(profile: Profile) -> set[str]:
    return {variant.compact for variant in profile.name.variants}


def _contact(pair: _Pair) -> Parameters:
    return {"domain": pair.tenant.contact_domain or pair.company.contact_domain}


def _other_contact(pair: _Pair) -> Parameters:
    company = pair.company
    return {
        "tenant": pair.tenant.contact_domain,
        "company": sorted(company.domains | ({company.contact_domain} - {""})),
    }


_TELLING: Mapping[str, Callable[[_Pair], Parameters]] = {
    **dict.fromkeys(RELATION_CODES.values(), _relation),
    "words_only_tenant": lambda pair: {"words": list(_names(pair)[0].only_left)},
    "words_only_company": lambda pair: {"words": list(_names(pair)[0].only_right)},
    "other_kind": _lonely, "numbers_differ": _lonely, "form_equal": _forms, "form_differs": _forms,
    **{code: _places(code) for code in ("place_fits", "place_conflicts", "place_unknown")},
    "tenant_equal": lambda pair: {"id": min(pair.tenant.tenant_ids & pair.company.tenant_ids)},
    "registration_equal": _both("registration"), "registration_differs": _both("registration"),
    "domain_equal": _shared_domain, "domain_equal_shared": _shared_domain,
    "domain_related": _domains, "domain_differs": _domains,
    "domain_label": _label, "domain_like_name": _label_like_name,
    "contact_domain": _contact, "contact_domain_too": _contact, "contact_email": _contact,
    "contact_differs": _other_contact,
    **dict.fromkeys(("country_equal", "country_differs", "country_differs_alone"), _both("country")),
    **dict.fromkeys(("city_equal", "city_differs"), _both("city")),
    **dict.fromkeys(("postcode_equal", "postcode_differs"), _both("postal_code")),
}  # fmt: skip
