"""Evidence and certainty in English. What is in braces is filled in and stays as it is."""

from collections.abc import Mapping

from tenantry.core.matching.values import Certainty

CERTAINTIES: Mapping[Certainty, str] = {
    Certainty.CERTAIN: "Certain",
    Certainty.STRONG: "Strong",
    Certainty.LIKELY: "Likely",
    Certainty.POSSIBLE: "Possible",
}
NOTHING = "nothing"
SENTENCES: Mapping[str, str] = {
    "tenant_equal": "The company already carries this tenant's id.",
    "registration_equal": "Same registration number: {company}.",
    "registration_differs": "Other registration number: {tenant} against {company}.",
    "name_equal": "Same name, legal form aside: “{company}”.",
    "name_spacing": "Same name, spaced differently: “{tenant}” and “{company}”.",
    "name_reordered": "Same words in another order: “{tenant}” and “{company}”.",
    "name_spelling": "Like name, spelled differently: “{tenant}” and “{company}”.",
    "name_contained": "One name is part of the other: “{tenant}” and “{company}”.",
    "name_partial": "Names share some words: {shared}.",
    "name_acronym": "One name is the initials of the other: “{tenant}” and “{company}”.",
    "name_none": "Names share no word: “{tenant}” and “{company}”.",
    "words_only_tenant": "Only in the tenant's name: {words}.",
    "words_only_company": "Only in the company's name: {words}.",
    "other_kind": "One is another kind of organisation: {tenant} against {company}.",
    "numbers_differ": "Other numbers in the names: {tenant} against {company}.",
    "place_fits": "The name's country fits: {places}.",
    "place_conflicts": "The name says {places}, the other side is in {country}.",
    "place_unknown": "One name says {places}; where the other is, is not known.",
    "form_equal": "Same legal form.",
    "form_differs": "Other legal form.",
    "domain_equal": "Same domain, and only this company has it: {domain}.",
    "domain_equal_shared": "Same domain, but {companies} companies have it: {domain}.",
    "domain_related": "Domains under the same name: {tenant} and {company}.",
    "domain_label": "Domains begin alike: {label}.",
    "domain_like_name": "A domain reads like the other's name: {label}.",
    "domain_differs": "Other domain: {tenant} against {company}.",
    "contact_domain": "The contact's address has the company's domain: {domain}.",
    "contact_domain_too": "The contact's address has that domain, too: {domain}.",
    "contact_email": "Same e-mail address of the contact.",
    "contact_differs": "The contact's address has another domain: {tenant} against {company}.",
    "country_equal": "Same country: {company}.",
    "country_differs": "Other country: {tenant} against {company}.",
    "city_equal": "Same city: {company}.",
    "city_differs": "Other city: {tenant} against {company}.",
    "postcode_equal": "Same postal code: {company}.",
    "postcode_differs": "Other postal code: {tenant} against {company}.",
    "street_equal": "Same street.",
    "street_differs": "Other street.",
    "phone_equal": "Same phone number.",
    "phone_differs": "Other phone number.",
}
