"""Matching: hazards, certainty words, bad input, and what must hold for any input."""

import time
from dataclasses import replace
from string import Formatter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.hostile import HOSTILE

from tenantry.core.matching import Candidate, Certainty, KeyKind, Subject, keys_of, match
from tenantry.core.matching.choosing import likeliest
from tenantry.core.matching.comparing import compare_names
from tenantry.core.matching.index import CompanyIndex
from tenantry.core.matching.keys import LONGEST_KEY, kind_of, typo_keys
from tenantry.core.matching.profiles import packed, profile_of, unpacked
from tenantry.core.matching.scoring import points_of
from tenantry.core.matching.searching import closeness, read_query
from tenantry.core.matching.terms import SIGNS, terms_of
from tenantry.core.matching.weights import WEIGHTS
from tenantry.core.matching.words import BRIEF, CERTAINTIES, SENTENCES, sentence
from tenantry.core.names import parse_name

CONTOSO = Subject(
    name="Contoso Kaffee GmbH", external_id="T-1", domains=("contoso-kaffee.de",),
    default_domain="contoso.onmicrosoft.com",
    country="DE", city="Berlin", contact_email="anna@contoso-kaffee.de", phone="+49 30 1234567", postal_code="10115",
)  # fmt: skip
COMPANY = Candidate(
    id="1", name="Contoso Kaffee", domains=("contoso-kaffee.de",), country="Germany", city="Berlin",
    postal_code="10115",
)  # fmt: skip
WORDS = st.lists(
    st.sampled_from("contoso fabrikam adatum energy group holdings bank france 2 of & 日立 яндекс gmbh ltd".split()),
    min_size=1, max_size=5,
).map(" ".join)  # fmt: skip
SIDES = st.builds(
    Subject,
    name=st.one_of(WORDS, st.text(max_size=30)),
    domains=st.lists(st.sampled_from(["contoso.com", "fabrikam.de", "adatum.co.uk", "gmail.com"]), max_size=2).map(
        tuple
    ),
    country=st.sampled_from(["", "DE", "FR", "Germany"]),
    city=st.sampled_from(["", "Berlin", "Paris"]),
    phone=st.sampled_from(["", "+49 30 1234567", "030 7654321"]),
    contact_email=st.sampled_from(["", "a@contoso.com", "b@fabrikam.de", "c@gmail.com"]),
    postal_code=st.sampled_from(["", "10115", "75001"]),
)


def as_company(tenant: Subject, identifier: str = "1") -> Candidate:
    return Candidate(
        id=identifier, name=tenant.name, domains=tenant.domains, country=tenant.country, city=tenant.city,
        phone=tenant.phone,
        contact_email=tenant.contact_email, postal_code=tenant.postal_code,
    )  # fmt: skip


def points(tenant: Subject, company: Candidate) -> float:
    return points_of(terms_of(profile_of(tenant), profile_of(company), company.domain_carriers))


def word_for(tenant: Subject, company: Candidate) -> Certainty | None:
    found = match(tenant, [company])
    return found[0].certainty if found else None


# Certainty words are rules.


def test_a_company_that_carries_the_tenants_id_is_certain_whatever_it_is_called() -> None:
    company = Candidate(id="9", name="Something Else", tenant_ids=frozenset({"t-1"}), country="FR")
    (proposal,) = match(CONTOSO, [company])
    assert proposal.certainty is Certainty.CERTAIN
    assert proposal.score > 0.99


def test_same_name_and_a_domain_of_its_own_is_strong() -> None:
    assert word_for(CONTOSO, COMPANY) is Certainty.STRONG


def test_an_equal_registration_number_is_strong() -> None:
    tenant = Subject(name="Fabrikam", registration_number="HRB 123-45")
    assert word_for(tenant, Candidate(id="1", name="Adatum", registration_number="hrb12345")) is Certainty.STRONG


