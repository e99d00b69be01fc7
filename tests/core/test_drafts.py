"""What can be written about a company or a person, and what can't, with a sentence each."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenantry.core.addresses import clean_domain, clean_email, clean_website, readable_domain
from tenantry.core.drafts import CompanyDraft, DomainDraft, PersonDraft, clean_draft, clean_person


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("Contoso.COM", "contoso.com"),
        (" https://contoso.com/about?x=1 ", "contoso.com"),
        ("contoso.com.", "contoso.com"),
        ("müller.de", "xn--mller-kva.de"),
        ("MÜLLER.de", "xn--mller-kva.de"),
        ("mu\u0308ller.de", "xn--mller-kva.de"),
        ("xn--mller-kva.de", "xn--mller-kva.de"),
        ("straße.de", "xn--strae-oqa.de"),
        ("東京電子.jp", "xn--1lqz12adoj511c.jp"),
        ("\uff43ontoso。com", "contoso.com"),
        ("_dmarc.contoso.com", "_dmarc.contoso.com"),
    ],
)
def test_a_domain_has_one_form_however_it_is_written(written: str, stored: str) -> None:
    assert clean_domain(written) == stored


@pytest.mark.parametrize(
    "written",
    ["", "contoso", "con toso.com", "-a.com", "a-.com", "a..com", "192.168.0.1", "a@b.com", "xn--\x80.com", "x" * 64
     + ".com", ".".join(["abcdefgh"] * 40), "contoso\u202e.com", "contoso\x00.com", "con\u200btoso.com", "a.<b>"],
)  # fmt: skip
def test_what_is_no_domain_is_refused(written: str) -> None:
    assert clean_domain(written) is None


@given(st.text(max_size=60))
def test_a_cleaned_domain_stays_as_it_is_and_can_be_shown(written: str) -> None:
    domain = clean_domain(written)
    if domain is not None:
        assert domain.isascii()
        assert clean_domain(domain) == domain
        assert clean_domain(readable_domain(domain)) == domain


def test_domains_are_shown_in_their_own_script() -> None:
    assert readable_domain("xn--mller-kva.de") == "müller.de"
    assert readable_domain("contoso.com") == "contoso.com"
    assert readable_domain("xn--99999999999999.com") == "xn--99999999999999.com"


def test_an_address_has_one_form_whatever_its_case() -> None:
    assert clean_email(" Kim.Lee@Contoso.COM ") == "kim.lee@contoso.com"
    assert clean_email("kim@müller.de") == "kim@xn--mller-kva.de"
    for bad in (
        "kim", "kim@", "@contoso.com", "kim@contoso", "a b@contoso.com", "kim@lee@contoso.com", "kim.@contoso.com",
        "kim\u202e@contoso.com", "kim@https://contoso.com", "k" * 65 + "@contoso.com", "kim\n@contoso.com",
    ):  # fmt: skip
        assert clean_email(bad) is None, bad


def test_a_web_address_leads_to_a_web_site_and_nowhere_else() -> None:
    assert clean_website("contoso.com") == "https://contoso.com"
    assert clean_website("http://Contoso.com:8080/a?b=c") == "http://contoso.com:8080/a?b=c"
    for bad in ("javascript:alert(1)", "javascript://contoso.com/%0aalert(1)", "ftp://contoso.com", "https://bank@evil.com",
                "https://", "https://contoso.com/\u202e", "http://[", "http://contoso.com:99999"):  # fmt: skip
        assert clean_website(bad) is None, bad


def test_a_draft_is_tidied() -> None:
    draft, errors = clean_draft(
        CompanyDraft(
            "  Alpine   Ski\tHouse ", country="at", address={"city": " Wien ", "line2": " ", "planet": "Earth"},
            contact_email="M.Huber@Alpine.AT", website="alpine.at",
            domains=(DomainDraft("Alpine.at"), DomainDraft("alpine.at", verified=True)),
            tenant_ids=(" 0F0E0D0C-1111-4222-8333-444455556666 ", ""),
        )
    )  # fmt: skip
    assert errors == {}
    assert (draft.name, draft.country, draft.address) == ("Alpine Ski House", "AT", {"city": "Wien"})
    assert draft.domains == (DomainDraft("alpine.at", verified=True),)
    assert draft.tenant_ids == ("0f0e0d0c-1111-4222-8333-444455556666",)
    assert (draft.contact_email, draft.website) == ("m.huber@alpine.at", "https://alpine.at")
    assert clean_draft(draft) == (draft, {})


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("name", "  ", "needs a name"),
        ("name", "x" * 301, "longer than 300"),
        ("name", "Invoice \u202egnp.exe", "U+202E"),
        ("name", "Con\x00toso", "U+0000"),
        ("name", "Con\ud800toso", "U+D800"),
        ("name", "Con\u200btoso", "U+200B"),
        ("country", "Austria", "country code"),
        ("contact_email", "nobody", "not an e-mail address"),
        ("website", "javascript:alert(1)", "web site"),
        ("registration_number", "9" * 61, "longer than 60"),
        ("address", {"city": "Wi\u202een"}, "U+202E"),
        ("address", {"city": "W" * 201}, "longer than 200"),
        ("domains", (DomainDraft("not a domain"),), "not a domain"),
        ("domains", tuple(DomainDraft(f"d{n}.com") for n in range(201)), "200 domains"),
        ("tenant_ids", ("contoso",), "not a tenant id"),
    ],
)
def test_what_can_t_be_stored_is_refused_in_one_sentence(field: str, value: object, says: str) -> None:
    _, errors = clean_draft(CompanyDraft(**({"name": "Contoso"} | {field: value})))  # type: ignore[arg-type]  # by name
    assert list(errors) == [field]
    assert says in errors[field]


@pytest.mark.parametrize(
    "name",
    ["<script>alert(1)</script>", "=cmd|' /C calc'!A0", 'Ærø & Søn\'s "A/S"', "🐟 & 🍟 Ltd", "شركة ألفا", "O'; drop--"],
)
def test_names_that_are_only_odd_are_kept_as_they_are(name: str) -> None:
    draft, errors = clean_draft(CompanyDraft(name))
    assert (draft.name, errors) == (name, {})


@given(st.text(max_size=400), st.text(max_size=80), st.text(max_size=80))
def test_cleaning_never_fails_and_cleaning_again_changes_nothing(name: str, email: str, domain: str) -> None:
    draft, errors = clean_draft(CompanyDraft(name, contact_email=email, domains=(DomainDraft(domain),)))
    if not errors:
        assert clean_draft(draft) == (draft, {})


def test_a_person_needs_an_address_or_a_name() -> None:
    assert clean_person(PersonDraft("Kim@Contoso.com", " Kim ", "Lee"))[0] == PersonDraft(
        "kim@contoso.com", "Kim", "Lee"
    )
    assert clean_person(PersonDraft())[1] == {"email": "A person needs an e-mail address or a name."}
    assert clean_person(PersonDraft(first_name="Kim"))[1] == {}
    assert clean_person(PersonDraft("kim@contoso.com", language="<odd>"))[0].language == ""
    assert "U+202E" in clean_person(PersonDraft("kim@contoso.com", "Ki\u202em"))[1]["first_name"]
