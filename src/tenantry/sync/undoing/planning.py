"""Says what taking changes of a run back would do, and plans it: a run whose rows are the changes to take back.

In the marketplace's scope.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Count, QuerySet
from psycopg.types.json import Jsonb

from tenantry.audit.events import Actor
from tenantry.core.brakes import asks_before_removing
from tenantry.core.tenants import digest
from tenantry.core.undoing import NO_WAY, UNDO_FOR, ChangeFacts, Effect, why_not
from tenantry.isolation.bulk import insert_rows
from tenantry.sync.deciding.many import record_decisions
from tenantry.sync.deciding.selecting import MOST_AT_ONCE
from tenantry.sync.models import Change, ChangeState, Run, RunKind, Trigger
from tenantry.sync.models.runs import CHANGE_COLUMNS
from tenantry.sync.queue import enqueue_undo
from tenantry.sync.switches import read_limits
from tenantry.sync.undoing.held import REMOVES_COMPANY
from tenantry.sync.undoing.registry import kinds_with_a_way, way_for
from tenantry.sync.undoing.ways import UNDO_PREFIX, Planned, UndoRefused, plan_each

_BATCH = 1_000
_SAMPLES = 20
_MADE = [ChangeState.APPLIED, ChangeState.UNDONE]
_UNDER_WAY = "It is being taken back right now."
_GOING: Mapping[str, str] = {
    ChangeState.PLANNED: _UNDER_WAY,
    ChangeState.APPROVED: _UNDER_WAY,
    ChangeState.HELD: "Taking it back is held already: release it on the page Held, or reject it there.",
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Changes of a run: those that a person ticked, or (``ids`` ``None``) all of it."""

    run: Run
    ids: tuple[int, ...] | None = None

    def made(self) -> QuerySet[Change]:
        """Return those that were made, whether or not they were taken back since."""
        rows = Change.objects.filter(run=self.run, state__in=_MADE)
        return rows if self.ids is None else rows.filter(pk__in=self.ids)


@dataclass(frozen=True, slots=True)
class Judged:
    """A change with what taking it back would do."""

    change: Change
    planned: Planned

    @property
    def effect(self) -> Effect:
        """What it would do, in sentences."""
        return self.planned.effect

    @property
    def removes_company(self) -> bool:
        """Whether a company goes with it."""
        return self.change.kind in REMOVES_COMPANY and self.planned.details.get("creates", False)


@dataclass(frozen=True, slots=True)
class UndoForecast:
    """What taking changes back would do, before anything does.

    ``kinds`` counts by kind what will be taken back, ``refusals`` by reason what can't be, ``stays`` by sentence what
    of it can't. ``removes``: how many companies go. ``seen`` is a digest of exactly which changes will be taken back.
    """

    total: int
    doable: int
    kinds: Mapping[str, int]
    refusals: Mapping[str, int]
    stays: Mapping[str, int]
    removes: int
    samples: Sequence[Judged]
    refused: Sequence[Judged]
    seen: UUID


def can_be_undone(run: Run, *, now: datetime) -> bool:
    """Whether the run made something lately that there is a way to take back: worth asking what. One query."""
    made = Change.objects.filter(run=run, state=ChangeState.APPLIED, kind__in=kinds_with_a_way())
    return not run.preview and made.filter(settled_at__gte=now - UNDO_FOR).exists()


def forecast_undo(wanted: Wanted, *, actor: Actor, now: datetime) -> UndoForecast:
    """Say what would be taken back and what can't be, with a few of each. Writes nothing.

    Raises :class:`UndoRefused` when these are too many for once.
    """
    kinds: Counter[str] = Counter()
    refusals: Counter[str] = Counter(_without_a_way(wanted, now=now))
    stays: Counter[str] = Counter()
    samples: list[Judged] = []
    refused: list[Judged] = []
    ids: list[str] = []
    removes = 0
    for each in _judged(wanted, actor=actor, now=now):
        if each.effect.refusal:
            refusals[each.effect.refusal] += 1
            refused.append(each)
            del refused[_SAMPLES:]
            continue
        kinds[each.change.kind] += 1
        removes += each.removes_company
        stays.update(each.effect.stays)
        ids.append(str(each.change.pk))
        if len(samples) < _SAMPLES:
            samples.append(each)
    return UndoForecast(
        total=kinds.total() + refusals.total(), doable=kinds.total(), kinds=dict(kinds.most_common()),
        refusals=dict(refusals.most_common()), stays=dict(stays.most_common()),
        removes=removes, samples=samples, refused=refused, seen=digest(*ids),
    )  # fmt: skip


