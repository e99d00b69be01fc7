"""Plans a run: asks the pure planner about each candidate and stores its changes as rows."""

from collections.abc import Sequence
from datetime import datetime

from psycopg.types.json import Jsonb

from tenantry.core.planning.companies import PlannedChange, plan_companies
from tenantry.isolation.bulk import insert_rows
from tenantry.isolation.scope import marketplace_scope
from tenantry.sync.models import Change, ChangeState, Run
from tenantry.sync.runs.candidates import next_candidates
from tenantry.sync.runs.locking import lock_live_run

BATCH = 1_000
_COLUMNS = (
    "marketplace_id run_id tenant_id kind subject subject_name before after reason state problem created_at"
).split()


def plan_next(run_id: int, *, marketplace_id: int, after: int, now: datetime, only: list[int] | None = None) -> int:
    """Plan the next batch of tenants beyond ``after``; return the last tenant looked at, or 0 at the end.

    A run that has ended meanwhile is at its end.
    One transaction: the changes and, for a whole pass (``only`` not given), the place where to go on.
    """
    with marketplace_scope(marketplace_id):
        run = lock_live_run(run_id)
        if run is None:
            return 0
        candidates = next_candidates(run, after=after, limit=BATCH, only=only)
        _store(run, list(plan_companies(candidates)), now=now)
        last = candidates[-1][0].tenant_id if len(candidates) == BATCH else 0
        if only is None and candidates:
            run.plan_cursor = candidates[-1][0].tenant_id
            run.save(update_fields=["plan_cursor"])
        return last


def _store(run: Run, changes: Sequence[PlannedChange], *, now: datetime) -> None:
    rows = [
        (
            run.marketplace_id, run.pk, change.tenant_id, change.kind.value, change.external_id,
            change.after.snapshot.name, Jsonb(change.before.as_json()) if change.before else None,
            Jsonb(change.after.as_json()), change.reason, ChangeState.PLANNED.value, "", now,
        )
        for change in changes
    ]  # fmt: skip
    insert_rows(Change, _COLUMNS, rows, on_conflict="on conflict do nothing")
