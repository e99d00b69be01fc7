"""The world: the same for the same seed, made only when looked at, and like a real reseller's list."""

import itertools
import re
import tracemalloc
import unicodedata
from collections import Counter

import pytest

from tenantry.core.records import Relationship
from tenantry.emulator.customers import Customer
from tenantry.emulator.guids import GuidSequence, is_guid
from tenantry.emulator.identities import Identities
from tenantry.emulator.world import UnknownCustomerError, World

SAFE = re.compile(r"[a-z0-9-]+\.(example|test|onmicrosoft\.com)")


@pytest.fixture(scope="module")
def reseller() -> World:
    return World(seed=7, customers=2000)


@pytest.fixture(scope="module")
def customers(reseller: World) -> list[Customer]:
    return [reseller.customer(tenant_id) for tenant_id in reseller.tenant_ids(None)]


def test_the_same_seed_gives_the_same_customers_and_another_seed_others() -> None:
    one, same, other = (World(seed=seed, customers=50) for seed in (3, 3, 4))
    assert [one.customer(each) for each in one.tenant_ids()] == [same.customer(each) for each in same.tenant_ids()]
    assert set(one.tenant_ids()).isdisjoint(other.tenant_ids())
    assert [row.name for row in one.rows(0)] != [row.name for row in other.rows(0)]


def test_a_larger_world_begins_with_the_smaller_one() -> None:
    small, large = World(seed=3, customers=100), World(seed=3, customers=5000)
    assert [row.name for row in small.rows(0)] == [row.name for row in itertools.islice(large.rows(0), small.size)]


@pytest.mark.parametrize("count", [0, 1, 7, 8, 33, 40, 41, 500, 1234])
def test_a_world_has_exactly_as_many_reseller_customers_as_asked_for(count: int) -> None:
    assert sum(1 for _ in World(seed=1, customers=count).tenant_ids()) == count


def test_about_three_in_a_hundred_have_another_relationship(reseller: World) -> None:
    others = [row.relationship for row in reseller.rows(0) if row.relationship is not Relationship.RESELLER]
    assert 0.02 < len(others) / reseller.size < 0.04
    assert {Relationship.ADVISOR, Relationship.NONE} <= set(others)


def test_tenant_ids_can_be_turned_back_and_invented_ones_belong_to_nobody() -> None:
    sequence = GuidSequence("any", "tenant")
    numbers = [0, 1, 2, 499, 1_000_000, 123_456_789]
    assert [sequence.number(sequence.guid(number)) for number in numbers] == numbers
    assert all(is_guid(sequence.guid(number)) for number in numbers)
    world = World(seed=1, customers=100)
    assert world.index(world.tenant_id(42).upper()) == 42
    for strange in ("3d1c7c1e-52a0-4a53-9a77-0d2b6f4f1a01", "3d1c7c1e-52a0-1a53-9a77-0d2b6f4f1a01", "nonsense"):
        with pytest.raises(UnknownCustomerError):
            world.index(strange)


def test_a_million_customers_are_made_only_when_somebody_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    made = Counter[int]()
    usual = Identities.of

    def counting(self: Identities, index: int) -> object:
        made[index] += 1
        return usual(self, index)

    monkeypatch.setattr(Identities, "of", counting)
    tracemalloc.start()
    world = World(seed=1, customers=1_000_000)
    memory, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert not made
    assert memory < 1_000_000
    assert world.customer(world.tenant_id(999_999)).index == 999_999


def test_domains_and_tenant_ids_are_unique(reseller: World, customers: list[Customer]) -> None:
    assert len({customer.tenant_id for customer in customers}) == reseller.size
    assert len({customer.domain for customer in customers}) == reseller.size
    own = [domain for customer in customers for domain in customer.custom_domains]
    assert len(set(own)) == len(own)


