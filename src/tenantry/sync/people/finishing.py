"""Ends a run of User Sync whose tenants are all read and planned: invites, judges, takes away, accounts."""

from collections.abc import Callable
from datetime import datetime

from tenantry.isolation.scope import marketplace_scope
from tenantry.sync.holds.applying import apply_planned
from tenantry.sync.models import Change, ChangeState, Run, RunState, RunTenant
from tenantry.sync.people.held import HELD_INVITATIONS, HELD_REMOVALS
from tenantry.sync.people.inviting import plan_invitations
from tenantry.sync.people.judging import hold_invitations, hold_removals
from tenantry.sync.people.planning import read_rulebook
from tenantry.sync.people.runs import PeopleRun, end_people_run
from tenantry.sync.runs.locking import lock_live_run

NOTHING = "Nothing changed since the last run: 0 changes."


def finish_people_run(run: PeopleRun, *, clock: Callable[[], datetime], should_stop: Callable[[], bool]) -> bool:
    """Let go what no brake stops, then end the run; return False when stopped before the end. Safe to repeat."""
    if run.preview:
        end_people_run(run, state=RunState.PREVIEWED, now=clock())
        return True
    with marketplace_scope(run.marketplace_id):
        row = lock_live_run(run.run_id)
        if row is None:
            return True
        Run.objects.filter(pk=row.pk, listed_at=None).update(state=RunState.APPLYING, listed_at=clock())
        assert row.connection is not None  # noqa: S101 (a run of people has one)
        plan_invitations(row, read_rulebook(row.connection.provider), now=clock())
        hold_removals(row, now=clock())
        hold_invitations(row, now=clock())
    for kind in (HELD_REMOVALS, HELD_INVITATIONS):
        if not apply_planned(
            run.run_id, kind, marketplace_id=run.marketplace_id, clock=clock, should_stop=should_stop
        ):  # fmt: skip
            return False
    end_people_run(run, state=RunState.DONE, note=_note(run), now=clock())
    return True


def _note(run: PeopleRun) -> str:
    with marketplace_scope(run.marketplace_id):
        changes = Change.objects.filter(run_id=run.run_id).exclude(state=ChangeState.STALE)
        tenants = RunTenant.objects.filter(run_id=run.run_id)
        alone = Run.objects.filter(pk=run.run_id, person_id__isnull=False).exists()
        if not alone and not tenants.exists():
            return "No company is linked to a tenant of this connection, so there was nothing to read."
        return "" if changes.exists() or tenants.exclude(failure=None).exists() else NOTHING
