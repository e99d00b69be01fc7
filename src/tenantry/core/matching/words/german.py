"""Evidence and certainty in German. What is in braces is filled in and stays as it is."""

from collections.abc import Mapping

from tenantry.core.matching.values import Certainty

CERTAINTIES: Mapping[Certainty, str] = {
    Certainty.CERTAIN: "Sicher",
    Certainty.STRONG: "Stark",
    Certainty.LIKELY: "Wahrscheinlich",
    Certainty.POSSIBLE: "Möglich",
}
NOTHING = "nichts"
SENTENCES: Mapping[str, str] = {
    "tenant_equal": "Die Firma trägt die ID dieses Mandanten schon.",
    "registration_equal": "Gleiche Registernummer: {company}.",
    "registration_differs": "Andere Registernummer: {tenant} gegenüber {company}.",
    "name_equal": "Gleicher Name, von der Rechtsform abgesehen: „{company}“.",
    "name_spacing": "Gleicher Name, anders getrennt: „{tenant}“ und „{company}“.",
    "name_reordered": "Gleiche Wörter in anderer Reihenfolge: „{tenant}“ und „{company}“.",
    "name_spelling": "Ähnlicher Name, anders geschrieben: „{tenant}“ und „{company}“.",
    "name_contained": "Ein Name ist Teil des anderen: „{tenant}“ und „{company}“.",
    "name_partial": "Die Namen haben Wörter gemeinsam: {shared}.",
    "name_acronym": "Ein Name besteht aus den Anfangsbuchstaben des anderen: „{tenant}“ und „{company}“.",
    "name_none": "Die Namen haben kein Wort gemeinsam: „{tenant}“ und „{company}“.",
    "words_only_tenant": "Nur im Namen des Mandanten: {words}.",
    "words_only_company": "Nur im Namen der Firma: {words}.",
    "other_kind": "Eines ist eine andere Art von Organisation: {tenant} gegenüber {company}.",
    "numbers_differ": "Andere Zahlen in den Namen: {tenant} gegenüber {company}.",
    "place_fits": "Das Land im Namen passt: {places}.",
    "place_conflicts": "Der Name sagt {places}, die andere Seite ist in {country}.",
    "place_unknown": "Ein Name sagt {places}; wo die andere Seite ist, ist nicht bekannt.",
    "form_equal": "Gleiche Rechtsform.",
    "form_differs": "Andere Rechtsform.",
    "domain_equal": "Gleiche Domain, und nur diese Firma hat sie: {domain}.",
    "domain_equal_shared": "Gleiche Domain, aber {companies} Firmen haben sie: {domain}.",
    "domain_related": "Domains unter demselben Namen: {tenant} und {company}.",
    "domain_label": "Die Domains beginnen gleich: {label}.",
    "domain_like_name": "Eine Domain liest sich wie der Name der anderen Seite: {label}.",
    "domain_differs": "Andere Domain: {tenant} gegenüber {company}.",
    "contact_domain": "Die Adresse des Kontakts hat die Domain der Firma: {domain}.",
    "contact_domain_too": "Auch die Adresse des Kontakts hat diese Domain: {domain}.",
    "contact_email": "Gleiche E-Mail-Adresse des Kontakts.",
    "contact_differs": "Die Adresse des Kontakts hat eine andere Domain: {tenant} gegenüber {company}.",
    "country_equal": "Gleiches Land: {company}.",
    "country_differs": "Anderes Land: {tenant} gegenüber {company}.",
    "city_equal": "Gleicher Ort: {company}.",
    "city_differs": "Anderer Ort: {tenant} gegenüber {company}.",
    "postcode_equal": "Gleiche Postleitzahl: {company}.",
    "postcode_differs": "Andere Postleitzahl: {tenant} gegenüber {company}.",
    "street_equal": "Gleiche Straße.",
    "street_differs": "Andere Straße.",
    "phone_equal": "Gleiche Telefonnummer.",
    "phone_differs": "Andere Telefonnummer.",
}
