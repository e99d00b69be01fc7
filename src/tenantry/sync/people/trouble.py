"""What a run of User Sync tells the quarantine of its connection: that too many tenants failed, or that it read."""

from collections.abc import Iterable
from datetime import datetime

from django.db import connection as database

from tenantry.isolation.scope import marketplace_scope
from tenantry.providers.errors import AuthFailed, ConsentMissing, NotFound, ProviderError, Throttled, Unavailable
from tenantry.sync.models import ObservedKind, Run, RunState
from tenantry.sync.people.runs import PeopleRun
from tenantry.sync.quarantine import ConnectionSetAside, judge_rows, note_success

# A customer who did not let the partner in, or left, is an answer about that customer, told on its page.
_CLOSED = (AuthFailed, ConsentMissing, NotFound)
_AWAY = (Throttled, Unavailable)
_COUNT = """
select count(*), count(*) filter (where failing), count(*) filter (where failing and before)
from (
    select rt.state = 'failed' or rt.state = 'waiting' as failing,
        rt.failure ->> 'kind' = any(%(away)s) or coalesce(pr.stale_since < r.created_at, false) as before
    from sync_runtenant rt
    join sync_run r on r.id = rt.run_id
    left join sync_peoplereading pr on pr.tenant_id = rt.tenant_id and pr.connection_id = r.connection_id
    where rt.run_id = %(run)s and (
        rt.state in ('read', 'done')
        or (rt.state = 'failed' or rt.attempts > 0) and rt.failure ->> 'kind' <> all(%(closed)s)
    )
) tried
"""


def judge_tenants(run: PeopleRun, connection_id: int, errors: Iterable[ProviderError], *, now: datetime) -> None:
    """Raise ``ConnectionSetAside`` when too many tenants of the run failed. ``errors``: those that just came.

    Counts only where one of them is a tenant's own trouble: not where it is closed, or the provider is away.
    """
    if all(isinstance(error, (*_CLOSED, *_AWAY)) for error in errors):
        return
    names = {"closed": [each.__name__ for each in _CLOSED], "away": [each.__name__ for each in _AWAY]}
    with marketplace_scope(run.marketplace_id), database.cursor() as cursor:
        cursor.execute(_COUNT, {"run": run.run_id, **names})
        tried, failed, before = cursor.fetchone()
    aside = judge_rows(
        connection_id, ObservedKind.PEOPLE, tried=tried, failed=failed, failed_before=before, now=now
    )  # fmt: skip
    if aside is not None:
        raise ConnectionSetAside(aside)


def note_people_read(run: PeopleRun, connection_id: int, *, now: datetime) -> None:
    """Let the connection back after a run of everybody that read somebody. A single company proves too little."""
    if run.company_id is not None:
        return
    with marketplace_scope(run.marketplace_id):
        row = Run.objects.get(pk=run.run_id)
    if row.state in {RunState.DONE, RunState.PREVIEWED} and row.counters["tenants_read"]:
        note_success(connection_id, ObservedKind.PEOPLE, began_at=row.created_at, now=now)
