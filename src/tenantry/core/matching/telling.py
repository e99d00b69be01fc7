"""What to tell a person of each term: names, words, domains. Made for proposals only: most candidates are none."""

from collections.abc import Mapping
from typing import Any

from tenantry.core.matching.profiles import Profile
from tenantry.core.matching.terms import RELATION_CODES, labels_of_any, lay_side_by_side, place_code, shared_domain

Parameters = Mapping[str, Any]


def parameters_of(tenant: Profile, company: Profile, carriers: Mapping[str, int]) -> dict[str, Parameters]:
    """Return what can be told of the two, by the code of a term; also of codes that ``terms_of`` did not return."""
    return {
        **_of_names(tenant, company),
        **_of_identity(tenant, company),
        **_of_domains(tenant, company, carriers),
        **_of_contacts(tenant, company),
        **_of_places(tenant, company),
    }


def _of_names(tenant: Profile, company: Profile) -> dict[str, Parameters]:
    compared = lay_side_by_side(tenant, company)
    if compared is None:
        return {}
    found, one, other = compared
    lonely = {"tenant": found.only_left, "company": found.only_right}
    forms = {"tenant": sorted(one.forms), "company": sorted(other.forms)}
    told: dict[str, Parameters] = {
        RELATION_CODES[found.relation]: {
            "tenant": one.normal, "company": other.normal, "shared": found.shared, "respelt": found.respelt,
        },
        "words_only_tenant": {"words": found.only_left}, "words_only_company": {"words": found.only_right},
        "other_kind": lonely, "numbers_differ": lonely, "form_equal": forms, "form_differs": forms,
    }  # fmt: skip
    for places, country in ((found.places_left, company.country), (found.places_right, tenant.country)):
        if places:
            told[place_code(places, country)] = {"places": sorted(places), "country": country}
    return told


def _of_identity(tenant: Profile, company: Profile) -> dict[str, Parameters]:
    numbers = {"tenant": tenant.registration, "company": company.registration}
    told: dict[str, Parameters] = {"registration_equal": numbers, "registration_differs": numbers}
    if shared := tenant.tenant_ids & company.tenant_ids:
        told["tenant_equal"] = {"id": min(shared)}
    return told


def _of_domains(tenant: Profile, company: Profile, carriers: Mapping[str, int]) -> dict[str, Parameters]:
    both = {"tenant": sorted(tenant.domains), "company": sorted(company.domains)}
    told: dict[str, Parameters] = {"domain_related": both, "domain_differs": both}
    if tenant.domains & company.domains:
        domain, count = shared_domain(tenant, company, carriers)
        told["domain_equal"] = told["domain_equal_shared"] = {"domain": domain, "companies": count}
    if labels := (tenant.labels & company.labels) or (labels_of_any(tenant) & labels_of_any(company)):
        told["domain_label"] = {"label": min(labels), **both}
    if like := (tenant.labels & _compacts(company)) or (company.labels & _compacts(tenant)):
        told["domain_like_name"] = {"label": min(like)}
    return told


def _compacts(profile: Profile) -> set[str]:
    return {variant.compact for variant in profile.name.variants}


def _of_contacts(tenant: Profile, company: Profile) -> dict[str, Parameters]:
    mine, theirs = tenant.contact_domain, company.contact_domain
    agreeing = {"domain": mine or theirs}
    others = {"tenant": mine, "company": sorted(company.domains | ({theirs} - {""}))}
    return {
        "contact_domain": agreeing, "contact_domain_too": agreeing, "contact_email": agreeing, "contact_differs": others
    }  # fmt: skip


def _of_places(tenant: Profile, company: Profile) -> dict[str, Parameters]:
    countries = {"tenant": tenant.country, "company": company.country}
    cities = {"tenant": tenant.city, "company": company.city}
    codes = {"tenant": tenant.postal_code, "company": company.postal_code}
    return {
        "country_equal": countries, "country_differs": countries, "country_differs_alone": countries,
        "city_equal": cities, "city_differs": cities, "postcode_equal": codes, "postcode_differs": codes,
    }  # fmt: skip
