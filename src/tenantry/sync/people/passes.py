"""Plans and applies the tenants of a run that were read, a handful or a part of a long one at a time."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection as database

from tenantry.audit.events import SYSTEM
from tenantry.core.planning.users.planning import PlannedUser, UserChangeKind
from tenantry.core.planning.users.reasons import Verdict, verdict_of
from tenantry.core.planning.users.views import DirectoryPerson
from tenantry.isolation.bulk import update_rows
from tenantry.isolation.scope import marketplace_scope
from tenantry.sync.models import Run, RunTenant, RunTenantState
from tenantry.sync.people.applying import apply_next
from tenantry.sync.people.linked import end_strays, linked_tenants
from tenantry.sync.people.planning import decide_people, read_rulebook, store_plan
from tenantry.sync.people.runs import PeopleRun
from tenantry.sync.people.views import LinkedTenant, SharedAddresses, next_people
from tenantry.sync.people.worklist import read_tenants
from tenantry.sync.runs.locking import goes_on, lock_live_run

PART = 1_000
"""So many people of one long tenant are planned at once."""
MOST = 20_000
_MOST_PASSES = 4
_FOLLOWED = {
    UserChangeKind.JOIN,
    UserChangeKind.REACTIVATE,
}  # whoever was linked just now is brought up to date at once
_AT_ONCE = 48
Clock = Callable[[], datetime]
_ON_PAGES = """
select o.tenant_id, p.row_ids from sync_observationpage p join sync_observation o on o.id = p.observation_id
where o.id = any(%s) and p.generation = o.generation
"""
_PRESENT = """
select tenant_id, id from sync_directoryuser
where tenant_id = any(%s) and presence = 'present' and missing_since is null and left_at is null
"""
_SIZES = """
select tenant_id from sync_directoryuser where tenant_id = any(%s) group by tenant_id having count(*) > %s
"""


@dataclass(slots=True)
class Tally:
    """What the people of one tenant, as far as they were seen, came to. All others of them are skipped."""

    unchanged: int = 0
    with_changes: int = 0


def plan_read(
    run: PeopleRun, *, clock: Clock, should_stop: Callable[[], bool], shared: SharedAddresses
) -> bool:  # fmt: skip
    """Plan and apply all tenants of the run that were read; return whether there were any. Stops between parts."""
    found = False
    while not should_stop() and _goes_on(run) and (readings := read_tenants(run, limit=_AT_ONCE)):
        found = True
        long = _too_long(readings)
        whole = {tenant: reading for tenant, reading in readings.items() if tenant not in long}
        if whole:
            _plan_whole(run, _seen(whole), clock=clock, shared=shared)
        for tenant in long:
            seen = _seen({tenant: readings[tenant]})[tenant]
            while not should_stop() and not _plan_part(run, tenant, seen, clock=clock, shared=shared):
                pass
    return found


def _goes_on(run: PeopleRun) -> bool:
    with marketplace_scope(run.marketplace_id):
        return goes_on(run.run_id)


def _plan_whole(
    run: PeopleRun, seen: Mapping[int, Collection[int]], *, clock: Clock, shared: SharedAddresses
) -> None:  # fmt: skip
    """Plan and apply tenants whose people fit into one part. ``seen``: who was in each listing, by tenant."""
    for number in range(_MOST_PASSES):
        with marketplace_scope(run.marketplace_id):
            row = lock_live_run(run.run_id)
            if row is None:
                return
            tenants = linked_tenants(row.connection_id or 0, only=seen)
            if number == 0 and not run.preview:
                end_strays(tenants, run_id=row.pk, now=clock())
            people = next_people(tenants, after=0, limit=MOST)
            shared.note(people, tenants)
            planned = _plan(row, people, tenants, shared, now=clock())
            if number == 0:
                _settle(row, seen, planned, now=clock())
        if run.preview or not _apply(run, clock=clock, shared=shared):
            break
        if not any(each.again or each.kind in _FOLLOWED for each in planned):
            break


def _plan_part(run: PeopleRun, tenant_id: int, seen: Collection[int], *, clock: Clock, shared: SharedAddresses) -> bool:
    """Plan and apply the next part of a long tenant; return whether that was the last."""
    with marketplace_scope(run.marketplace_id):
        row = lock_live_run(run.run_id)
        if row is None:
            return True
        place = RunTenant.objects.select_for_update().get(run=row, tenant_id=tenant_id)
        tenants = linked_tenants(row.connection_id or 0, only=[tenant_id])
        if place.plan_cursor == 0 and not run.preview:
            end_strays(tenants, run_id=row.pk, now=clock())
        people = next_people(tenants, after=place.plan_cursor, limit=PART)
        tally = _tally(_plan(row, people, tenants, shared, now=clock()), seen)
        place.unchanged += tally.unchanged
        place.with_changes += tally.with_changes
        ended = len(people) < PART
        if ended:
            place.skipped = len(seen) - place.unchanged - place.with_changes
            place.state, place.settled_at = RunTenantState.DONE, clock()
        else:
            place.plan_cursor = people[-1].person_id
        place.save()
    if not run.preview:
        _apply(run, clock=clock, shared=shared)
    return ended


def _too_long(tenant_ids: Collection[int]) -> set[int]:
    """Return those of these tenants that have more people here than one part: they are planned by parts."""
    with database.cursor() as cursor:
        cursor.execute(_SIZES, [list(tenant_ids), PART])
        return {row[0] for row in cursor.fetchall()}


def _seen(readings: Mapping[int, int]) -> dict[int, set[int]]:
    """Return who was there in each of these readings, by tenant. Two queries.

    After a complete reading without odd records everybody else is missing, and the table of people tells it.
    """
    seen: dict[int, set[int]] = {tenant: set() for tenant in readings}
    with database.cursor() as cursor:
        cursor.execute(_ON_PAGES, [list(readings.values())])
        kept: set[int] = set()
        for tenant, row_ids in cursor.fetchall():
            kept.add(tenant)
            seen[tenant].update(row_ids)
        cursor.execute(_PRESENT, [[tenant for tenant in readings if tenant not in kept]])
        for tenant, row_id in cursor.fetchall():
            seen[tenant].add(row_id)
    return seen


def _plan(
    row: Run, people: Sequence[DirectoryPerson], tenants: Mapping[int, LinkedTenant], shared: SharedAddresses, *,
    now: datetime,
) -> list[PlannedUser]:  # fmt: skip
    assert row.connection is not None  # noqa: S101 (a run of people has one)
    rulebook = read_rulebook(row.connection.provider)
    planned = decide_people(people, tenants, rulebook, shared.of({each.tenant_id for each in people}))
    store_plan(row, planned, now=now)
    return planned


def _apply(run: PeopleRun, *, clock: Clock, shared: SharedAddresses) -> bool:
    """Apply what was planned and need not wait for the brakes; return whether there was anything."""
    done = False
    while apply_next(
        run.run_id, marketplace_id=run.marketplace_id, actor=SYSTEM, now=clock(), shared=shared
    ).any:  # fmt: skip
        done = True
    return done


def _tally(planned: Sequence[PlannedUser], seen: Collection[int]) -> Tally:
    tally = Tally()
    for each in planned:
        if each.person.person_id not in seen:
            continue
        if each.kind is not None or each.again:
            tally.with_changes += 1
        elif verdict_of(each.reason) is Verdict.IN:
            tally.unchanged += 1
    return tally


def _settle(
    row: Run, seen: Mapping[int, Collection[int]], planned: Sequence[PlannedUser], *, now: datetime
) -> None:  # fmt: skip
    by_tenant: dict[int, list[PlannedUser]] = {tenant_id: [] for tenant_id in seen}
    for each in planned:
        by_tenant[each.person.tenant_id].append(each)
    keys = dict(RunTenant.objects.filter(run=row, tenant_id__in=seen).values_list("tenant_id", "pk"))
    rows = []
    for tenant_id, some in by_tenant.items():
        tally = _tally(some, seen[tenant_id])
        rows.append((
            keys[tenant_id], RunTenantState.DONE.value, now, tally.unchanged,
            len(seen[tenant_id]) - tally.unchanged - tally.with_changes, tally.with_changes,
        ))  # fmt: skip
    update_rows(RunTenant, ["state", "settled_at", "unchanged", "skipped", "with_changes"], rows)
