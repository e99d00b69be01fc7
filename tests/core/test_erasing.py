from tenantry.core.erasing import without_person

EMAIL = "ada@alpine.example"


def test_an_object_with_the_address_loses_what_is_personal_and_keeps_the_rest() -> None:
    draft = {"email": "Ada@Alpine.example", "first_name": "Ada", "role": "user", "places": 2}
    assert without_person(draft, EMAIL) == {"email": "", "first_name": "", "role": "user", "places": 2}


def test_a_company_keeps_its_own_name_when_its_contact_goes() -> None:
    company = {"name": "Alpine", "contact_name": "Ada", "contact_email": EMAIL, "country": "AT"}
    assert without_person(company, EMAIL) == {
        "name": "Alpine",
        "contact_name": "",
        "contact_email": "",
        "country": "AT",
    }


def test_texts_anywhere_lose_the_address_and_other_people_stay() -> None:
    value = [{"note": f"Asked {EMAIL}."}, {"email": "ben@alpine.example", "name": "Ben"}, None, EMAIL]
    assert without_person(value, EMAIL) == [
        {"note": "erased"},
        {"email": "ben@alpine.example", "name": "Ben"},
        None,
        "erased",
    ]