@pytest.mark.parametrize(
    "company",
    [
        replace(COMPANY, domain_carriers={"contoso-kaffee.de": 3}),
        replace(COMPANY, country="FR"),
        replace(COMPANY, name="Fabrikam Logistics"),
        replace(COMPANY, name="Contoso Kaffee 24"),
        replace(COMPANY, name="Contoso Kaffee Österreich"),
        replace(COMPANY, name="Contoso Kaffee Stiftung"),
    ],
)
def test_a_shared_domain_with_something_against_it_is_likely(company: Candidate) -> None:
    assert word_for(CONTOSO, company) is Certainty.LIKELY


@pytest.mark.parametrize("domain", ["gmail.com", "contoso.onmicrosoft.com", "yahoo.co.jp"])
def test_free_mail_and_given_domains_are_no_company_domains(domain: str) -> None:
    tenant = Subject(name="Fabrikam", domains=(domain,), contact_email=f"a@{domain}")
    company = Candidate(id="1", name="Adatum", domains=(domain,), contact_email=f"b@{domain}")
    assert match(tenant, [company]) == ()
    assert not [key for key in keys_of(company) if kind_of(key) is KeyKind.DOMAIN]


def test_name_with_contact_is_likely_and_name_alone_possible() -> None:
    tenant = Subject(name="Alpine Ski House GmbH", contact_email="m@alpineskihouse.com")
    assert (
        word_for(tenant, Candidate(id="1", name="Alpine Ski House", domains=("alpineskihouse.com",)))
        is Certainty.LIKELY
    )
    assert word_for(tenant, Candidate(id="1", name="Alpine Ski House")) in {Certainty.POSSIBLE, None}


# Hazards that have bitten others.


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("A-B-C Company", "D-E-F Company"),
        ("GmbH & Co. KG", "GmbH"),
        ("Pty Limited", "Limited"),
        ("Hilton Berlin", "Marriott Berlin"),
        ("Shanghai Electric", "Beijing Electric"),
        ("National Energy Group", "International Energy Holdings"),
        ("日立製作所", "日本電気"),
    ],
)
def test_names_that_share_only_what_says_nothing_are_no_match(one: str, other: str) -> None:
    assert match(Subject(name=one, country="DE"), [Candidate(id="1", name=other, country="DE")]) == ()


def test_a_parents_domain_does_not_make_the_subsidiary_the_parent() -> None:
    tenant = Subject(name="Contoso France SAS", domains=("contoso.com",), country="FR")
    parent = Candidate(id="p", name="Contoso Corporation", domains=("contoso.com",), country="US")
    own = Candidate(id="f", name="Contoso France", country="FR", city="Paris")
    assert word_for(tenant, parent) is Certainty.LIKELY
    first, *_ = match(tenant, [parent, own])
    assert all(proposal.certainty is not Certainty.STRONG for proposal in match(tenant, [parent, own]))
    assert first.candidate_id == "f"


def test_a_domain_that_somebody_else_took_over_is_no_proof() -> None:
    tenant = Subject(name="Fabrikam Logistics", domains=("contoso-kaffee.de",), country="DE", city="Hamburg")
    assert word_for(tenant, COMPANY) is Certainty.LIKELY
    (proposal,) = match(tenant, [COMPANY])
    assert proposal.score < 0.2
    assert {"domain_equal", "name_none", "city_differs"} <= {evidence.code for evidence in proposal.evidence}


def test_a_city_that_is_the_only_difference_of_two_names_is_never_likely() -> None:
    tenant = Subject(name="Hilton Berlin", country="DE", city="Berlin")
    here, there = (
        Candidate(id="b", name="Hilton Berlin", country="DE", city="Berlin"),
        Candidate(id="h", name="Hilton Hamburg", country="DE"),
    )
    assert [proposal.candidate_id for proposal in match(tenant, [there, here])] == ["b"]
    assert word_for(tenant, there) in {Certainty.POSSIBLE, None}
    assert word_for(tenant, replace(there, city="Hamburg")) is None


