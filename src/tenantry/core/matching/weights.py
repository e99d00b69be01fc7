"""What each term is worth, in log-odds. Made by bench/learn_weights.py; terms are explained in terms.py.

Above zero speaks for the match, below zero against it. A term's amount multiplies its weight: amounts of bits
are in tens, so ``name_rarest`` is what a word that one name in a thousand carries is worth.
"""

from collections.abc import Mapping

WEIGHTS: Mapping[str, float] = {
    "base": -8.363,
    "name_equal": 0.0,
    "name_spacing": 1.206,
    "name_reordered": 0.714,
    "name_spelling": -1.306,
    "name_contained": -0.885,
    "name_partial": -2.428,
    "name_acronym": 0.0,
    "name_none": -0.005,
    "letters_60": 0.0,
    "letters_70": 0.0,
    "letters_80": 0.151,
    "letters_88": 0.0,
    "letters_95": 0.189,
    "letters_100": 0.0,
    "shared_30": 0.336,
    "shared_45": 0.397,
    "shared_60": 0.321,
    "shared_75": 0.508,
    "shared_88": 0.0,
    "shared_97": 0.0,
    "name_rarity": 0.993,
    "name_rarest": 3.598,
    "name_same_start": 1.564,
    "name_typos": -0.709,
    "other_initial": -2.931,
    "other_kind": -2.425,
    "rare_only_tenant": -0.292,
    "rare_only_company": 0.0,
    "rare_on_both": -0.493,
    "words_only_tenant": -0.112,
    "words_only_company": -0.376,
    "numbers_differ": -0.597,
    "place_fits": 0.0,
    "place_conflicts": -2.117,
    "place_unknown": -0.012,
    "form_equal": 0.789,
    "form_differs": -1.993,
    "tenant_equal": 12.0,  # set by hand: the data never shows it
    "registration_equal": 8.0,  # set by hand: the data never shows it
    "registration_differs": -3.0,  # set by hand: the data never shows it
    "domain_equal": 4.164,
    "domain_equal_shared": 3.0,  # set by hand: the data never shows it
    "domain_related": 2.0,  # set by hand: the data never shows it
    "domain_label": 1.542,
    "domain_like_name": 0.0,
    "domain_differs": -1.848,
    "contact_domain": 2.491,
    "contact_domain_too": 1.185,
    "contact_email": 0.0,
    "contact_differs": -3.842,
    "country_equal": 2.84,
    "country_differs": -4.825,
    "city_equal": 0.218,
    "city_differs": -2.119,
    "postcode_equal": 0.711,
    "postcode_differs": -4.119,
    "street_equal": 4.093,
    "street_differs": -1.42,
    "phone_equal": 2.548,
    "phone_differs": -1.726,
}
