"""Evidence and certainty in Spanish. What is in braces is filled in and stays as it is."""

from collections.abc import Mapping

from tenantry.core.matching.values import Certainty

CERTAINTIES: Mapping[Certainty, str] = {
    Certainty.CERTAIN: "Segura",
    Certainty.STRONG: "Fuerte",
    Certainty.LIKELY: "Probable",
    Certainty.POSSIBLE: "Posible",
}
NOTHING = "nada"
SENTENCES: Mapping[str, str] = {
    "tenant_equal": "La empresa ya lleva el identificador de este inquilino.",
    "registration_equal": "Mismo número de registro: {company}.",
    "registration_differs": "Otro número de registro: {tenant} frente a {company}.",
    "name_equal": "Mismo nombre, aparte de la forma jurídica: «{company}».",
    "name_spacing": "Mismo nombre, con otros espacios: «{tenant}» y «{company}».",
    "name_reordered": "Mismas palabras en otro orden: «{tenant}» y «{company}».",
    "name_spelling": "Nombre parecido, escrito de otro modo: «{tenant}» y «{company}».",
    "name_contained": "Un nombre es parte del otro: «{tenant}» y «{company}».",
    "name_partial": "Los nombres comparten palabras: {shared}.",
    "name_acronym": "Un nombre son las iniciales del otro: «{tenant}» y «{company}».",
    "name_none": "Los nombres no comparten ninguna palabra: «{tenant}» y «{company}».",
    "words_only_tenant": "Solo en el nombre del inquilino: {words}.",
    "words_only_company": "Solo en el nombre de la empresa: {words}.",
    "other_kind": "Una es otro tipo de organización: {tenant} frente a {company}.",
    "numbers_differ": "Otros números en los nombres: {tenant} frente a {company}.",
    "place_fits": "El país del nombre encaja: {places}.",
    "place_conflicts": "El nombre dice {places}, el otro lado está en {country}.",
    "place_unknown": "Un nombre dice {places}; no se sabe dónde está el otro.",
    "form_equal": "Misma forma jurídica.",
    "form_differs": "Otra forma jurídica.",
    "domain_equal": "Mismo dominio, y solo esta empresa lo tiene: {domain}.",
    "domain_equal_shared": "Mismo dominio, pero lo tienen {companies} empresas: {domain}.",
    "domain_related": "Dominios bajo el mismo nombre: {tenant} y {company}.",
    "domain_label": "Los dominios empiezan igual: {label}.",
    "domain_like_name": "Un dominio se lee como el nombre del otro: {label}.",
    "domain_differs": "Otro dominio: {tenant} frente a {company}.",
    "contact_domain": "La dirección del contacto tiene el dominio de la empresa: {domain}.",
    "contact_domain_too": "La dirección del contacto también tiene ese dominio: {domain}.",
    "contact_email": "Misma dirección de correo del contacto.",
    "contact_differs": "La dirección del contacto tiene otro dominio: {tenant} frente a {company}.",
    "country_equal": "Mismo país: {company}.",
    "country_differs": "Otro país: {tenant} frente a {company}.",
    "city_equal": "Misma ciudad: {company}.",
    "city_differs": "Otra ciudad: {tenant} frente a {company}.",
    "postcode_equal": "Mismo código postal: {company}.",
    "postcode_differs": "Otro código postal: {tenant} frente a {company}.",
    "street_equal": "Misma calle.",
    "street_differs": "Otra calle.",
    "phone_equal": "Mismo número de teléfono.",
    "phone_differs": "Otro número de teléfono.",
}
