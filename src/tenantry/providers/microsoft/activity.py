"""The Partner Center's activity log, as far as it hints at what to read again.

Source: docs/reference/partner-center.md section 9. Old and new values are never looked at: they are not needed, and
may hold a first password.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from tenantry.core.hints import tenant_named
from tenantry.core.records import Ending, InvalidRecord
from tenantry.providers.errors import Malformed
from tenantry.providers.microsoft.answers import pick
from tenantry.providers.microsoft.calls import Calls
from tenantry.providers.microsoft.paging import PAGE_SIZE, Position, position_at, seek_page

_LONGEST_ID = 400
_MOST_PAGES = 200
_FRACTION = re.compile(r"(\.\d{1,6})\d*")


@dataclass(frozen=True, slots=True)
class ActivityRecord:
    """One thing that was done through the Partner Center. ``id`` is empty in old records."""

    id: str
    tenant_id: str
    operation: str
    at: datetime


def read_activity(calls: Calls, *, since: date, until: date, api: str) -> list[ActivityRecord]:
    """Return what succeeded from ``since`` to ``until``, both days included, oldest first.

    At most 30 days at once, at most 90 days back. Records that can't be read are left out: they are hints. Raises any
    ``ProviderError``.
    """
    query = f"startDate={since.isoformat()}&endDate={until.isoformat()}&size={PAGE_SIZE}"
    position, found = Position(query=query, place="auditrecords"), list[ActivityRecord]()
    for _ in range(_MOST_PAGES):
        here = position
        page = calls.get(
            here.path,
            lambda value, at=here: seek_page(value, at, _record_of, api=api),  # type: ignore[misc]  # a default of it
            correlation_id=here.correlation_id,
            headers=here.headers,
        )
        found += [each for each in page.records if each is not None]
        if page.ending is not Ending.MORE or page.cursor is None:
            return sorted(found, key=lambda record: record.at)
        position = position_at(page.cursor)
    raise Malformed("The activity log does not end.", where="auditrecords")


def _record_of(item: object, number: int) -> "ActivityRecord | InvalidRecord | None":
    if not isinstance(item, dict):
        return InvalidRecord(f"record {number}", "It is no object.")
    if str(pick(item, "operationStatus") or "").lower() != "succeeded":
        return None
    at = moment_of(pick(item, "operationDate"))
    if at is None:
        return InvalidRecord(f"record {number}", "It has no date.")
    known = pick(item, "id")
    return ActivityRecord(
        id=known[:_LONGEST_ID] if isinstance(known, str) else "",
        tenant_id=tenant_named(pick(item, "customerId")),
        operation=str(pick(item, "operationType") or "")[:100],
        at=at,
    )


def moment_of(value: Any) -> datetime | None:
    """Return the moment that an answer writes, which may have seven decimals; ``None`` when it is none."""
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(_FRACTION.sub(r"\1", value.strip()))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
