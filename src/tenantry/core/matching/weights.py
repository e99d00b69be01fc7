"""What each term is worth, in log-odds. Made by bench/learn_weights.py; terms are explained in terms.py.

Above zero speaks for the match, below zero against it. A term's amount multiplies its weight: amounts of bits
are in tens, so ``name_rarest`` is what a word that one name in a thousand carries is worth.
"""

from collections.abc import Mapping

WEIGHTS: Mapping[str, float] = {
    "base": -7.977,
    "name_equal": 0.0,
    "name_spacing": 1.189,
    "name_reordered": 0.58,
    "name_spelling": -1.471,
    "name_contained": -1.108,
    "name_partial": -2.635,
    "name_acronym": 0.0,
    "name_none": -0.371,
    "letters_60": 0.0,
    "letters_70": 0.0,
    "letters_80": 0.095,
    "letters_88": 0.0,
    "letters_95": 0.002,
    "letters_100": 0.0,
    "shared_30": 0.231,
    "shared_45": 0.369,
    "shared_60": 0.284,
    "shared_75": 0.477,
    "shared_88": 0.0,
    "shared_97": 0.0,
    "name_rarity": 1.024,
    "name_rarest": 3.535,
    "name_same_start": 1.55,
    "name_typos": -0.853,
    "other_initial": -2.937,
    "other_kind": -2.437,
    "rare_only_tenant": -0.316,
    "rare_only_company": 0.0,
    "rare_on_both": -0.511,
    "words_only_tenant": -0.129,
    "words_only_company": -0.406,
    "numbers_differ": -0.598,
    "place_fits": 0.0,
    "place_conflicts": -2.167,
    "place_unknown": -0.005,
    "form_equal": 0.799,
    "form_differs": -2.012,
    "tenant_equal": 40.0,  # set by hand: the data never shows it
    "registration_equal": 8.0,  # set by hand: the data never shows it
    "registration_differs": -3.0,  # set by hand: the data never shows it
    "domain_equal": 4.289,
    "domain_equal_shared": 3.0,  # set by hand: the data never shows it
    "domain_related": 2.0,  # set by hand: the data never shows it
    "domain_label": 1.603,
    "domain_like_name": 0.0,
    "domain_differs": -1.865,
    "contact_domain": 2.44,
    "contact_domain_too": 1.381,
    "contact_email": 0.0,
    "contact_differs": -3.72,
    "country_equal": 2.957,
    "country_differs": -4.799,
    "city_equal": 0.22,
    "city_differs": -2.125,
    "postcode_equal": 0.678,
    "postcode_differs": -4.246,
    "street_equal": 4.023,
    "street_differs": -1.396,
    "phone_equal": 2.848,
    "phone_differs": -1.79,
}