def test_two_letters_that_differ_are_another_word_sooner_than_a_slip() -> None:
    tenant = Subject(name="Contoso Kaffee", country="DE")
    exact, slip, other = (
        points(tenant, Candidate(id="1", name=name, country="DE"))
        for name in ("Contoso Kaffee", "Contosso Kaffee", "Contuiso Kaffee")
    )
    assert exact - slip < slip - other


def test_another_country_is_a_slip_where_street_or_phone_is_the_same() -> None:
    tenant = Subject(name="Contoso Kaffee", country="AE", phone="+49 30 1234567", city="Berlin")
    company = Candidate(id="1", name="Contoso Kaffee GmbH", country="DE", phone="(030) 1234567", city="Berlin")
    (proposal,) = match(tenant, [company])
    assert proposal.certainty is Certainty.LIKELY
    (country,) = [evidence for evidence in proposal.evidence if evidence.code == "country_differs"]
    assert not country.speaks_for
    assert points(tenant, company) > points(tenant, replace(company, phone=""))


def test_a_contact_at_a_domain_that_the_provider_gave_tells_what_the_customer_is_called() -> None:
    tenant = Subject(name="Nuri", contact_email="admin@nuritelecom.onmicrosoft.com", country="KR")
    company = Candidate(id="1", name="NuriFlex Co., Ltd.", domains=("nuritelecom.com",), country="KR")
    assert keys_of(tenant) & keys_of(company) == {"lnuritelecom"}
    (proposal,) = match(tenant, [company])
    assert "domain_label" in {evidence.code for evidence in proposal.evidence}


def test_twins_of_the_same_name_share_the_score() -> None:
    tenant = Subject(name="Contoso Kaffee", country="DE")
    twins = [Candidate(id=identifier, name="Contoso Kaffee GmbH", country="DE") for identifier in ("a", "b")]
    scores = [proposal.score for proposal in match(tenant, twins)]
    assert scores[0] == scores[1] <= 0.5


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Işık Enerji A.Ş.", "ISIK ENERJI AS"),
        ("Smith and Sons Coffee Ltd", "Smith & Sons Coffee"),
        ("Яндекс Технологии", "Yandeks Tekhnologii"),
        ("Mountain Province Diamonds", "MountainProvince Diamonds Inc."),
        ("Zhuzhou Times Electric", "Zhuzou Times Electric"),
    ],
)
def test_one_name_written_in_two_ways_is_found(one: str, other: str) -> None:
    company = Candidate(id="1", name=other, country="DE", city="Berlin")
    index = CompanyIndex([company])
    tenant = Subject(name=one, country="DE", city="Berlin")
    assert [identifier for identifier, _ in index.candidates(profile_of(tenant))] == ["1"]
    assert match(tenant, [company])


# Bad input.


@pytest.mark.parametrize("name", [*HOSTILE, "\x00"])
def test_bad_names_match_nobody_and_take_no_time(name: str) -> None:
    others = [
        Candidate(id=str(at), name=other)
        for at, other in enumerate(["GmbH", "x", "Contoso", "🙂", "a" * 3_999 + "b", "株式会社"])
    ]
    started = time.process_time()
    found = match(Subject(name=name), others)
    keys = keys_of(Subject(name=name))
    assert time.process_time() - started < 0.5
    assert len(keys) < 120
    assert all(len(key) <= LONGEST_KEY for key in keys)
    if len(name) < 1_000:
        assert found == ()


def test_many_candidates_give_five_matches() -> None:
    companies = [replace(COMPANY, id=str(number)) for number in range(60)]
    assert len(match(CONTOSO, companies)) == 5


# What must hold for any input.


@given(SIDES, SIDES)
@settings(max_examples=150)
def test_a_name_is_compared_alike_both_ways(one: Subject, other: Subject) -> None:
    left, right = parse_name(one.name).variants, parse_name(other.name).variants
    if left and right:
        there, back = compare_names(left[0], right[0]), compare_names(right[0], left[0])
        assert there.relation == back.relation
        assert there.letters == pytest.approx(back.letters)
        assert there.shared_bits == pytest.approx(back.shared_bits)
        assert there.bits_left == pytest.approx(back.bits_right)


