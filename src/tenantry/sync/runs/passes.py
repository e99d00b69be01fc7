"""Takes a run from its listing to its end: plan, apply, create, once more when details arrive, and close."""

from collections.abc import Callable
from datetime import datetime

from tenantry.audit.events import SYSTEM
from tenantry.isolation.scope import marketplace_scope
from tenantry.sync.automatic.passes import create_automatically
from tenantry.sync.completing import complete_requests
from tenantry.sync.models import Change, ChangeState, Run, RunState
from tenantry.sync.observe.details import count_due
from tenantry.sync.runs.applying import apply_next
from tenantry.sync.runs.lifecycle import RunRef, end_run, live_runs, should_end
from tenantry.sync.runs.linked import follow_linked
from tenantry.sync.runs.locking import goes_on
from tenantry.sync.runs.planning import plan_next

Clock = Callable[[], datetime]
_MOST_PASSES = 5


def run_pass(ref: RunRef, *, clock: Clock, should_stop: Callable[[], bool] = lambda: False) -> bool:
    """Plan and apply everything that differs now; return False when stopped before the end.

    A preview only plans, going on where it was.
    """
    if ref.preview:
        return _plan_preview(ref, clock=clock, should_stop=should_stop)
    for _ in range(_MOST_PASSES):
        after, found = 0, False
        while True:
            if should_stop() or not _is_live(ref):
                return False
            after = plan_next(ref.run_id, marketplace_id=ref.marketplace_id, after=after, now=clock())
            found = apply_all(ref, clock=clock) or found
            if not after:
                break
        found = follow_linked(ref, clock=clock, should_stop=should_stop) or found
        if not found:
            return True
    return True


def _plan_preview(ref: RunRef, *, clock: Clock, should_stop: Callable[[], bool]) -> bool:
    with marketplace_scope(ref.marketplace_id):
        after = Run.objects.values_list("plan_cursor", flat=True).get(pk=ref.run_id)
    while True:
        if should_stop() or not _is_live(ref):
            return False
        after = plan_next(ref.run_id, marketplace_id=ref.marketplace_id, after=after, now=clock())
        if not after:
            follow_linked(ref, clock=clock, should_stop=should_stop)
            return True


def apply_all(ref: RunRef, *, clock: Clock) -> bool:
    """Apply every planned change of the run; return whether any was. Tenants that companies wait for are linked."""
    done = False
    while apply_next(ref.run_id, marketplace_id=ref.marketplace_id, actor=SYSTEM, now=clock()).any:
        done = True
    with marketplace_scope(ref.marketplace_id):
        complete_requests(now=clock(), run_id=ref.run_id)
    return done


def replan_tenants(connection_id: int, tenant_ids: list[int], *, clock: Clock) -> None:
    """After details arrived: bring these tenants up to date in every live run of the connection."""
    if not tenant_ids:
        return
    for ref in live_runs(connection_id):
        if not ref.preview and ref.state == RunState.READING_DETAILS and not should_end(ref):
            plan_next(ref.run_id, marketplace_id=ref.marketplace_id, after=0, now=clock(), only=tenant_ids)
            apply_all(ref, clock=clock)
            follow_linked(ref, clock=clock, only=tenant_ids)


def after_listing(ref: RunRef, connection_id: int, *, clock: Clock, should_stop: Callable[[], bool]) -> None:
    """Do the first pass of a run whose listing is read, then leave it to the details, or end it."""
    if ref.preview:
        return
    if _whole_pass(ref, clock=clock, should_stop=should_stop):
        with marketplace_scope(ref.marketplace_id):
            begun = Run.objects.filter(pk=ref.run_id, state=RunState.APPLYING)
            begun.update(state=RunState.READING_DETAILS)
        if count_due(connection_id, now=clock()) == 0:
            finish(ref, clock=clock, should_stop=should_stop)
    elif cancelled(ref):
        end_run(ref, state=RunState.CANCELLED, now=clock())


def finish(ref: RunRef, *, clock: Clock, should_stop: Callable[[], bool] = lambda: False) -> None:
    """End a run whose details are read: one last pass, then its account.

    A tenant that was read anew between the two is planned in another pass. A preview, which goes on where it was, would
    not come to it again.
    """
    if cancelled(ref):
        end_run(ref, state=RunState.CANCELLED, now=clock())
        return
    state = RunState.PREVIEWED if ref.preview else RunState.DONE
    for left in range(0 if ref.preview else _MOST_PASSES, -1, -1):
        if not _whole_pass(ref, clock=clock, should_stop=should_stop):
            return
        if end_run(ref, state=state, note=_note(ref), now=clock(), only_if_explained=left > 0):
            return


def _whole_pass(ref: RunRef, *, clock: Clock, should_stop: Callable[[], bool]) -> bool:
    """Bring the pending companies up to date, then let the rule create; return False when stopped before the end."""
    if not run_pass(ref, clock=clock, should_stop=should_stop):
        return False
    return create_automatically(
        ref.run_id, marketplace_id=ref.marketplace_id, preview=ref.preview, clock=clock,
        should_stop=lambda: should_stop() or not _is_live(ref),
    )  # fmt: skip


def _note(ref: RunRef) -> str:
    with marketplace_scope(ref.marketplace_id):
        settled = Change.objects.filter(run_id=ref.run_id).exclude(state=ChangeState.STALE).exists()
        observed = Run.objects.values_list("observation__details_read", "observation__details_failed")
        reads = any(observed.get(pk=ref.run_id))
    if settled or reads or ref.preview:
        return ""
    return "Nothing changed since the last run, and no details were due: 0 changes, 0 detail reads."


def cancelled(ref: RunRef) -> bool:
    """Whether this run is to stop: see :func:`lifecycle.should_end`."""
    return should_end(ref)


def _is_live(ref: RunRef) -> bool:
    if should_end(ref):
        return False
    with marketplace_scope(ref.marketplace_id):
        return goes_on(ref.run_id)
