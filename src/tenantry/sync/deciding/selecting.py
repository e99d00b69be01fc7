"""Which pending companies a decision on many is about, and what would become of each.

A selection is either the rows that a person ticked, or all that a filter shows; then it carries the count that the
person saw, so that nobody decides on more than was on the page.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db.models import QuerySet

from tenantry.core.matching import Certainty
from tenantry.sync.deciding.answering import OPEN_STATES
from tenantry.sync.deciding.hindering import NO_LINK, hindrances, strong_links
from tenantry.sync.deciding.refusals import DecisionRefused, why_not_link
from tenantry.sync.models import PendingCompany, PendingState
from tenantry.sync.pending.filters import PendingFilter
from tenantry.sync.pending.queries import TABS
from tenantry.sync.switches import CompanySyncSwitches

MOST_AT_ONCE = 100_000
_BATCH = 2_000
_SAMPLES = 8


class BulkAction(StrEnum):
    """What can be decided on many rows at once."""

    CREATE = "create"
    LINK = "link"
    IGNORE = "ignore"
    SNOOZE = "snooze"
    REOPEN = "reopen"


@dataclass(frozen=True, slots=True)
class Selection:
    """Rows by primary key, or (``ids`` ``None``) all of a tab that fit ``filters``."""

    ids: tuple[int, ...] | None = None
    tab: str = "pending"
    filters: Mapping[str, Any] = field(default_factory=dict)

    def rows(self, *, now: datetime) -> QuerySet[PendingCompany]:
        """Return the selected rows of this marketplace. In its scope."""
        if self.ids is not None:
            return PendingCompany.objects.filter(pk__in=self.ids)
        states = TABS.get(self.tab, TABS["pending"])
        found: QuerySet[PendingCompany] = PendingFilter(
            self.filters, PendingCompany.objects.filter(state__in=states), now=now
        ).qs
        return found


@dataclass(frozen=True, slots=True)
class Row:
    """One selected row: what would be done with it, or why not. ``company`` is the one that it would be linked to."""

    pending_id: int
    tenant_id: int
    external_id: str
    name: str
    state: str
    version: int
    company_id: int | None = None
    company_name: str = ""
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a decision on many rows would do: how many would be done, and the others by reason, with some names."""

    total: int
    doable: int
    refusals: Mapping[str, int]
    samples: Sequence[Row]


def forecast(selection: Selection, action: BulkAction, switches: CompanySyncSwitches, *, now: datetime) -> Forecast:
    """Say what the decision would do. Reads all rows in batches; writes nothing. Raises :class:`DecisionRefused`."""
    refusals: Counter[str] = Counter()
    samples: list[Row] = []
    total = doable = 0
    for rows in batches(selection, action, switches, now=now):
        total += len(rows)
        for row in rows:
            if row.refusal:
                refusals[row.refusal] += 1
                continue
            doable += 1
            if len(samples) < _SAMPLES:
                samples.append(row)
    return Forecast(total, doable, dict(refusals.most_common()), samples)


def batches(
    selection: Selection, action: BulkAction, switches: CompanySyncSwitches, *, now: datetime
) -> "list[list[Row]]":
    """Return the selected rows, judged, in batches and in order of their keys.

    Raises :class:`DecisionRefused` when there are more than :data:`MOST_AT_ONCE`.
    """
    found = selection.rows(now=now)
    ids = list(found.order_by("pk").values_list("pk", flat=True)[: MOST_AT_ONCE + 1])
    if len(ids) > MOST_AT_ONCE:
        raise DecisionRefused(f"These are more than {MOST_AT_ONCE:,} rows. Narrow the filter and decide in parts.")
    overall = why_not_link(switches) if action is BulkAction.LINK else ""
    parts = [ids[start : start + _BATCH] for start in range(0, len(ids), _BATCH)]
    return [_judged(part, action, overall) for part in parts]


def _judged(ids: list[int], action: BulkAction, overall: str) -> list[Row]:
    found = list(PendingCompany.objects.filter(pk__in=ids).select_related("tenant").order_by("pk"))
    links = strong_links(ids) if action is BulkAction.LINK else {}
    hindered = hindrances(ids) if action is BulkAction.CREATE else {}
    rows = []
    for pending in found:
        link = links.get(pending.pk, NO_LINK)
        refusal = overall or _refusal(pending, action) or (hindered.get(pending.pk) or "")
        if action is BulkAction.LINK:
            refusal = refusal or link.refusal
        only = link.company if not refusal else None
        rows.append(
            Row(
                pending.pk, pending.tenant_id, pending.tenant.external_id, pending.name, pending.state, pending.version,
                only.pk if only else None, only.name if only else "", refusal,
            )
        )  # fmt: skip
    return rows


def _refusal(pending: PendingCompany, action: BulkAction) -> str:
    if action is BulkAction.REOPEN:
        reopens = pending.state in {PendingState.IGNORED, PendingState.SNOOZED}
        return "" if reopens else "Neither ignored nor snoozed."
    if pending.state not in OPEN_STATES:
        return f"Decided or gone already: {pending.get_state_display()}."
    return _not_creatable(pending) if action is BulkAction.CREATE else ""


def _not_creatable(pending: PendingCompany) -> str:
    if not pending.contact_email:
        unread = "details_not_read" in pending.problems
        return "Details not read yet." if unread else "No primary contact with an e-mail address: add one by hand."
    if pending.certainty >= Certainty.STRONG:
        return "Looks like a company that is here already: decide by hand."
    return ""