@given(SIDES, st.lists(SIDES, max_size=6), st.randoms())
@settings(max_examples=100)
def test_the_order_of_candidates_does_not_matter(tenant: Subject, sides: list[Subject], random: object) -> None:
    companies = [as_company(side, str(at)) for at, side in enumerate(sides)]
    shuffled = list(companies)
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # a random.Random
    mine, theirs = match(tenant, companies), match(tenant, shuffled)
    assert [found.candidate_id for found in mine] == [found.candidate_id for found in theirs]
    assert [found.score for found in mine] == pytest.approx([found.score for found in theirs])


@given(SIDES, SIDES)
@settings(max_examples=100)
def test_case_and_punctuation_around_words_do_not_matter(one: Subject, other: Subject) -> None:
    if not one.name.isascii():
        return
    written = replace(
        one, name=f"  {one.name.upper()} ", city=one.city.upper(), domains=tuple(name.upper() for name in one.domains)
    )
    assert points(written, as_company(other)) == pytest.approx(points(one, as_company(other)))


@given(SIDES, SIDES, st.sampled_from(["country", "city", "postal_code", "phone", "registration_number"]))
@settings(max_examples=200)
def test_a_field_that_agrees_never_lowers_the_points(one: Subject, other: Subject, field: str) -> None:
    company = as_company(other)
    value: Any = "FR" if field == "country" else "1234567890"
    nothing: Any = ""
    agreeing = points(replace(one, **{field: value}), replace(company, **{field: value}))
    silent = points(replace(one, **{field: nothing}), replace(company, **{field: nothing}))
    if field == "country" and any(
        any(variant.places) for variant in parse_name(one.name).variants + parse_name(other.name).variants
    ):
        return  # a country word then becomes a statement of its own
    assert agreeing >= silent - 1e-9


@given(SIDES, SIDES)
@settings(max_examples=150)
def test_a_shared_domain_never_lowers_the_points(one: Subject, other: Subject) -> None:
    bare, company = replace(one, domains=(), contact_email=""), replace(as_company(other), domains=(), contact_email="")
    assert points(
        replace(bare, domains=("tailspin.example",)), replace(company, domains=("tailspin.example",))
    ) >= points(bare, company)


@given(SIDES, SIDES)
@settings(max_examples=100)
def test_every_reason_has_a_sentence_and_scores_are_probabilities(one: Subject, other: Subject) -> None:
    found = match(one, [as_company(other), as_company(one, "2")])
    assert sum(proposal.score for proposal in found) <= 1.0 + 1e-9
    for proposal in found:
        assert all(sentence(reason) for reason in proposal.evidence)
        assert proposal.points == pytest.approx(
            WEIGHTS["base"] + sum(reason.points for reason in proposal.evidence), abs=0.2
        )


_OTHER_SIDE = {
    f"{what}_only_{side}": f"{what}_only_{other}"
    for what in ("words", "rare")
    for side, other in (("tenant", "company"), ("company", "tenant"))
}


@given(SIDES, SIDES)
@settings(max_examples=150)
def test_what_two_sides_say_is_the_same_whoever_is_the_tenant(one: Subject, other: Subject) -> None:
    left, right = (profile_of(replace(side, contact_email="")) for side in (one, other))
    there, back = ({term.code: term.amount for term in terms_of(*pair, {})} for pair in ((left, right), (right, left)))
    turned = {_OTHER_SIDE.get(code, code): amount for code, amount in back.items()}
    assert there == pytest.approx(turned)


@given(WORDS, WORDS, st.sampled_from(["{}.", "({})", "  {} ", "{},", "*{}*", "„{}“", "-{}-"]))
@settings(max_examples=150)
def test_punctuation_around_a_name_does_not_matter(one: str, other: str, around: str) -> None:
    tenant = Subject(name=one, country="FR")
    company = Candidate(id="1", name=other, country="FR")
    assert points(replace(tenant, name=around.format(one)), company) == pytest.approx(points(tenant, company))
    assert keys_of(replace(tenant, name=around.format(one))) == keys_of(tenant)


