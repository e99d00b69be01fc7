"""The development data of matching: rows of references and queries, made into values, and split honestly.

Queries of the same company stay on the same side of a split. Which half they fall in depends on their key and
the round alone.
"""

import csv
import gzip
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tenantry.core.matching import Candidate, Subject

Row = dict[str, str]


@dataclass(frozen=True, slots=True)
class Task:
    """One measurement: which files, which fields a matcher may read, and which kinds of queries count."""

    name: str
    references: str
    queries: str
    fields: tuple[str, ...]
    kinds: tuple[str, ...] = ()

    def counts(self, query: Row) -> bool:
        """Whether a query belongs to the measurement: one that a name can carry, or one without an answer."""
        return not query["truth"] or not self.kinds or query["kind"] in self.kinds


_ALL = ("country", "city", "postcode", "address", "phone", "email", "domain")
ORGANISATIONS = Task(
    "organisations, name and country",
    "organisations-reference",
    "organisations-queries",
    ("country",),
    ("lexical", "trivial"),
)
COMPANIES = Task("companies, all fields, 10k", "companies-reference-10k", "companies-queries", _ALL)
COMPANIES_100K = Task("companies, all fields, 100k", "companies-reference-100k", "companies-queries", _ALL)


def read_rows(folder: Path, file: str) -> list[Row]:
    """Read one of the compressed files."""
    with gzip.open(folder / f"{file}.csv.gz", "rt", encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def restrict(rows: Sequence[Row], fields: Sequence[str]) -> list[Row]:
    """Return the rows with every field blank that a matcher may not read."""
    kept = {"id", "name", "truth", "kind", *fields}
    return [{key: value if key in kept else "" for key, value in row.items()} for row in rows]


def candidate_of(row: Row) -> Candidate:
    """Return a reference as a company."""
    return Candidate(
        id=row["id"], name=row["name"], domains=(row["domain"],) if row.get("domain") else (), country=row["country"],
        city=row["city"], postal_code=row.get("postcode", ""), street=row.get("address", ""), phone=row.get("phone",
        ""),
        contact_email=row.get("email", ""),
    )  # fmt: skip


def subject_of(row: Row) -> Subject:
    """Return a query as a tenant. Its domain is the default one: that is all a listing shows."""
    return Subject(
        name=row["name"], default_domain=row.get("domain", ""), country=row["country"], city=row["city"],
        postal_code=row.get("postcode", ""), street=row.get("address", ""), phone=row.get("phone", ""),
        contact_email=row.get("email", ""),
    )  # fmt: skip


def in_report(query: Row, round_: int) -> bool:
    """Whether a query is held out in this round; otherwise weights and thresholds may be learned from it."""
    key = query["truth"] or query.get("domain") or query["name"].casefold()
    return hashlib.blake2b(f"{round_}:{key}".encode(), digest_size=2).digest()[0] % 2 == 0
