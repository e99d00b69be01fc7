from dataclasses import fields, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenantry.core.directory import content_hash, known_after
from tenantry.core.records import AdminLevel, DirectoryUser, PersonKind, Presence

texts = st.none() | st.text(alphabet=st.characters(exclude_categories=()), max_size=6)
lists = st.none() | st.lists(st.text(max_size=3), max_size=3).map(tuple)
flags = st.none() | st.booleans()
people = st.builds(
    DirectoryUser,
    external_id=st.just("1"),
    presence=st.sampled_from(Presence),
    user_name=texts,
    email=texts,
    aliases=lists,
    enabled=flags,
    kind=st.none() | st.sampled_from(PersonKind),
    admin=st.none() | st.sampled_from(AdminLevel),
    licences=lists,
)
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


@given(people, people)
def test_content_hashes_are_equal_exactly_when_the_readings_are(one: DirectoryUser, other: DirectoryUser) -> None:
    assert (content_hash(one) == content_hash(other)) == (one == other)


def test_the_hash_sees_every_part_but_the_last_sign_in() -> None:
    person = DirectoryUser("1")
    values: dict[str, Any] = {"presence": Presence.GONE, "aliases": (), "licences": (), "external_id": "2"}
    for entry in fields(DirectoryUser):
        other = replace(person, **{entry.name: values.get(entry.name, LONG_AGO)})
        assert (content_hash(other) == content_hash(person)) == (entry.name == "last_sign_in"), entry.name


@given(people, people)
def test_what_was_not_told_stays_and_what_was_told_wins(before: DirectoryUser, read: DirectoryUser) -> None:
    known = known_after(before, read)
    for entry in fields(DirectoryUser):
        told, was = getattr(read, entry.name), getattr(before, entry.name)
        assert getattr(known, entry.name) == (was if told is None else told)
    assert known_after(known, read) == known


def test_a_person_told_to_have_nothing_has_nothing() -> None:
    before = DirectoryUser("1", email="ada@a.example", aliases=("a@a.example",), licences=("sku",))
    known = known_after(before, DirectoryUser("1", email="", aliases=(), licences=()))
    assert (known.email, known.aliases, known.licences) == ("", (), ())


def test_somebody_who_came_back_is_no_longer_deleted_since_a_day() -> None:
    deleted = DirectoryUser("1", Presence.DELETED, deleted_at=LONG_AGO, first_name="Ada")
    back = known_after(deleted, DirectoryUser("1", user_name="ada@a.example"))
    assert (back.deleted_at, back.first_name, back.presence) == (None, "Ada", Presence.PRESENT)


def test_two_people_are_never_read_as_one() -> None:
    with pytest.raises(ValueError, match="different people"):
        known_after(DirectoryUser("1"), DirectoryUser("2"))
