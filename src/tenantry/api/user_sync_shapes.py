"""Shapes of how the people of a company's tenants are read, and of what that adds up to."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from ninja import Schema

from tenantry.sync.models import PeopleReading
from tenantry.sync.people.queries import SyncedCounts

_READ = "api api_reason users_at licences_at people stale_since missing".split()


class ReadingTold(Schema):
    """How a tenant's people are read. Since ``stale_since`` they can't be: ``failure`` says why, and what to do."""

    tenant: str
    connection: str
    api: str
    api_reason: str
    users_at: datetime | None
    licences_at: datetime | None
    people: int
    stale_since: datetime | None
    failure: str
    missing: list[str]

    @classmethod
    def of(cls, row: PeopleReading) -> "ReadingTold":
        """Return a reading as an answer says it."""
        failure = row.failure or {}
        sentences = (str(failure.get(part, "")) for part in ("what", "next"))
        return cls(
            tenant=row.tenant.name, connection=row.connection.name, failure=" ".join(filter(None, sentences)),
            **{name: getattr(row, name) for name in _READ},
        )  # fmt: skip


class CompanyUserSync(Schema):
    """A company's people at one provider in numbers, and how they are read.

    ``assigned``: meant to come in; ``synced``: users here; ``pending``: not accepted; ``skipped``: left for a person.
    """

    assigned: int
    synced: int
    pending: int
    skipped: int
    readings: list[ReadingTold]

    @classmethod
    def of(cls, counts: SyncedCounts, readings: Sequence[PeopleReading]) -> "CompanyUserSync":
        """Return numbers and readings as an answer says them."""
        return cls(**asdict(counts), readings=[ReadingTold.of(row) for row in readings])
