"""What each term is worth, in log-odds. Made by bench/learn_weights.py; terms are explained in terms.py.

Above zero speaks for the match, below zero against it. A term's amount multiplies its weight: amounts of bits
are in tens, so ``name_rarest`` is what a word that one name in a thousand carries is worth.
"""

from collections.abc import Mapping

WEIGHTS: Mapping[str, float] = {
    "base": -8.3,
    "name_equal": 0.0,
    "name_spacing": 1.09,
    "name_reordered": 0.437,
    "name_spelling": -1.444,
    "name_contained": -1.387,
    "name_partial": -2.927,
    "name_acronym": 0.0,
    "name_none": 0.0,
    "letters_60": 0.0,
    "letters_70": 0.0,
    "letters_80": 0.013,
    "letters_88": 0.0,
    "letters_95": 0.0,
    "letters_100": 0.0,
    "shared_30": 0.0,
    "shared_45": 0.338,
    "shared_60": 0.275,
    "shared_75": 0.609,
    "shared_88": 0.0,
    "shared_97": 0.0,
    "name_rarity": 2.403,
    "name_rarest": 2.771,
    "name_same_start": 1.485,
    "name_typos": -0.109,
    "name_typos_many": -2.229,
    "other_initial": -2.741,
    "other_kind": -2.448,
    "rare_only_tenant": -0.277,
    "rare_only_company": 0.0,
    "rare_on_both": -0.503,
    "words_only_tenant": -0.132,
    "words_only_company": -0.372,
    "numbers_differ": -0.638,
    "place_fits": 0.0,
    "place_conflicts": -2.024,
    "place_unknown": -0.02,
    "form_equal": 0.746,
    "form_differs": -2.085,
    "tenant_equal": 40.0,  # set by hand: the data never shows it
    "registration_equal": 8.0,  # set by hand: the data never shows it
    "registration_differs": -3.0,  # set by hand: the data never shows it
    "domain_equal": 4.64,
    "domain_equal_shared": 3.0,  # set by hand: the data never shows it
    "domain_related": 2.0,  # set by hand: the data never shows it
    "domain_label": 1.6,
    "domain_like_name": 0.0,
    "domain_differs": -1.671,
    "contact_domain": 2.851,
    "contact_domain_too": 1.241,
    "contact_email": 0.0,
    "contact_differs": -3.043,
    "country_equal": 2.89,
    "country_differs": -5.0,
    "country_differs_alone": 0.0,
    "city_equal": 0.332,
    "city_differs": -2.065,
    "postcode_equal": 0.422,
    "postcode_differs": -4.01,
    "street_equal": 2.611,
    "street_differs": -1.477,
    "phone_equal": 1.601,
    "phone_differs": -1.871,
}
