"""Makes companies that a rule may make: each row in a transaction of its own, checked again just before.

What was released from a hold must still be what the person approved, and the approval not too old.
"""

from collections.abc import Callable
from datetime import datetime

import structlog
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Q

from tenantry.audit.events import Actor, ActorKind
from tenantry.core.planning.companies import ChangeKind, PendingView
from tenantry.core.planning.creation import GuardedContacts, Standing, judge_candidate
from tenantry.core.retries import next_attempt
from tenantry.isolation.scope import marketplace_scope
from tenantry.sync.automatic.candidates import candidate_of
from tenantry.sync.automatic.guards import guarded_contacts
from tenantry.sync.automatic.words import AUTOMATIC_WORDS
from tenantry.sync.deciding.refusals import AlreadyDecided, DecisionRefused
from tenantry.sync.deciding.services import create_from_pending
from tenantry.sync.holds.giving_back import drop_decided, give_back, settle_around
from tenantry.sync.holds.queries import held_row
from tenantry.sync.holds.releasing import begin_releases, follow_releases, release_of
from tenantry.sync.matching.refreshing import match_rows
from tenantry.sync.models import Approval, Change, ChangeState, Hold, HoldState, PendingCompany, PendingState
from tenantry.sync.switches import CompanySyncSwitches, read_company_sync

RULE = Actor(ActorKind.SYSTEM, "Automatic creation")
Clock = Callable[[], datetime]
_log = structlog.stdlib.get_logger(__name__)
_SOME = 50
_WAITS = [PendingState.PENDING, PendingState.HELD]
_NOT_NOW = "Companies are not created automatically any more."
_CHANGED = "It changed after it was released, so it asks again."
_EXPIRED = "It was released more than seven days ago and could not be made in that time, so it asks again."


def create_planned(run_id: int, *, marketplace_id: int, clock: Clock, should_stop: Callable[[], bool]) -> bool:
    """Make what the run planned and no brake holds; return False when stopped before the end."""
    planned = Q(run_id=run_id, state=ChangeState.PLANNED)
    return _create_each(planned, set(), marketplace_id=marketplace_id, clock=clock, should_stop=should_stop)


def create_released(*, marketplace_id: int, clock: Clock, should_stop: Callable[[], bool]) -> bool:
    """Make what was released, and try again what failed and is due; return False when stopped before the end."""
    with marketplace_scope(marketplace_id):
        drop_decided(now=clock())
        begin_releases(now=clock())
    due = Q(state=ChangeState.APPROVED) | Q(state=ChangeState.FAILED, next_attempt_at__lte=clock())
    touched: set[int] = set()
    ended = _create_each(due, touched, marketplace_id=marketplace_id, clock=clock, should_stop=should_stop)
    with marketplace_scope(marketplace_id):
        settle_around(Change.objects.filter(pk__in=touched).values_list("hold_id", "run_id").distinct(), now=clock())
    return ended


def wants_creating(marketplace_id: int, *, now: datetime) -> bool:
    """Whether anything was released that is not made, or failed and is due again."""
    due = Q(state=ChangeState.APPROVED) | Q(state=ChangeState.FAILED, next_attempt_at__lte=now)
    with marketplace_scope(marketplace_id):
        return Change.objects.filter(due, kind=ChangeKind.CREATE).exists()


def _create_each(
    wanted: Q, touched: set[int], *, marketplace_id: int, clock: Clock, should_stop: Callable[[], bool]
) -> bool:
    """Make what is ``wanted``, and note in ``touched`` which changes those were."""
    after = 0
    while True:
        with marketplace_scope(marketplace_id):
            waiting = Change.objects.filter(wanted, kind=ChangeKind.CREATE, pk__gt=after, run__preview=False)
            ids = list(waiting.order_by("pk").values_list("pk", flat=True)[:_SOME])
            guarded = guarded_contacts() if ids else GuardedContacts()
        if not ids:
            return True
        for change_id in ids:
            if should_stop():
                return False
            with marketplace_scope(marketplace_id):
                _create(change_id, guarded, now=clock())
            touched.add(change_id)
        with marketplace_scope(marketplace_id):
            follow_releases(now=clock())
            begin_releases(now=clock())
        after = ids[-1]


