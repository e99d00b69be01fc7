"""Keeps out of the tables what they can't hold of people, whatever a provider answers."""

from dataclasses import fields, replace
from typing import Any

from tenantry.core.records import DirectoryPage, DirectoryUser, InvalidRecord
from tenantry.core.texts import storable

LONGEST_ID = 64
_LONGEST_REFERENCE = 200
_MOST_LISTED = 500
_TEXTS = tuple(entry.name for entry in fields(DirectoryUser) if entry.type in {str, str | None, "str", "str | None"})
_LISTS = ("aliases", "licences")


def admit_people(page: DirectoryPage) -> DirectoryPage:
    """Return the page with every text storable; records without a usable id are among the invalid ones."""
    records = [person for person in page.records if _has_id(person)]
    invalid = [
        InvalidRecord(storable(person.external_id)[:_LONGEST_REFERENCE] or "row", "The person's id is not one.")
        for person in page.records
        if not _has_id(person)
    ]
    kept = [
        InvalidRecord(storable(each.reference)[:_LONGEST_REFERENCE], storable(each.reason)) for each in page.invalid
    ]
    return replace(page, records=tuple(map(admit_person, records)), invalid=(*kept, *invalid))


def _has_id(person: DirectoryUser) -> bool:
    return 0 < len(person.external_id) <= LONGEST_ID and person.external_id.isprintable()


def admit_person(person: DirectoryUser) -> DirectoryUser:
    """Return the person with every text storable, and lists of addresses and licences no longer than is sane."""
    odd: dict[str, Any] = {
        name: storable(value)
        for name in _TEXTS
        if isinstance(value := getattr(person, name), str) and not value.isprintable()
    }
    for name in _LISTS:
        listed = getattr(person, name)
        if listed is not None and (len(listed) > _MOST_LISTED or not all(map(str.isprintable, listed))):
            odd[name] = tuple(storable(each) for each in listed[:_MOST_LISTED])
    return replace(person, **odd) if odd else person
