"""CSV files to download that no spreadsheet takes for formulas."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from tempfile import SpooledTemporaryFile
from typing import cast

from django.http import FileResponse, HttpResponse

# A spreadsheet calculates what begins with one of these; blanks before it don't stop some of them.
_FORMULA = ("=", "+", "-", "@", "|", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_IN_MEMORY = 2_000_000


def harmless(value: object) -> str:
    """Return a value as text that stays text in a spreadsheet: with an apostrophe before what could be a formula."""
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    text = "" if value is None else str(value)
    return f"'{text}" if text.lstrip().startswith(_FORMULA) or text[:1] in {"\t", "\r", "\n"} else text


def csv_file(name: str, heads: Sequence[str], rows: Iterable[Sequence[object]]) -> HttpResponse:
    """Return the download ``name`` with these heads and rows.

    All of it is written before the answer begins: ``rows`` may read in the view's scope, and a slow reader holds no
    transaction. Large files wait on disk.
    """
    content = SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115  # the answer closes it when it was sent
    # The byte order mark lets Excel read UTF-8.
    text = io.TextIOWrapper(content, encoding="utf-8-sig", newline="", write_through=True)
    writer = csv.writer(text)
    writer.writerow(heads)
    writer.writerows([harmless(value) for value in row] for row in rows)
    text.detach()
    return _download(content, name, "text/csv; charset=utf-8")


def lines_file(name: str, lines: Iterable[str], *, content_type: str) -> HttpResponse:
    """Return the download ``name`` with these lines, written before the answer begins as those of :func:`csv_file`."""
    content = SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115  # same
    content.writelines(line.encode() for line in lines)
    return _download(content, name, content_type)


def json_array(items: Iterable[str]) -> Iterator[str]:
    """Yield the text of a JSON array of these items, a line each."""
    yield "[\n"
    for number, item in enumerate(items):
        yield f",\n{item}" if number else item
    yield "\n]\n"


def _download(content: SpooledTemporaryFile[bytes], name: str, content_type: str) -> HttpResponse:
    content.seek(0)
    answer = FileResponse(content, as_attachment=True, filename=name, content_type=content_type)
    return cast("HttpResponse", answer)  # views are typed by the common kind; Django treats both alike
