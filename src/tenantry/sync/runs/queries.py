"""Reads about runs: lists, numbers, changes, findings. All run in a marketplace's scope."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection as database
from django.db.models import Count, Max, Min, Q, QuerySet
from django.db.models.functions import TruncDate

from tenantry.listing import PAGE_SIZE, Order, Page, page_of
from tenantry.sync.models import Change, ChangeState, Feed, Finding, PendingCompany, Run, RunKind, RunState
from tenantry.sync.models.runs import LIVE_RUN
from tenantry.sync.runs.filters import RunFilter

NEWEST_FIRST = Order("created", "created_at", descending=True)
IN_ORDER = Order("id", "id")
BY_TIME = Order("time", "created_at")
_SEEN = ("people_seen", "tenants_seen", "records", "decisions", "undo")  # the first that a run counts
_NOT_DONE = [ChangeState.FAILED, ChangeState.STALE]
# From each kind to the next one through the index: a run may have a million changes of the same.
_KINDS = """
with recursive found (kind) as (
    (select kind from sync_change where run_id = %(run)s order by kind limit 1)
    union all
    select (
        select c.kind from sync_change c where c.run_id = %(run)s and c.kind > found.kind order by c.kind limit 1
    ) from found where found.kind is not null
)
select kind from found where kind is not null
"""


@dataclass(frozen=True, slots=True)
class Tally:
    """A run in numbers. ``changed``: changes applied, or in a preview those that would be."""

    seen: int = 0
    changed: int = 0
    skipped: int = 0
    failed: int = 0
    held: int = 0
    stale: int = 0


@dataclass(frozen=True, slots=True)
class RunPage:
    """One page of runs with their numbers."""

    page: Page[Run]
    tallies: Mapping[int, Tally]
    applied: RunFilter


def list_runs(filters: Mapping[str, Any], *, after: str = "", before: str = "", size: int = PAGE_SIZE) -> RunPage:
    """Return a page of runs, newest first. The number of queries does not depend on what there is."""
    applied = RunFilter(filters, _runs())
    page = page_of([applied.qs], NEWEST_FIRST, after=after, before=before, size=size)
    return RunPage(page, tallies_of(page.rows), applied)


def runs_narrowed(filters: Mapping[str, Any]) -> QuerySet[Run]:
    """Return all runs that fit the filters, newest first."""
    found: QuerySet[Run] = RunFilter(filters, _runs()).qs
    return found.order_by("-created_at", "-id")


def latest_runs(count: int) -> list[Run]:
    """Return the newest runs."""
    return list(_runs().order_by("-created_at", "-id")[:count])


def latest_syncs(count: int) -> list[Run]:
    """Return the newest runs that read a provider."""
    return list(_runs().filter(kind=RunKind.COMPANIES).order_by("-created_at", "-id")[:count])


def find_run(run_id: int) -> Run | None:
    """Return the run, or ``None`` when this marketplace has none with the id."""
    return _runs().filter(pk=run_id).first()


def _runs() -> QuerySet[Run]:
    return Run.objects.select_related("connection", "observation")


def tallies_of(runs: Iterable[Run]) -> dict[int, Tally]:
    """Return each run's numbers: those counted at its end, and for live ones what the rows say now."""
    runs = list(runs)
    live = [run.pk for run in runs if run.state in LIVE_RUN]
    counted: dict[int, dict[str, int]] = {}
    for run_id, state, count in (
        Change.objects.filter(run_id__in=live).values_list("run_id", "state").annotate(Count("id")) if live else ()
    ):
        counted.setdefault(run_id, {})[f"changes_{state}"] = count
    return {run.pk: _tally(run, _live_counters(run) | counted.get(run.pk, {})) for run in runs}


def _live_counters(run: Run) -> dict[str, int]:
    if run.state not in LIVE_RUN or run.observation is None:
        return dict(run.counters)
    seen = run.observation
    return {"records": seen.records, "records_invalid": seen.invalid, "details_failed": seen.details_failed}


def _tally(run: Run, counters: Mapping[str, int]) -> Tally:
    return Tally(
        seen=next((counters[name] for name in _SEEN if name in counters), 0),
        changed=counters.get("changes_planned" if run.preview else "changes_applied", 0),
        skipped=counters.get("people_skipped", counters.get("tenants_skipped", 0)),
        failed=sum(counters.get(name, 0) for name in ("records_invalid", "details_failed", "changes_failed")),
        held=counters.get("changes_held", 0),
        stale=counters.get("changes_stale", 0),
    )