@given(SIDES, SIDES)
@settings(max_examples=100)
def test_an_equal_tenant_id_or_number_never_lowers_word_or_points(one: Subject, other: Subject) -> None:
    company = as_company(other)
    before, word = points(one, company), word_for(one, company) or Certainty.NONE
    numbered = replace(one, registration_number="HRB 123 B"), replace(company, registration_number="hrb123b")
    known = replace(one, external_id="t-9"), replace(company, tenant_ids=frozenset({"T-9"}))
    for tenant, candidate in (numbered, known):
        assert points(tenant, candidate) >= before
        assert (word_for(tenant, candidate) or Certainty.NONE) >= word


@pytest.mark.parametrize("number", ["", "0000", "n/a", "none", "-", "x1", "unknown"])
def test_what_is_no_registration_number_tells_nothing(number: str) -> None:
    tenant = Subject(name="Fabrikam", registration_number=number)
    assert match(tenant, [Candidate(id="1", name="Adatum", registration_number=number)]) == ()


def test_a_word_of_which_all_typing_errors_are_shared_does_not_outweigh_a_domain() -> None:
    found = {key: [1, 2] for key in typo_keys("contoso")} | {"wcontoso": [1, 2], "dcontoso.de": [2]}
    assert likeliest(found) == [2, 1]
    assert likeliest({"dcontoso.de": [1], "ncontosokaffee": [1], "scontosokaffee": [1], "wkaffee": [1, 2]}) == [1]
    assert likeliest({}) == []


@pytest.mark.parametrize(
    ("sought", "name"),
    [
        ("contoso kaffee", "Contoso Kaffee GmbH"),
        ("KAFFEE cont", "Contoso Kaffee GmbH"),
        ("contsoo", "Contoso Kaffee GmbH"),
        ("contosokaffee", "Contoso Kaffee GmbH"),
        ("muller", "Müller & Söhne"),
    ],
)
def test_what_somebody_types_is_close_to_the_name_they_mean(sought: str, name: str) -> None:
    assert closeness(read_query(sought).words, name) > 0.6
    assert closeness(read_query(sought).words, "Fabrikam Logistics") == 0.0
    assert closeness(read_query(f"{sought} 4").words, f"{name} 5") == 0.0


@given(st.text(max_size=4_000), st.lists(st.text(max_size=80), max_size=60))
@settings(max_examples=100)
def test_no_name_has_many_keys(name: str, domains: list[str]) -> None:
    keys = keys_of(Subject(name=name, domains=tuple(domains)))
    assert len(keys) <= 200
    assert max(map(len, keys), default=0) <= LONGEST_KEY


@given(SIDES)
@settings(max_examples=100)
def test_a_company_shares_keys_with_a_tenant_of_the_same_content(tenant: Subject) -> None:
    mine, theirs = keys_of(tenant), keys_of(as_company(tenant))
    assert mine == theirs


def test_weights_have_the_signs_that_evidence_has() -> None:
    assert WEIGHTS.keys() == SIGNS.keys()
    assert all(WEIGHTS[code] * sign >= 0 for code, sign in SIGNS.items())


def _places(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("language", SENTENCES)
def test_every_language_has_every_word(language: str) -> None:
    assert CERTAINTIES[language].keys() == set(Certainty) - {Certainty.NONE}
    assert SENTENCES[language].keys() == SENTENCES["en"].keys()
    assert BRIEF[language].keys() == {code for code in SENTENCES["en"] if SIGNS[code] >= 0}
    for code, text in SENTENCES[language].items():
        assert text.endswith(".")
        assert _places(text) == _places(SENTENCES["en"][code]), code


@given(SIDES)
@settings(max_examples=100)
def test_a_profile_that_is_kept_is_the_same_when_it_is_taken_out(side: Subject) -> None:
    for record in (side, as_company(side)):
        assert unpacked(packed(profile_of(record))) == profile_of(record)