def test_names_come_from_many_countries_and_scripts(customers: list[Customer]) -> None:
    assert len({customer.land.code for customer in customers}) >= 40
    scripts = Counter(_script(customer.name) for customer in customers)
    wanted = {"LATIN", "CYRILLIC", "GREEK", "CJK", "KATAKANA", "HANGUL", "ARABIC", "HEBREW", "THAI", "GEORGIAN"}
    assert wanted <= set(scripts)
    assert any(unicodedata.normalize("NFD", customer.name) != customer.name for customer in customers)


def test_two_thousand_names_do_not_look_repetitive(customers: list[Customer]) -> None:
    names = Counter(customer.name.strip() for customer in customers)
    assert len(names) > 0.97 * len(customers)
    assert max(names.values()) <= 5
    german = {customer.name for customer in customers if customer.land.code == "DE"}
    assert len({name.split()[0] for name in german}) > len(german) / 2


def test_legal_forms_belong_to_the_country(customers: list[Customer]) -> None:
    forms = {
        "DE": "GmbH",
        "FR": "SAS",
        "IT": "S.r.l.",
        "AU": "Pty Ltd",
        "JP": "株式会社",
        "PL": "Sp. z o.o.",
        "SE": "AB",
    }
    for code, form in forms.items():
        names = [customer.name for customer in customers if customer.land.code == code]
        assert sum(form in name for name in names) >= len(names) / 5, code


def test_contacts_are_missing_shared_and_foreign_as_in_life(customers: list[Customer]) -> None:
    missing = [one for one in customers if not (one.contact.first or one.contact.last or one.contact.email)]
    assert 0.025 < len(missing) / len(customers) < 0.06
    emails = Counter(one.contact.email for one in customers if one.contact.email)
    shared = [email for email, count in emails.items() if count >= 3]
    assert shared
    assert 0.01 < sum(emails[email] for email in shared) / len(customers) < 0.05
    assert any(one.contact.email.endswith(("webmail.example", "postbox.example")) for one in customers)


def test_rights_differ_between_tenants(customers: list[Customer]) -> None:
    share = {
        right: sum(getattr(one, right) for one in customers) / len(customers)
        for right in ("delegated", "role_granted", "readable")
    }
    assert 0.05 < share["delegated"] < 0.25
    assert 0.4 < share["role_granted"] < 0.8
    assert 0.97 < share["readable"] < 1


def test_groups_and_near_duplicates_are_among_them(reseller: World, customers: list[Customer]) -> None:
    subsidiaries = [one for one in customers if one.kind == "subsidiary"]
    duplicates = [one for one in customers if one.kind == "duplicate"]
    assert len(subsidiaries) > 40
    assert len(duplicates) > 15
    for one in duplicates:
        assert one.elder is not None
        elder = reseller.row(one.elder)
        assert elder.name.strip() != one.name.strip()
        assert reseller.customer(elder.tenant_id).land.code == one.land.code
    assert any(customer.name != customer.name.rstrip() for customer in customers)


def test_registration_numbers_and_addresses_fit_the_country(customers: list[Customer]) -> None:
    german = [one for one in customers if one.land.code == "DE"]
    assert all(one.registration == "" or one.registration.startswith("HRB ") for one in german)
    assert all(len(one.place.postal_code) == 5 and one.place.postal_code.isdigit() for one in german)
    assert all(one.place.country == one.land.code and one.place.city for one in customers)
    assert not any(one.registration for one in customers if one.land.code == "US")


def test_every_mail_address_and_domain_is_reserved(customers: list[Customer]) -> None:
    for one in customers:
        domains = [one.domain, *one.custom_domains]
        domains += [email.split("@")[1] for email in (one.contact.email, one.company_email) if email]
        assert all(SAFE.fullmatch(domain) for domain in domains), domains


def _script(name: str) -> str:
    letters = [mark for mark in name if mark.isalpha()]
    return unicodedata.name(letters[0]).split()[0] if letters else "NONE"