@dataclass(frozen=True, slots=True)
class Day:
    """The runs that began on one day."""

    date: date
    done: int
    failed: int


def runs_per_day(*, now: datetime, days: int = 30) -> list[Day]:
    """Return the last days, oldest first, today included. Previews are no syncs and don't count."""
    first = now.date() - timedelta(days=days - 1)
    grouped = (
        Run.objects.filter(created_at__date__gte=first, created_at__gte=now - timedelta(days=days + 1), preview=False)
        .annotate(day=TruncDate("created_at"))
        .values_list("day")
        .annotate(
            done=Count("id", filter=Q(state=RunState.DONE)),
            failed=Count("id", filter=Q(state=RunState.FAILED)),
        )
    )
    found = {day: Day(day, done, failed) for day, done, failed in grouped}
    wanted = (first + timedelta(days=number) for number in range(days))
    return [found.get(day, Day(day, 0, 0)) for day in wanted]


def list_changes(
    run: Run,
    *,
    state: str = "",
    kind: str = "",
    words: str = "",
    after: str = "",
    before: str = "",
    size: int = PAGE_SIZE,
    kinds: Sequence[str] | None = None,
) -> Page[Change]:
    """Return a page of the run's changes in the order in which they were planned; see :func:`changes_of`.

    ``kinds`` are those of :func:`kinds_of_changes`, where the caller knows them. Without state and kind the page takes
    a query for each: that is how an index has the order.
    """
    rows = changes_of(run, state=state, kind=kind, words=words)
    parts = [rows]
    if not (state or kind):
        known = kinds_of_changes(run) if kinds is None else kinds
        parts = [rows.filter(kind=each) for each in known] or [rows.none()]
    return page_of(parts, IN_ORDER, after=after, before=before, size=size)


def changes_of(run: Run, *, state: str = "", kind: str = "", words: str = "") -> QuerySet[Change]:
    """Return the run's changes: of one state and kind, and about what is named so, where these are given.

    Each with the change that it takes back, if it does.
    """
    rows = Change.objects.filter(run=run).select_related("undoes")
    if state in ChangeState.values:
        rows = rows.filter(state=state)
    if kind:
        rows = rows.filter(kind=kind)
    if text := words.strip():
        rows = rows.filter(Q(subject_name__icontains=text) | Q(subject=text.lower()))
    return rows


def kinds_of_changes(run: Run) -> list[str]:
    """Return the kinds of changes that the run has. One query."""
    with database.cursor() as cursor:
        cursor.execute(_KINDS, {"run": run.pk})
        return sorted(row[0] for row in cursor.fetchall())


@dataclass(frozen=True, slots=True)
class Part:
    """The changes of one kind and state: how many, and from when to when they were planned and settled."""

    kind: str
    state: str
    count: int
    first: datetime
    last: datetime | None


def parts_of(run: Run) -> list[Part]:
    """Return what the run planned, by kind and state. One query."""
    rows = Change.objects.filter(run=run).order_by().values_list("kind", "state")
    return [Part(*row) for row in rows.annotate(Count("id"), Min("created_at"), Max("settled_at"))]


def list_failures(run: Run, *, after: str = "", before: str = "", size: int = PAGE_SIZE) -> Page[Change | Finding]:
    """Return a page of what did not go through: records that could not be used, changes that were not made."""
    parts: list[Any] = [_findings(run), Change.objects.filter(run=run, state__in=_NOT_DONE)]
    return page_of(parts, BY_TIME, after=after, before=before, size=size)


def _findings(run: Run) -> QuerySet[Finding]:
    """Return the observation's findings that are this marketplace's business.

    A feed that takes everything shows all. One that takes a part shows those of tenants which came in here:
    a record that nobody could read belongs to nobody's part, and may be another marketplace's customer.
    """
    findings = Finding.objects.filter(observation_id=run.observation_id or 0).select_related("tenant")
    feed = Feed.objects.filter(connection_id=run.connection_id or 0).first()
    narrow = feed is None or any((feed.countries, feed.domains, feed.indirect_resellers, feed.tenant_ids))
    return findings.filter(tenant_id__in=PendingCompany.objects.values("tenant_id")) if narrow else findings


def pending_of_tenants(tenant_ids: Iterable[int]) -> dict[int, int]:
    """Return the pending company of each of these tenants that has one here."""
    return dict(PendingCompany.objects.filter(tenant_id__in=list(tenant_ids)).values_list("tenant_id", "pk"))
