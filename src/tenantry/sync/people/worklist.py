"""Which tenants a run of User Sync has yet to read or to plan, and what became of the others."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection as database
from django.db.models import Min, Q

from tenantry.isolation.bulk import update_rows
from tenantry.isolation.scope import marketplace_scope
from tenantry.providers.errors import ProviderError
from tenantry.sync.models import DirectoryUser, Observation, PeopleReading, RunTenant, RunTenantState
from tenantry.sync.observe.listing import RETRY_AFTER, failure_of
from tenantry.sync.people.changed import WHOLE_EVERY
from tenantry.sync.people.fetching import NAMES, Wanted
from tenantry.sync.people.keeping import people_in
from tenantry.sync.people.licence_names import known_names
from tenantry.sync.people.long_reading import live_readings
from tenantry.sync.people.readings import note_refused
from tenantry.sync.people.runs import PeopleRun

ADMINISTRATORS_EVERY = timedelta(days=7)
LICENCES_EVERY = timedelta(hours=20)
_SINGLE_READS = 50
_READ_COLUMNS = ["state", "observation_id", "complete", "records", "invalid", "repeated", "people"]

# Another run may have read the tenant since this one was asked for: once is enough.
_ADOPT = """
update sync_runtenant rt
set state = 'read', observation_id = found.reading, complete = found.complete, records = found.records,
    invalid = found.invalid, repeated = found.repeated, people = found.records - found.invalid - found.repeated
