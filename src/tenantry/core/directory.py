"""People of a directory over time: what is known after another reading, and whether anything differs."""

import hashlib
from dataclasses import fields, replace
from datetime import datetime
from operator import attrgetter
from uuid import UUID

from tenantry.core.records import DirectoryUser

# What moves without a person or a rule having changed anything: never a reason to write a row.
_NOT_CONTENT = frozenset({"last_sign_in"})
_CONTENT = tuple(entry.name for entry in fields(DirectoryUser) if entry.name not in _NOT_CONTENT)
_content_of = attrgetter(*_CONTENT)
_UNKNOWN = "1:?"


def known_after(before: DirectoryUser, read: DirectoryUser) -> DirectoryUser:
    """Return what is known of a person after ``read``: what was not told stays as it was known.

    Raises ``ValueError`` when the two are not the same person.
    """
    if before.external_id != read.external_id:
        raise ValueError("Two different people cannot be read as one.")
    kept = {entry.name: getattr(before, entry.name) for entry in fields(read) if getattr(read, entry.name) is None}
    if read.presence is not before.presence:
        kept.pop("deleted_at", None)  # somebody who came back is no longer deleted since some day
    return replace(read, **kept)


def content_hash(person: DirectoryUser) -> UUID:
    """Return a digest that is equal exactly when the readings are, apart from the last sign-in."""
    content = "".join([_UNKNOWN if value is None else _sized(_text(value)) for value in _content_of(person)])
    return UUID(hashlib.blake2b(content.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest())


def _sized(text: str) -> str:
    return f"{len(text)}:{text}"


def _text(value: object) -> str:
    if isinstance(value, tuple):
        return "+" + "".join([f"{len(part)}:{part}" for part in map(str, value)])
    if isinstance(value, datetime):
        return f"={value.isoformat()}"
    return f"={value}"
