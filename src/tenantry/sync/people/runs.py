"""The life of a run of User Sync: asked for, begun, counted, ended. Each step is one transaction and safe to repeat."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection as database
from django.db.models import Count, Q, Sum

from tenantry.audit.events import SYSTEM, Actor
from tenantry.connections.models import Connection
from tenantry.isolation.bulk import insert_rows
from tenantry.isolation.scope import marketplace_scope
from tenantry.sync.models import (
    Change,
    ChangeState,
    Run,
    RunKind,
    RunState,
    RunTenant,
    RunTenantState,
    Trigger,
    UserSyncSettings,
)
from tenantry.sync.models.runs import LIVE_RUN
from tenantry.sync.people.linked import linked_tenants
from tenantry.sync.people.purging import fill_again
from tenantry.sync.telling import record_run
from tenantry.sync.user_settings import read_user_sync

_SUMS = ("records", "invalid", "repeated", "people", "unchanged", "skipped", "with_changes")
_COLUMNS = "marketplace_id run_id tenant_id company_id state".split()
_VERBS = {
    RunState.DONE: "finished",
    RunState.PREVIEWED: "previewed",
    RunState.FAILED: "failed",
    RunState.CANCELLED: "cancelled",
}
_SOONER = {Trigger.PERSON: 0, Trigger.FORCE: 1}
SWITCHED_OFF = "User Sync was switched off."


@dataclass(frozen=True, slots=True)
class PeopleRun:
    """A live run of User Sync, as found across marketplaces by the named look-up."""

    run_id: int
    marketplace_id: int
    company_id: int | None
    state: str
    preview: bool


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody asks for: of one company, of one person, or of everything that the connection sees."""

    actor: Actor
    trigger: Trigger
    preview: bool = False
    company_id: int | None = None
    person_id: int | None = None


def live_people_runs(connection_id: int) -> list[PeopleRun]:
    """Return the live runs of a connection in all marketplaces: those of one company first, then the oldest."""
    with database.cursor() as cursor:
        cursor.execute(
            "select run_id, marketplace_id, company_id, state, preview from live_people_runs(%s)", [connection_id]
        )
        runs = [PeopleRun(*row) for row in cursor.fetchall()]
    return sorted(runs, key=lambda run: (run.company_id is None, run.run_id))


def create_people_run(*, marketplace_id: int, connection_id: int, wish: Wish, now: datetime) -> Run:
    """Create a run with a row for each tenant it reads, or return the live one that does the same. In the scope.

    A hint joins only a run that has not begun: one that reads already may be past what the hint is about.
    """
    states = {RunState.WAITING} if wish.trigger == Trigger.HINT else LIVE_RUN
    same = Run.objects.filter(
        _nullable("company_id", wish.company_id), _nullable("person_id", wish.person_id), kind=RunKind.PEOPLE,
        connection_id=connection_id, preview=wish.preview, state__in=states, cancel_requested_at=None,
    ).first()  # fmt: skip
    if same is not None:
        return same
    run = Run.objects.create(
        marketplace_id=marketplace_id, kind=RunKind.PEOPLE, connection_id=connection_id, company_id=wish.company_id,
        person_id=wish.person_id, trigger=wish.trigger, preview=wish.preview, requested_by=wish.actor.name[:200],
        created_at=now,
    )  # fmt: skip
    tenants = {} if wish.person_id else linked_tenants(connection_id, company_id=wish.company_id)
    fill_again(list(tenants), changed_at=_changed_at(connection_id))
    rows = [
        (marketplace_id, run.pk, each.tenant_id, each.company_id, RunTenantState.WAITING.value)
        for each in tenants.values()
    ]
    insert_rows(RunTenant, _TENANT_COLUMNS, [(*row, *_NOTHING) for row in rows])
    record_run(run, "requested", ("state", "preview", "trigger", "kind"), actor=wish.actor, now=now)
    return run


def _changed_at(connection_id: int) -> datetime | None:
    """Return when the settings of the connection's provider were saved last."""
    provider = Connection.objects.filter(pk=connection_id).values("provider")
    rows = UserSyncSettings.objects.filter(provider__in=provider)
    return rows.values_list("changed_at", flat=True).first()


def _nullable(name: str, value: int | None) -> Q:
    return Q(**{f"{name}__isnull": True}) if value is None else Q(**{name: value})


