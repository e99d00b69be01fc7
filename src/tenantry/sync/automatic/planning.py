"""Plans a run's creations: asks the pure rule about each candidate, and the brakes about all of them together."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from psycopg.types.json import Jsonb

from tenantry.core.brakes import Creation, CreationHistory, judge_creations
from tenantry.core.planning.companies import ChangeKind, PendingView
from tenantry.core.planning.creation import GuardedContacts, Standing, judge_candidate
from tenantry.isolation.bulk import insert_rows, update_rows
from tenantry.isolation.scope import marketplace_scope
from tenantry.sync.automatic.candidates import Candidate, Place, Plan, next_candidates
from tenantry.sync.automatic.foreseeing import next_foreseen, plan_of
from tenantry.sync.automatic.guards import guarded_contacts
from tenantry.sync.automatic.held import HELD_CREATIONS
from tenantry.sync.holds.opening import hold_trips
from tenantry.sync.models import Change, ChangeState, PendingCompany, Run
from tenantry.sync.models.runs import CHANGE_COLUMNS
from tenantry.sync.runs.locking import lock_live_run
from tenantry.sync.switches import read_company_sync, read_limits

BATCH = 500
REASON = "First seen after automatic creation was switched on, and nothing stands against it."


def plan_creations(
    run_id: int, *, marketplace_id: int, clock: Callable[[], datetime], should_stop: Callable[[], bool]
) -> bool:
    """Store what the rule would create as the run's changes; return False when stopped before the end.

    Why the rule may not create a row is written on the row. A marketplace that does not create companies
    automatically plans nothing. A preview plans what it would bring in as well.
    """
    with marketplace_scope(marketplace_id):
        switches = read_company_sync()
        guarded = guarded_contacts() if switches.creates_automatically else GuardedContacts()
    if not switches.creates_automatically or switches.created_since is None:
        return True
    with marketplace_scope(marketplace_id):
        run = Run.objects.get(pk=run_id)
        plan = plan_of(run) if run.preview else None
    rules = _Rules(guarded, switches.invites_admins)
    place: Place | None = Place(seen=switches.created_since, after=2**62)  # behind every row of that very moment
    while place is not None:
        if should_stop():
            return False
        with marketplace_scope(marketplace_id):
            place = _plan_batch(run, place, plan, rules, now=clock())
    since = switches.created_since
    return plan is None or _plan_foreseen(run, plan, rules, since, clock=clock, should_stop=should_stop)


@dataclass(frozen=True, slots=True)
class _Rules:
    """What the rule goes by in a run, besides a tenant's own facts."""

    guarded: GuardedContacts
    invites: bool


def _plan_foreseen(
    run: Run,
    plan: Plan,
    rules: _Rules,
    seen: datetime,
    *,
    clock: Callable[[], datetime],
    should_stop: Callable[[], bool],
) -> bool:
    after, more = 0, True
    while more:
        if should_stop():
            return False
        with marketplace_scope(run.marketplace_id):
            found = next_foreseen(run, plan, seen=seen, after=after, now=clock())
            _store(run, found.candidates, rules, now=clock())
        after, more = found.after, bool(found.after)
    return True


def _plan_batch(run: Run, place: Place, plan: Plan | None, rules: _Rules, *, now: datetime) -> Place | None:
    found = next_candidates(place, limit=BATCH, connection_id=run.connection_id, plan=plan)
    _store(run, found, rules, now=now)
    return Place(found[-1].first_seen_at, found[-1].pending_id) if len(found) == BATCH else None


def _store(run: Run, found: Sequence[Candidate], rules: _Rules, *, now: datetime) -> None:
    """Store the creations as planned changes; and on the rows why there is none, unless this is a preview.

    Nothing for a run that has ended meanwhile.
    """
    if lock_live_run(run.pk) is None:
        return
    verdicts = [(each, judge_candidate(each.facts, rules.guarded, invites=rules.invites)) for each in found]
    creatable = [candidate for candidate, verdict in verdicts if verdict.standing is Standing.CREATE]
    rows = [_row(run, each, rules.invites, now) for each in creatable]
    insert_rows(Change, CHANGE_COLUMNS, rows, on_conflict="on conflict do nothing")
    if not run.preview:
        differing = [
            (candidate.pending_id, list(verdict.problems))
            for candidate, verdict in verdicts
            if verdict.problems != candidate.known_problems
        ]
        update_rows(PendingCompany, ["automatic_problems"], differing)


def _row(run: Run, candidate: Candidate, invites: bool, now: datetime) -> tuple[object, ...]:  # noqa: FBT001  # same
    before = candidate.pending
    after = PendingView("created", before.snapshot)
    return (
        run.marketplace_id, run.pk, candidate.tenant_id, ChangeKind.CREATE.value, candidate.external_id,
        before.snapshot.name, Jsonb(before.as_json()), Jsonb(after.as_json()), REASON, ChangeState.PLANNED.value, "",
        Jsonb({"pending": candidate.pending_id, "invite": invites}), now,
    )  # fmt: skip


def brake_creations(run_id: int, *, marketplace_id: int, now: datetime) -> bool:
    """Hold the run's planned creations if a brake says so; return whether one did. One transaction."""
    with marketplace_scope(marketplace_id):
        run = Run.objects.select_for_update().get(pk=run_id)
        creations = Change.objects.filter(run=run, kind=ChangeKind.CREATE)
        planned = [
            Creation(pk, bool((details or {}).get("invite")))
            for pk, details in creations.filter(state=ChangeState.PLANNED).values_list("pk", "details")
        ]
        trip = judge_creations(planned, read_limits(), _history(run)) if planned else None
        if trip is not None:
            hold_trips(run, [trip], HELD_CREATIONS, now=now)
        return trip is not None


def _history(run: Run) -> CreationHistory:
    """Return what the run made so far, and whether its connection created anything by rule since that is on."""
    own = Change.objects.filter(run=run, kind=ChangeKind.CREATE)
    made = own.filter(state=ChangeState.APPLIED)
    since = read_company_sync().created_since
    earlier = Change.objects.filter(
        Q(created_at__gte=since) if since else Q(), kind=ChangeKind.CREATE, run__connection_id=run.connection_id or 0,
        run__preview=False,
    ).exclude(run=run)  # fmt: skip
    return CreationHistory(
        first=not earlier.exists(),
        made=made.count(),
        invited=made.filter(details__invite=True).count(),
        held=own.filter(state=ChangeState.HELD).exists(),
    )
