import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenantry.core.records import Contact, Relationship, TenantListing
from tenantry.core.tenants import Problem, Snapshot, digest, known_contact, listing_hash, primary_domain, problems

texts = st.text(alphabet=st.characters(exclude_categories=()), max_size=10)
snapshots = st.builds(
    Snapshot,
    name=texts,
    country=texts,
    domain=texts,
    contact_name=texts,
    contact_email=texts,
    problems=st.lists(st.sampled_from([problem.value for problem in Problem])).map(tuple),
)
contacts = st.builds(Contact, *[st.sampled_from(["", "a", "B", "b"])] * 5)


@given(snapshots)
def test_a_snapshot_survives_json(snapshot: Snapshot) -> None:
    assert Snapshot.from_json(json.loads(json.dumps(snapshot.as_json()))) == snapshot


@given(snapshots, snapshots)
def test_content_hashes_are_equal_exactly_when_snapshots_are(one: Snapshot, other: Snapshot) -> None:
    assert (one.content_hash == other.content_hash) == (one == other)
    assert replace(one).content_hash == one.content_hash


@given(st.lists(texts, max_size=4), st.lists(texts, max_size=4))
def test_parts_of_a_digest_are_kept_apart(one: list[str], other: list[str]) -> None:
    assert (digest(*one) == digest(*other)) == (one == other)


@pytest.mark.parametrize("field", ["name", "domain", "relationship"])
def test_a_listing_hash_sees_every_field(field: str) -> None:
    record = TenantListing("id", "Alpine", "alpine.example", Relationship.RESELLER)
    other: dict[str, Any] = {field: Relationship.ADVISOR if field == "relationship" else "other"}
    assert listing_hash(record) != listing_hash(replace(record, **other))


@pytest.mark.parametrize(
    ("domain", "domains", "expected"),
    [
        ("alpine.onmicrosoft.com", None, "alpine.onmicrosoft.com"),
        ("alpine.onmicrosoft.com", [], "alpine.onmicrosoft.com"),
        ("alpine.onmicrosoft.com", ["alpine.mail.onmicrosoft.com", "alpine.example"], "alpine.example"),
        ("alpine.onmicrosoft.us", ["alpine.example"], "alpine.example"),
        ("alpine.partner.onmschina.cn", ["alpine.example"], "alpine.example"),
        ("alpine.example", ["zebra.example"], "alpine.example"),
        ("", ["alpine.example"], "alpine.example"),
        ("", None, ""),
    ],
)
def test_the_primary_domain_is_their_own(domain: str, domains: list[str] | None, expected: str) -> None:
    assert primary_domain(domain, domains) == expected


@pytest.mark.parametrize(
    ("read", "refused", "name", "email", "expected"),
    [
        (False, False, "", "", [Problem.DETAILS_NOT_READ]),
        (False, True, "", "", [Problem.DETAILS_REFUSED]),
        (True, True, "Ada", "a@x.example", [Problem.DETAILS_REFUSED]),
        (True, False, "", "", [Problem.CONTACT_MISSING]),
        (True, False, "Ada", "", [Problem.CONTACT_EMAIL_MISSING]),
        (True, False, "", "a@x.example", []),
        (True, False, "Ada", "a@x.example", []),
    ],
)
def test_problems_name_what_is_in_the_way(
    *, read: bool, refused: bool, name: str, email: str, expected: list[Problem]
) -> None:
    found = problems(details_read=read, details_refused=refused, contact_name=name, contact_email=email)
    assert found == tuple(problem.value for problem in expected)


ADA = Contact("Ada", "Berg", "ada@x.example", "1", "de")


@pytest.mark.parametrize(
    ("read", "expected"),
    [
        (Contact(), ADA),
        (Contact(phone="2"), ADA),
        (Contact("Ada", "Berg"), ADA),
        (Contact(email="ADA@x.example"), replace(ADA, email="ADA@x.example")),
        (Contact("Ada", "Berg", "new@x.example"), replace(ADA, email="new@x.example")),
        (Contact("Ada", "Cole", "ada@x.example"), replace(ADA, last_name="Cole")),
        (Contact("Ben", "Cole", "ben@x.example"), Contact("Ben", "Cole", "ben@x.example")),
        (Contact("Ben", "Cole"), Contact("Ben", "Cole")),
        (Contact(email="ben@x.example"), Contact(email="ben@x.example")),
    ],
)
def test_a_blank_never_erases_and_no_contact_is_made_up_of_two(read: Contact, expected: Contact) -> None:
    assert known_contact(ADA, read) == expected


@given(contacts, contacts)
def test_reading_a_contact_twice_changes_nothing_more(before: Contact, read: Contact) -> None:
    once = known_contact(before, read)
    assert known_contact(once, read) == once
    assert once.is_empty == (before.is_empty and read.is_empty)
