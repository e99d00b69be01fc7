"""Takes a CSV file apart: its layout from the first line, then record by record, with the line each begins on.

A broken record costs itself and nothing else: the next line is read as if it had not been there.
"""

import csv
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from io import BytesIO

LONGEST_RECORD = 20_000
MOST_LINES_OF_A_RECORD = 50
_DELIMITERS = (",", ";", "\t")
_BYTE_ORDER_MARK = "\ufeff"
# A spreadsheet's export writes an apostrophe before what would be a formula; ours does, too.
_FORMULA_MARKS = ("'=", "'+", "'-", "'@")


class FileKind(StrEnum):
    """What the lines of a file are about."""

    COMPANIES = "companies"
    PEOPLE = "people"


COLUMNS: Mapping[FileKind, tuple[str, ...]] = {
    FileKind.COMPANIES: (
        "external_id", "name", "country", "domains", "registration_number", "tenant_ids", "phone", "website",
        "address_line1", "address_line2", "city", "region", "postal_code",
        "contact_name", "contact_email", "contact_phone",
    ),
    FileKind.PEOPLE: ("company_external_id", "email", "first_name", "last_name", "role", "phone", "language"),
}  # fmt: skip
REQUIRED: Mapping[FileKind, tuple[str, ...]] = {
    FileKind.COMPANIES: ("external_id", "name"),
    FileKind.PEOPLE: ("company_external_id", "email"),
}


class FileUnreadable(Exception):
    """The file as a whole can't be used. The message is a sentence that says what to do."""


@dataclass(frozen=True, slots=True)
class Layout:
    """What the first line says: kind of file, delimiter, and the name of each column ("" is not ours)."""

    kind: FileKind
    delimiter: str
    names: tuple[str, ...]
    unknown: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Record:
    """One record: the number of its first line in the file (the heading is 1), and its values or its problem."""

    line: int
    values: Mapping[str, str]
    problem: str = ""


def read_layout(first_line: str) -> Layout:
    """Return what the heading says. Raises :class:`FileUnreadable`."""
    text = first_line.lstrip(_BYTE_ORDER_MARK).rstrip("\r\n")
    if not text.strip():
        raise FileUnreadable("The file is empty. Its first line must name the columns.")
    delimiter = max(_DELIMITERS, key=text.count)
    try:
        named = [name.strip().lower().replace(" ", "_") for name in next(csv.reader([text], delimiter=delimiter))]
    except csv.Error as error:
        raise FileUnreadable(f"The first line can't be read as column names: {error}.") from error
    kind = FileKind.PEOPLE if "company_external_id" in named else FileKind.COMPANIES
    missing = [name for name in REQUIRED[kind] if name not in named]
    if missing:
        raise FileUnreadable(
            f"The first line does not name the column {' and '.join(missing)}. "
            f"A file of {kind.value} has the columns {', '.join(COLUMNS[kind])}; "
            "those that are not required may be left out."
        )
    repeated = sorted({name for name in named if name in COLUMNS[kind] and named.count(name) > 1})
    if repeated:
        raise FileUnreadable(f"The first line names the column {' and '.join(repeated)} more than once.")
    names = tuple(name if name in COLUMNS[kind] else "" for name in named)
    return Layout(kind, delimiter, names, tuple(name for name in named if name and name not in COLUMNS[kind]))


def first_line_of(data: bytes) -> str:
    """Return the heading of a file. Raises :class:`FileUnreadable` for what is no text in UTF-8."""
    line = data.split(b"\n", 1)[0]
    try:
        return line.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileUnreadable(
            "The file is not text in UTF-8. In a spreadsheet choose 'CSV UTF-8' when saving it."
        ) from error


def read_records(data: bytes, layout: Layout) -> Iterator[Record]:
    """Yield the records behind the heading. Empty lines are passed over. Never keeps more than a record of its own."""
    lines = iter(BytesIO(data))
    next(lines, None)  # the heading
    waiting: deque[bytes] = deque()
    number = 2
    while taken := _lines_of_record(waiting, lines):
        piece = b"".join(taken).removesuffix(b"\n")
        if piece.strip():
            yield _record(number, piece, layout)
        number += len(taken)


def _lines_of_record(waiting: deque[bytes], lines: Iterator[bytes]) -> list[bytes]:
    """Take the next record's lines: quotes come in pairs. One whose quotes never close has one; the others wait."""
    taken: list[bytes] = []
    quotes, length = 0, 0
    while len(taken) < MOST_LINES_OF_A_RECORD and length <= LONGEST_RECORD:
        line = waiting.popleft() if waiting else next(lines, b"")
        if not line:
            break
        taken.append(line)
        quotes += line.count(b'"')
        length += len(line)
        if quotes % 2 == 0:
            return taken
    waiting.extendleft(reversed(taken[1:]))
    return taken[:1]


def _record(line: int, piece: bytes, layout: Layout) -> Record:
    if len(piece) > LONGEST_RECORD:
        return Record(line, {}, f"The line is longer than {LONGEST_RECORD:,} bytes.")
    try:
        text = piece.decode().rstrip("\r")
    except UnicodeDecodeError:
        return Record(line, {}, "The line is not text in UTF-8.")
    if "\x00" in text:
        return Record(line, {}, "The line contains a zero character.")
    try:
        cells = next(csv.reader(text.splitlines(keepends=True), delimiter=layout.delimiter, strict=True))
    except (csv.Error, StopIteration) as error:
        return Record(line, {}, f"The quotes of this line do not pair up ({error}).")
    if len(cells) > len(layout.names) and any(cell.strip() for cell in cells[len(layout.names) :]):
        return Record(line, {}, f"The line has {len(cells)} values, but the heading names {len(layout.names)} columns.")
    values = {name: _bare(cell) for name, cell in zip(layout.names, cells, strict=False) if name}
    return Record(line, values)


def _bare(cell: str) -> str:
    value = cell.strip()
    return value[1:] if value.startswith(_FORMULA_MARKS) else value