_COUNTS = "complete plan_cursor records invalid repeated people unchanged skipped with_changes attempts".split()
_TENANT_COLUMNS = [*_COLUMNS, *_COUNTS]
_NOTHING = (False, *([0] * (len(_COUNTS) - 1)))


def should_end_people(run: PeopleRun) -> bool:
    """Whether the run is to stop: somebody asked for it, or User Sync was switched off (a preview goes on)."""
    with marketplace_scope(run.marketplace_id):
        found = Run.objects.select_related("connection").get(pk=run.run_id)
        if found.cancel_requested_at is not None or found.state not in LIVE_RUN:
            return True
        return not (run.preview or is_on(found))


def is_on(run: Run) -> bool:
    """Whether User Sync of the run's provider is allowed and on. In the scope."""
    return any(
        switches.on for provider, switches in read_user_sync().items()
        if run.connection is not None and provider == run.connection.provider
    )  # fmt: skip


def begin_people_run(run: PeopleRun) -> None:
    """Note that the run is under way."""
    with marketplace_scope(run.marketplace_id):
        Run.objects.filter(pk=run.run_id, state=RunState.WAITING).update(state=RunState.LISTING)


def end_people_run(
    run: PeopleRun, *, state: RunState, now: datetime, failure: dict[str, Any] | None = None, note: str = ""
) -> None:
    """End a run: count it from its rows, cancel what is still planned, and record that. Safe to repeat."""
    with marketplace_scope(run.marketplace_id):
        row = Run.objects.select_for_update(of=("self",)).select_related("connection").get(pk=run.run_id)
        if row.state not in LIVE_RUN:
            return
        if not row.preview:
            left = Change.objects.filter(run=row, state=ChangeState.PLANNED)
            left.update(state=ChangeState.CANCELLED, settled_at=now)
        if state is RunState.CANCELLED and not note and row.cancel_requested_at is None and not is_on(row):
            note = SWITCHED_OFF
        row.state, row.ended_at, row.listed_at, row.failure, row.note = state, now, row.listed_at or now, failure, note
        row.counters = count_people(row)
        ended_well = state in {RunState.DONE, RunState.PREVIEWED}
        row.suspect = check_people_sums(row.counters) if ended_well else ""
        row.complete = ended_well and not RunTenant.objects.filter(run=row, complete=False).exists()
        row.save()
        reason = note or (failure or {}).get("what", "")
        record_run(row, _VERBS[state], ("state", "preview", "trigger", "kind"), actor=SYSTEM, now=now, reason=reason)


def count_people(run: Run) -> dict[str, int]:
    """Count the run from its rows. In the scope."""
    rows = RunTenant.objects.filter(run=run)
    sums = rows.aggregate(**{f"sum_{name}": Sum(name) for name in _SUMS})
    found = {name: sums[f"sum_{name}"] or 0 for name in _SUMS}
    states = dict(rows.values_list("state").annotate(count=Count("id")))
    changes = dict(Change.objects.filter(run=run).values_list("state").annotate(count=Count("id")))
    return {
        "records": found["records"],
        "records_invalid": found["invalid"],
        "records_repeated": found["repeated"],
        "people_seen": found["people"],
        "people_unchanged": found["unchanged"],
        "people_skipped": found["skipped"],
        "people_with_changes": found["with_changes"],
        "tenants_total": sum(states.values()),
        "tenants_read": states.get(RunTenantState.DONE, 0),
        "tenants_unreadable": states.get(RunTenantState.FAILED, 0),
        "tenants_waiting": states.get(RunTenantState.WAITING, 0) + states.get(RunTenantState.READ, 0),
        "changes": sum(changes.values()),
        **{f"changes_{state}": count for state, count in changes.items()},
    }


def check_people_sums(counters: dict[str, int]) -> str:
    """Return a sentence about the first sum that does not hold, or an empty string."""
    valid = counters["records"] - counters["records_invalid"] - counters["records_repeated"]
    if valid != counters["people_seen"]:
        return f"{valid} valid records were read, but {counters['people_seen']} people were seen."
    known = sum(counters[f"people_{kind}"] for kind in ("unchanged", "skipped", "with_changes"))
    if known != counters["people_seen"]:
        return f"{counters['people_seen']} people were seen, but {known} were accounted for."
    return ""
