"""Tables as CSV that are too long to be written before the answer begins: streamed as they are read."""

import csv
from collections.abc import Iterable, Iterator, Sequence

from django.http import StreamingHttpResponse

from tenantry.web.csv_files import harmless


class _Echo:
    """A file that gives back what is written to it."""

    def write(self, value: str) -> str:
        """Return what would be written."""
        return value


def csv_answer(name: str, head: Sequence[str], rows: Iterable[Sequence[object]]) -> StreamingHttpResponse:
    """Return a download of these rows, written as they come. UTF-8 with a byte-order mark, which spreadsheets want."""
    answer = StreamingHttpResponse(_lines(head, rows), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    answer["Cache-Control"] = "no-store"
    return answer


def _lines(head: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield "\N{BYTE ORDER MARK}" + writer.writerow(head)
    for row in rows:
        yield writer.writerow([harmless(value) for value in row])