from (
    select w.id, o.id as reading, o.complete, o.records, o.invalid, o.repeated
    from sync_runtenant w join sync_run r on r.id = w.run_id
    cross join lateral (
        select * from sync_observation o where o.tenant_id = w.tenant_id and o.connection_id = r.connection_id
        and o.kind = 'people' and o.state = 'done' order by o.id desc limit 1
    ) o
    where w.run_id = %s and w.state = 'waiting' and o.started_at >= r.created_at
) found
where rt.id = found.id
"""
_UNLICENSED = """
select tenant_id, array_agg(external_id) from (
    select tenant_id, external_id,
        row_number() over (partition by tenant_id order by licences is null desc, id) as place
    from sync_directoryuser
    where tenant_id = any(%(tenants)s) and presence = 'present' and emptied_at is null
    and (licences is null or id %% 7 = %(day)s)
) wanted where place <= %(most)s group by tenant_id
"""


@dataclass(frozen=True, slots=True)
class Place:
    """A tenant that a run wants to read. ``reading_id``: a reading of many pages is under way, since ``began``."""

    row_id: int
    tenant_id: int
    external_id: str
    attempts: int = 0
    reading_id: int | None = None
    began: datetime | None = None


def adopt_readings(run: PeopleRun) -> int:
    """Take over what was read for other runs since this one was asked for; return how many tenants that spares."""
    with marketplace_scope(run.marketplace_id), database.cursor() as cursor:
        cursor.execute(_ADOPT, [run.run_id])
        return int(cursor.rowcount)


def next_places(
    connection_id: int, run: PeopleRun, *, limit: int, now: datetime, without: Collection[int] = ()
) -> list[Place]:
    """Return the next tenants to read, none of ``without``."""
    if limit <= 0:
        return []
    due = Q(next_attempt_at=None) | Q(next_attempt_at__lte=now)
    with marketplace_scope(run.marketplace_id):
        rows = RunTenant.objects.filter(due, run_id=run.run_id, state=RunTenantState.WAITING)
        found = list(
            rows.exclude(tenant_id__in=without).order_by("id")
            .values_list("pk", "tenant_id", "tenant__external_id", "attempts")[:limit]
        )  # fmt: skip
    live = live_readings(connection_id, [row[1] for row in found])
    return [
        Place(*row, reading.pk, reading.started_at) if (reading := live.get(row[1])) else Place(*row) for row in found
    ]


def next_retry(run: PeopleRun) -> datetime | None:
    """Return when the next tenant that could not be read is tried again, or ``None`` when nothing waits for that."""
    with marketplace_scope(run.marketplace_id):
        rows = RunTenant.objects.filter(run_id=run.run_id, state=RunTenantState.WAITING)
        found: datetime | None = rows.aggregate(at=Min("next_attempt_at"))["at"]
        return found


def wanted_of(
    connection_id: int, places: Sequence[Place], *, licences: bool, administrators: bool, now: datetime
) -> list[Wanted]:
    """Return what is to be asked about these tenants: licences and administrators only where they are due.

    Who asks for ``administrators`` wants everything anew; else changes are enough where they are told. Names of
    licences are asked for again where the last reading did not get them: a list of changes may show nobody.
    """
    ids = [place.tenant_id for place in places]
    read = {row.tenant_id: row for row in PeopleReading.objects.filter(connection_id=connection_id, tenant_id__in=ids)}
    unlicensed = _unlicensed(ids, now=now) if licences else {}
    since = {} if administrators else _positions(read.values(), now=now)
    named = known_names()
    wanted = []
    for place in places:
        row = read.get(place.tenant_id)
        asks = licences and _due(row.licences_at if row else None, LICENCES_EVERY, now)
        admins = administrators or _due(row.administrators_at if row else None, ADMINISTRATORS_EVERY, now)
        some = tuple(unlicensed.get(place.tenant_id, ()))
        changes = since.get(place.tenant_id, "")
        names = not named or any(each.startswith(NAMES) for each in (row.missing if row else ()))
        wanted.append(Wanted(place.tenant_id, place.external_id, asks, admins, some, changes, named, names))
    return wanted


def _positions(readings: Iterable[PeopleReading], *, now: datetime) -> dict[int, str]:
    """Return since where changes are enough, by tenant. Not where somebody is missing: only a listing settles that."""
    fresh = {
        row.tenant_id: row.changes for row in readings if row.changes and not _due(row.listed_at, WHOLE_EVERY, now)
    }
    missing = DirectoryUser.objects.filter(tenant_id__in=fresh, missing_since__isnull=False, left_at=None)
    unsure = set(missing.values_list("tenant_id", flat=True))
    return {tenant_id: changes for tenant_id, changes in fresh.items() if tenant_id not in unsure}


def _due(at: datetime | None, every: timedelta, now: datetime) -> bool:
    return at is None or at <= now - every


def _unlicensed(tenant_ids: Sequence[int], *, now: datetime) -> dict[int, list[str]]:
    """Return of whom licences are asked one by one: whose are unknown, and each day another seventh of the others."""
    with database.cursor() as cursor:
        cursor.execute(_UNLICENSED, {"tenants": list(tenant_ids), "day": now.toordinal() % 7, "most": _SINGLE_READS})
        return dict(cursor.fetchall())


def note_read(run: PeopleRun, readings: Iterable[Observation]) -> None:
    """Note tenants whose reading ended: they can be planned."""
    by_tenant = {row.tenant_id or 0: row for row in readings}
    with marketplace_scope(run.marketplace_id):
        places = RunTenant.objects.filter(run_id=run.run_id, tenant_id__in=by_tenant).values_list("pk", "tenant_id")
        rows = []
        for key, tenant_id in places:
            row = by_tenant[tenant_id]
            rows.append((
                key, RunTenantState.READ.value, row.pk, row.complete, row.records, row.invalid, row.repeated,
                people_in(row),
            ))  # fmt: skip
        update_rows(RunTenant, _READ_COLUMNS, rows)


def note_failed(run: PeopleRun, connection_id: int, place: Place, error: ProviderError, *, now: datetime) -> None:
    """Note that a tenant can't be read: it is tried again, or left for this run. Its people stay as they are."""
    retry = error.retryable and place.attempts < len(RETRY_AFTER)
    with marketplace_scope(run.marketplace_id):
        row = RunTenant.objects.select_for_update().get(pk=place.row_id)
        row.failure, row.attempts = failure_of(error), row.attempts + 1
        if retry:
            asked = timedelta(seconds=getattr(error, "after", 0.0))
            row.next_attempt_at = now + max(RETRY_AFTER[place.attempts], asked)
        else:
            row.state, row.settled_at, row.next_attempt_at = RunTenantState.FAILED, now, None
        row.save()
        note_refused(connection_id, place.tenant_id, error, now=now)
        if not retry and place.reading_id is not None:
            Observation.objects.filter(pk=place.reading_id).update(
                state="failed", ended_at=now, failure=failure_of(error)
            )


def read_tenants(run: PeopleRun, *, limit: int) -> dict[int, int]:
    """Return tenants that were read and not planned to the end, each with its reading."""
    with marketplace_scope(run.marketplace_id):
        rows = RunTenant.objects.filter(run_id=run.run_id, state=RunTenantState.READ).order_by("id")
        return {tenant: reading or 0 for tenant, reading in rows.values_list("tenant_id", "observation_id")[:limit]}