def _without_a_way(wanted: Wanted, *, now: datetime) -> dict[str, int]:
    """Return how many changes there are of kinds that are never taken back, by the reason. One query."""
    found: Counter[str] = Counter()
    rows = wanted.made().exclude(kind__in=kinds_with_a_way()).values_list("kind", "state").annotate(Count("id"))
    for kind, state, count in rows:
        undoing = kind.startswith(UNDO_PREFIX)
        facts = ChangeFacts(kind, state, now, preview=wanted.run.preview, undoing=undoing)
        found[why_not(facts, now=now) or NO_WAY] += count
    return dict(found)


def _judged(wanted: Wanted, *, actor: Actor, now: datetime) -> Iterator[Judged]:
    """Yield the changes that there is a way for, newest first, each judged."""
    rows = wanted.made().filter(kind__in=kinds_with_a_way())
    ids = list(rows.order_by("-pk").values_list("pk", flat=True)[: MOST_AT_ONCE + 1])
    if len(ids) > MOST_AT_ONCE:
        raise UndoRefused(f"These are more than {MOST_AT_ONCE:,} changes. Take them back in parts.")
    for start in range(0, len(ids), _BATCH):
        part = ids[start : start + _BATCH]
        changes = list(Change.objects.filter(pk__in=part).order_by("-pk"))
        planned = _plans(wanted.run, changes, actor=actor, now=now)
        yield from (Judged(change, planned[change.pk]) for change in changes)


def _plans(run: Run, changes: Sequence[Change], *, actor: Actor, now: datetime) -> dict[int, Planned]:
    going = Change.objects.filter(undoes__in=changes, state__in=_GOING)
    waiting = dict(going.values_list("undoes_id", "state"))
    found: dict[int, Planned] = {}
    left: list[Change] = []
    for change in changes:
        facts = ChangeFacts(change.kind, change.state, change.settled_at, preview=run.preview)
        refusal = why_not(facts, now=now) or _GOING.get(waiting.get(change.pk, ""), "")
        if refusal:
            found[change.pk] = Planned(Effect(refusal))
        else:
            left.append(change)
    return found | plan_each(left, way_for, actor, now)


@transaction.atomic
def start_undo(
    *, wanted: Wanted, seen: UUID, actor: Actor, now: datetime, typed: int | None = None, request_id: str = ""
) -> Run:
    """Plan to take back exactly what the person was shown, and put its job into the queue.

    ``typed`` is the number of companies that go, asked for when they are many. Raises :class:`UndoRefused` when what
    can be taken back is not what was ``seen`` any more, or when nothing can be.
    """
    Run.objects.select_for_update(of=("self",)).get(pk=wanted.run.pk)  # two people at once plan one after the other
    judged = [each for each in _judged(wanted, actor=actor, now=now) if each.effect.possible]
    if digest(*(str(each.change.pk) for each in judged)) != seen:
        raise UndoRefused("What can be taken back changed since you looked. Nothing was done: look at it once more.")
    if not judged:
        raise UndoRefused("None of this can be taken back.")
    removes = sum(each.removes_company for each in judged)
    if asks_before_removing(removes, read_limits()) and typed != removes:
        raise UndoRefused(f"This removes {removes:,} companies. Type that number to go on; nothing was done.")
    run = Run.objects.create(
        marketplace_id=wanted.run.marketplace_id, kind=RunKind.UNDO, trigger=Trigger.UNDO, complete=True,
        requested_by=actor.name[:200], created_at=now, counters={"undo": len(judged), "undo_of_run": wanted.run.pk},
    )  # fmt: skip
    rows = [_row(run, each, actor, now=now) for each in judged]
    insert_rows(Change, [*CHANGE_COLUMNS, "undoes_id", "subject_kind", "person_id"], rows)
    record_decisions(run, "requested", actor=actor, now=now, request_id=request_id)
    enqueue_undo(run.pk, run.marketplace_id)
    return run


def _row(run: Run, each: Judged, actor: Actor, *, now: datetime) -> tuple[object, ...]:
    change, planned = each.change, each.planned
    details = {**planned.details, "actor": [actor.kind.value, actor.name, actor.id]}
    reason = f"{actor.name} took back what run {change.run_id} did."
    return (
        run.marketplace_id, run.pk, change.tenant_id, f"{UNDO_PREFIX}{change.kind}", change.subject,
        change.subject_name, Jsonb(dict(planned.before)), Jsonb(dict(planned.after)), reason, ChangeState.PLANNED.value,
        "", Jsonb(details), now, change.pk, change.subject_kind, change.person_id,
    )  # fmt: skip
