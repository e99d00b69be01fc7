"""What the pages of a hold send: rows with the content that was seen, or all of them as one digest."""

import re
from uuid import UUID

from django.http import QueryDict

from tenantry.sync.holds.services import Selection

_ROW = re.compile(r"(\d{1,18}):([0-9a-f-]{36})")
_MOST_DIGITS = 9


def selection_in(data: QueryDict) -> Selection:
    """Read what was selected. What makes no sense is left out: it then counts as not selected."""
    rows: dict[int, UUID] = {}
    for text in data.getlist("row"):
        found = _ROW.fullmatch(text)
        content = _uuid(found[2]) if found else None
        if found and content is not None:
            rows[int(found[1])] = content
    return Selection(rows, _uuid(data.get("everything", "")))


def typed_number(data: QueryDict) -> int | None:
    """Return the number that a person typed, as they may write it (``2,960``, ``2 960``), or ``None``."""
    digits = re.sub(r"[\s.,']", "", data.get("typed", ""))
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= _MOST_DIGITS else None


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
