"""The two lists of ``tenantry match``: which columns there may be, and what makes a file unusable."""

import csv
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from tenantry.core.matching import Candidate, Subject

MOST_CELL = 20_000
_SEPARATORS = ",;\t|"
_LIST = re.compile(r"[\s;,|]+")

# Our name for a column: what spreadsheets and exports call it.
COLUMNS: Mapping[str, str] = {
    "name": "name company companyname displayname customername organisation organization company_name display_name",
    "id": "id externalid external_id",
    "country": "country countrycode country_code",
    "city": "city town",
    "postcode": "postcode postalcode postal_code zip zipcode zip_code",
    "address": "address street addressline1 address_line_1 line1",
    "phone": "phone phonenumber phone_number telephone",
    "email": "email mail contactemail contact_email e-mail",
    "domain": "domain domains website defaultdomain default_domain primarydomain primary_domain domainname",
    "registration": "registration registrationnumber registration_number companyregistrationnumber vat vatnumber "
    "vat_number",
    "tenant_ids": "tenant_ids tenant_id tenantid tenants known_tenants customerid customer_id microsoftid",
}
_CALLED = {alias.replace("_", "").replace("-", ""): ours for ours, names in COLUMNS.items() for alias in names.split()}


class UnusableFile(Exception):
    """A file that cannot be matched: ``what`` is wrong with it, and the ``next_step``."""

    def __init__(self, what: str, next_step: str) -> None:
        super().__init__(what)
        self.what = what
        self.next_step = next_step


Record = TypeVar("Record")


@dataclass(slots=True)
class Listing(Generic[Record]):
    """What a file held: ``records`` with the ``lines`` they end on, rows left out and why, columns not read."""

    path: Path
    records: list[Record]
    lines: list[int]
    skipped: list[str]
    unread: list[str]


def read_tenants(path: Path) -> Listing[Subject]:
    """Read tenants. Raises :class:`UnusableFile`."""
    return _read(path, _tenant, {**_CALLED, **{alias: "id" for alias, ours in _CALLED.items() if ours == "tenant_ids"}})


def read_companies(path: Path) -> Listing[Candidate]:
    """Read companies. Ids must differ; rows without one are known by their line. Raises :class:`UnusableFile`."""
    listing = _read(path, _company, _CALLED)
    seen: dict[str, int] = {}
    for line, company in zip(listing.lines, listing.records, strict=True):
        if company.id in seen:
            raise UnusableFile(
                f"{path}: the id {company.id!r} stands on line {seen[company.id]} and again on line {line}.",
                "Give each company an id of its own, or leave the column out.",
            )
        seen[company.id] = line
    return listing


def _read(path: Path, make: Callable[[Mapping[str, str], int], Record], called: Mapping[str, str]) -> Listing[Record]:
    text = _text_of(path)
    csv.field_size_limit(MOST_CELL)
    lines = text.splitlines()
    rows = csv.reader(text.splitlines(keepends=True), delimiter=_separator(lines[0] if lines else ""))
    try:
        columns, unread = _columns(path, next(rows, []), called)
        listing: Listing[Record] = Listing(path, [], [], [], unread)
        for cells in rows:
            _take(listing, columns, cells, rows.line_num, make)
    except csv.Error as fault:
        raise UnusableFile(
            f"{path}: line {rows.line_num} is no CSV: {fault}.", "Export it again as CSV in UTF-8."
        ) from fault
    if not listing.records:
        raise UnusableFile(
            f"{path} has no row with a name.", "Export the list again; the first line names the columns."
        )
    return listing


def _text_of(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except OSError as fault:
        raise UnusableFile(
            f"{path} cannot be read: {fault.strerror}.", "Check the path and its permissions."
        ) from fault
    except UnicodeDecodeError as fault:
        raise UnusableFile(
            f"{path} is not UTF-8: byte {fault.start} is no character.", "Save it as CSV in UTF-8 and try again."
        ) from fault


def _separator(first_line: str) -> str:
    return max(_SEPARATORS, key=first_line.count)


def _columns(path: Path, header: list[str], called: Mapping[str, str]) -> tuple[dict[str, int], list[str]]:
    columns: dict[str, int] = {}
    unread = []
    for at, title in enumerate(header):
        ours = called.get(re.sub(r"[\s_-]+", "", title.strip().casefold()))
        if ours is None:
            unread.append(title.strip() or f"number {at + 1}")
        elif ours in columns:
            raise UnusableFile(
                f"{path}: the columns {header[columns[ours]]!r} and {title!r} both mean {ours}.", "Remove one of them."
            )
        else:
            columns[ours] = at
    if "name" not in columns:
        found = ", ".join(title.strip() for title in header if title.strip())
        raise UnusableFile(
            f"{path} has no column for the name" + (f"; it has {found[:200]}." if found else ": it is empty."),
            "Name a column 'name' in the first line.",
        )
    return columns, unread


def _take(
    listing: Listing[Record],
    columns: Mapping[str, int],
    cells: list[str],
    line: int,
    make: Callable[[Mapping[str, str], int], Record],
) -> None:
    if not any(cell.strip() for cell in cells):
        return
    row = {ours: cells[at].strip() if at < len(cells) else "" for ours, at in columns.items()}
    if not row["name"]:
        listing.skipped.append(f"line {line} was left out: it has no name.")
        return
    listing.records.append(make(row, line))
    listing.lines.append(line)


def _tenant(row: Mapping[str, str], line: int) -> Subject:
    del line  # a tenant needs no id to be matched
    return Subject(
        external_id=row.get("id", ""), name=row["name"], domains=_several(row.get("domain", "")),
        country=row.get("country", ""),
        city=row.get("city", ""), postal_code=row.get("postcode", ""), street=row.get("address", ""),
        phone=row.get("phone", ""), contact_email=row.get("email", ""), registration_number=row.get("registration", ""),
    )  # fmt: skip


def _company(row: Mapping[str, str], line: int) -> Candidate:
    return Candidate(
        id=row.get("id", "") or f"line {line}", name=row["name"], domains=_several(row.get("domain", "")),
        country=row.get("country", ""), city=row.get("city", ""), postal_code=row.get("postcode", ""),
        street=row.get("address", ""), phone=row.get("phone", ""), contact_email=row.get("email", ""),
        registration_number=row.get("registration", ""), tenant_ids=frozenset(_several(row.get("tenant_ids", ""))),
    )  # fmt: skip


def _several(cell: str) -> tuple[str, ...]:
    return tuple(part for part in _LIST.split(cell) if part)
