"""Evidence and certainty in French. What is in braces is filled in and stays as it is."""

from collections.abc import Mapping

from tenantry.core.matching.values import Certainty

CERTAINTIES: Mapping[Certainty, str] = {
    Certainty.CERTAIN: "Certain",
    Certainty.STRONG: "Fort",
    Certainty.LIKELY: "Probable",
    Certainty.POSSIBLE: "Possible",
}
NOTHING = "rien"
SENTENCES: Mapping[str, str] = {
    "tenant_equal": "L’entreprise porte déjà l’identifiant de ce locataire.",
    "registration_equal": "Même numéro d’immatriculation : {company}.",
    "registration_differs": "Autre numéro d’immatriculation : {tenant} contre {company}.",
    "name_equal": "Même nom, forme juridique mise à part : « {company} ».",
    "name_spacing": "Même nom, espacé autrement : « {tenant} » et « {company} ».",
    "name_reordered": "Mêmes mots dans un autre ordre : « {tenant} » et « {company} ».",
    "name_spelling": "Nom semblable, écrit autrement : « {tenant} » et « {company} ».",
    "name_contained": "Un nom fait partie de l’autre : « {tenant} » et « {company} ».",
    "name_partial": "Les noms ont des mots en commun : {shared}.",
    "name_acronym": "Un nom est formé des initiales de l’autre : « {tenant} » et « {company} ».",
    "name_none": "Les noms n’ont aucun mot en commun : « {tenant} » et « {company} ».",
    "words_only_tenant": "Seulement dans le nom du locataire : {words}.",
    "words_only_company": "Seulement dans le nom de l’entreprise : {words}.",
    "other_kind": "L’un est un autre genre d’organisation : {tenant} contre {company}.",
    "numbers_differ": "Autres nombres dans les noms : {tenant} contre {company}.",
    "place_fits": "Le pays dans le nom convient : {places}.",
    "place_conflicts": "Le nom dit {places}, l’autre côté est en {country}.",
    "place_unknown": "Un nom dit {places} ; on ne sait pas où est l’autre.",
    "form_equal": "Même forme juridique.",
    "form_differs": "Autre forme juridique.",
    "domain_equal": "Même domaine, et seule cette entreprise l’a : {domain}.",
    "domain_equal_shared": "Même domaine, mais {companies} entreprises l’ont : {domain}.",
    "domain_related": "Domaines sous le même nom : {tenant} et {company}.",
    "domain_label": "Les domaines commencent de même : {label}.",
    "domain_like_name": "Un domaine se lit comme le nom de l’autre : {label}.",
    "domain_differs": "Autre domaine : {tenant} contre {company}.",
    "contact_domain": "L’adresse du contact a le domaine de l’entreprise : {domain}.",
    "contact_domain_too": "L’adresse du contact a aussi ce domaine : {domain}.",
    "contact_email": "Même adresse électronique du contact.",
    "contact_differs": "L’adresse du contact a un autre domaine : {tenant} contre {company}.",
    "country_equal": "Même pays : {company}.",
    "country_differs": "Autre pays : {tenant} contre {company}.",
    "city_equal": "Même ville : {company}.",
    "city_differs": "Autre ville : {tenant} contre {company}.",
    "postcode_equal": "Même code postal : {company}.",
    "postcode_differs": "Autre code postal : {tenant} contre {company}.",
    "street_equal": "Même rue.",
    "street_differs": "Autre rue.",
    "phone_equal": "Même numéro de téléphone.",
    "phone_differs": "Autre numéro de téléphone.",
}
