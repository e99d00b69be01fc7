"""Reads an import's file into planned lines: a batch of lines is one transaction, and nothing else is written."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

from psycopg.types.json import Jsonb

from tenantry.core.imports.planning import LineKind, PlannedLine, bad_line
from tenantry.core.imports.reading import FileKind, Layout, Record, first_line_of, read_layout, read_records
from tenantry.isolation.bulk import insert_rows
from tenantry.isolation.scope import marketplace_scope
from tenantry.marketplace.imports.existing import plan_records
from tenantry.marketplace.imports.files import kept_file
from tenantry.marketplace.models import Import, ImportLine, ImportState, LineState

BATCH = 2_000
_COLUMNS = "marketplace_id job_id number kind key subject before after reason state".split()


@dataclass(slots=True)
class _Reading:
    """A file on its way: what was counted, and on which line each key stood first."""

    import_id: int
    layout: Layout
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys((*LineKind, "lines"), 0))
    first_lines: dict[str, int] = field(default_factory=dict)


def read_import(
    import_id: int, *, marketplace_id: int, clock: Callable[[], datetime], should_stop: Callable[[], bool]
) -> bool:
    """Plan every line of the file; return False when stopped before the end: it then starts over."""
    with marketplace_scope(marketplace_id):
        content = kept_file(import_id)
        if content is None:
            return True
        ImportLine.objects.filter(job_id=import_id).delete()
    reading = _Reading(import_id, read_layout(first_line_of(content)))
    records = read_records(content, reading.layout)
    while batch := list(islice(records, BATCH)):
        if should_stop():
            return False
        with marketplace_scope(marketplace_id):
            if not _read_batch(reading, batch):
                return True
    with marketplace_scope(marketplace_id):
        _end_reading(import_id, now=clock())
    return True


def _read_batch(reading: _Reading, batch: list[Record]) -> bool:
    """Plan and store one batch; return whether the import still wants it."""
    job = Import.objects.select_for_update().defer("content").get(pk=reading.import_id)
    if job.state != ImportState.READING:
        return False
    plans = list(_planned(reading, batch))
    insert_rows(ImportLine, _COLUMNS, [_row(job, plan) for plan in plans if plan.kind is not LineKind.SAME])
    for plan in plans:
        reading.counts[plan.kind] += 1
    reading.counts["lines"] += len(plans)
    job.counters = {**job.counters, **{str(name): count for name, count in reading.counts.items()}}
    job.cursor = reading.counts["lines"]
    job.save(update_fields=["counters", "cursor"])
    return True


def _planned(reading: _Reading, batch: list[Record]) -> Iterator[PlannedLine]:
    good = [record for record in batch if not record.problem]
    plans = {plan.line: plan for plan in plan_records(FileKind(reading.layout.kind), good)}
    for record in batch:
        plan = bad_line(record, record.problem) if record.problem else plans[record.line]
        first = reading.first_lines.setdefault(plan.key, plan.line) if plan.key else plan.line
        if first != plan.line and plan.kind is not LineKind.BAD:
            plan = bad_line(record, f"Line {first:,} is about the same one already. This line was left out.")
        yield plan


def _row(job: Import, plan: PlannedLine) -> tuple[Any, ...]:
    state = LineState.BAD if plan.kind is LineKind.BAD else LineState.PLANNED
    return (
        job.marketplace_id, job.pk, plan.line, plan.kind.value, plan.key[:500], plan.subject[:500],
        None if plan.before is None else Jsonb(dict(plan.before)),
        None if plan.after is None else Jsonb(dict(plan.after)), plan.reason, state.value,
    )  # fmt: skip


def _end_reading(import_id: int, *, now: datetime) -> None:
    job = Import.objects.select_for_update().defer("content").get(pk=import_id)
    if job.state != ImportState.READING:
        return
    counts = job.counters
    job.counters = {**{str(name): 0 for name in (*LineKind, "lines")}, **counts}
    nothing = not (counts.get(LineKind.CREATE) or counts.get(LineKind.UPDATE))
    job.state = ImportState.DONE if nothing else ImportState.PLANNED
    job.ended_at = now if nothing else None
    job.content = None
    job.save(update_fields=["counters", "state", "ended_at", "content"])