def _create(change_id: int, guarded: GuardedContacts, *, now: datetime) -> None:
    """Make one company, or say on its change why not. In the marketplace's scope and transaction."""
    waiting = [ChangeState.PLANNED, ChangeState.APPROVED, ChangeState.FAILED]
    change = Change.objects.select_for_update(of=("self",)).filter(pk=change_id, state__in=waiting).first()
    if change is None:  # somebody else was at it
        return
    locked = PendingCompany.objects.select_for_update(of=("self",)).select_related("tenant")
    pending = locked.filter(tenant_id=change.tenant_id).first()
    if pending is None or pending.state not in _WAITS:
        _end(change, ChangeState.STALE, "It was decided, or the tenant left, before the company was made.", now=now)
        return
    switches = read_company_sync()
    if not switches.creates_automatically:
        _give_back(change, ChangeState.CANCELLED, _NOT_NOW, now=now)
        return
    objection = _objection(change, pending, guarded, invites=switches.invites_admins, now=now)
    if objection:
        _give_back(change, ChangeState.STALE, objection, now=now)
        return
    asks_again = _asks_again(change, pending, switches, now=now) if change.hold_id else ""
    if asks_again:
        _hold_again(change, asks_again)
        return
    _decide(change, pending, switches, now=now)


def _objection(
    change: Change, pending: PendingCompany, guarded: GuardedContacts, *, invites: bool, now: datetime
) -> str:
    """Return why a rule may not make this company any more, in a sentence, or nothing."""
    match_rows([pending.pk], now=now)
    candidate = candidate_of(pending.pk)
    if candidate is None:
        return "It is not pending any more."
    verdict = judge_candidate(candidate.facts, guarded, invites=invites)
    if verdict.standing is not Standing.CREATE:
        PendingCompany.objects.filter(pk=pending.pk).update(automatic_problems=list(verdict.problems))
        return "; ".join(AUTOMATIC_WORDS[problem] for problem in verdict.problems) or "Its details are read again."
    before = PendingView.from_json(change.before) if change.before else None
    if change.hold_id is None and (before is None or before.snapshot != candidate.pending.snapshot):
        return "Changed meanwhile by somebody else; planned anew."
    return ""


def _asks_again(change: Change, pending: PendingCompany, switches: CompanySyncSwitches, *, now: datetime) -> str:
    approval = Approval.objects.filter(change=change).order_by("-created_at", "-id").first()
    content = held_row(change, pending, invite=switches.invites_admins).content
    if approval is None or approval.content_hash != content:
        return _CHANGED
    return "" if now < approval.expires_at else _EXPIRED


def _decide(change: Change, pending: PendingCompany, switches: CompanySyncSwitches, *, now: datetime) -> None:
    invite = switches.invites_admins and bool(pending.contact_email)
    try:
        with transaction.atomic():
            decided = create_from_pending(
                pending_id=pending.pk, seen_version=pending.version, draft=None, invite=invite, actor=RULE, now=now,
                run_id=(release_of(change) if change.hold_id else None) or change.run_id, by_rule=True,
            )  # fmt: skip
    except AlreadyDecided as taken:
        _end(change, ChangeState.STALE, str(taken), now=now)
    except DecisionRefused as refused:
        _fail(change, str(refused), now=now)
    except (OperationalError, InterfaceError):  # the database went away: nothing can be noted either
        raise
    except Exception as error:  # noqa: BLE001  # one row must not stop the others; it is logged, shown and tried again
        _log.exception("creation_failed", change_id=change.pk, run_id=change.run_id)
        _fail(change, f"An error in Tenantry itself stopped this ({type(error).__name__}).", now=now)
    else:
        change.details = {
            **(change.details or {}), "company": decided.company_id, "company_name": decided.company_name,
            "invited": decided.invited,
        }  # fmt: skip
        _end(change, ChangeState.APPLIED, "", now=now)


def _end(change: Change, state: ChangeState, problem: str, *, now: datetime) -> None:
    change.state, change.problem, change.settled_at, change.next_attempt_at = state, problem, now, None
    change.save(update_fields=["state", "problem", "settled_at", "next_attempt_at", "details"])


def _fail(change: Change, problem: str, *, now: datetime) -> None:
    change.attempts += 1
    change.state, change.problem = ChangeState.FAILED, problem
    change.next_attempt_at = next_attempt(change.attempts, begun_at=change.created_at, now=now)
    change.save(update_fields=["state", "problem", "attempts", "next_attempt_at"])


def _give_back(change: Change, state: ChangeState, problem: str, *, now: datetime) -> None:
    give_back(Change.objects.filter(pk=change.pk), state, problem, by_hand=False, now=now)


def _hold_again(change: Change, problem: str) -> None:
    change.state, change.problem, change.next_attempt_at = ChangeState.HELD, problem, None
    change.save(update_fields=["state", "problem", "next_attempt_at"])
    over = Hold.objects.filter(pk=change.hold_id or 0).exclude(state=HoldState.OPEN)
    over.update(state=HoldState.OPEN, ended_at=None)
