"""What all decisions share: the locked row that is decided on, and the record of the answer.

Runs in a marketplace's scope and in the transaction of the decision.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tenantry.audit.events import Actor, Happening, Target
from tenantry.audit.services import record_event
from tenantry.isolation.scope import current_marketplace_id
from tenantry.marketplace.models import Company
from tenantry.sync.deciding.refusals import AlreadyDecided, DecisionRefused
from tenantry.sync.models import Decision, DecisionKind, PendingCompany, PendingState
from tenantry.sync.queue import enqueue_matching

OPEN_STATES = (PendingState.PENDING, PendingState.HELD, PendingState.SNOOZED)
STATE_OF: Mapping[str, PendingState] = {
    DecisionKind.CREATE: PendingState.CREATED,
    DecisionKind.LINK: PendingState.LINKED,
    DecisionKind.IGNORE: PendingState.IGNORED,
    DecisionKind.SNOOZE: PendingState.SNOOZED,
    DecisionKind.REOPEN: PendingState.PENDING,
}
_VERBS: Mapping[str, str] = {
    DecisionKind.CREATE: "created",
    DecisionKind.LINK: "linked",
    DecisionKind.IGNORE: "ignored",
    DecisionKind.SNOOZE: "snoozed",
    DecisionKind.REOPEN: "reopened",
    DecisionKind.NOT_THIS_COMPANY: "match_rejected",
    DecisionKind.UNDO: "decision_undone",
}
_BY_HAND = frozenset({DecisionKind.IGNORE, DecisionKind.REOPEN, DecisionKind.UNDO})


@dataclass(frozen=True, slots=True)
class Circumstances:
    """In whose name, when, and by which request or run."""

    actor: Actor
    now: datetime
    request_id: str = ""
    run_id: int | None = None

    @property
    def keywords(self) -> dict[str, Any]:
        """What services take of it, by name."""
        return {"actor": self.actor, "now": self.now, "request_id": self.request_id, "run_id": self.run_id}


@dataclass(frozen=True, slots=True)
class Decided:
    """What a decision did. ``company`` is the one created or linked to, ``invited`` that an invitation waits."""

    pending_id: int
    decision_id: int
    kind: DecisionKind
    company_id: int | None = None
    company_name: str = ""
    invited: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What is to be recorded of a decision: its kind, the row's new state, and what taking it back needs."""

    kind: DecisionKind
    state: PendingState
    company: Company | None = None
    reason_key: str = ""
    reason: str = ""
    undo: Mapping[str, Any] = field(default_factory=dict)
    snoozed_until: datetime | None = None
    invited: bool = False


def lock_pending(
    pending_id: int, *, seen_version: int | None, states: Sequence[PendingState] = OPEN_STATES
) -> PendingCompany:
    """Return the row, locked, if it is in one of ``states`` and as the person saw it.

    Raises ``PendingCompany.DoesNotExist`` for what is not in this marketplace, :class:`AlreadyDecided` for what
    somebody decided, :class:`DecisionRefused` for what can't be decided on. ``seen_version`` ``None`` is not checked.
    """
    locked = PendingCompany.objects.select_for_update(of=("self",)).select_related("tenant", "connection")
    pending = locked.get(pk=pending_id)
    if pending.state not in states:
        _refuse_state(pending)
    if seen_version is not None and pending.version != seen_version:
        last = pending.decisions.order_by("-id").first()
        if last is not None:
            raise AlreadyDecided(last.actor_name, what_was(last), last.created_at)
        raise DecisionRefused("This row changed after you opened the page. Look at what it is now, then decide again.")
    return pending


def _refuse_state(pending: PendingCompany) -> None:
    if pending.state == PendingState.WITHDRAWN:
        raise DecisionRefused(
            "The reseller relationship with this tenant ended, so there is nothing to decide. If it comes back, the "
            "tenant waits for a decision again."
        )
    last = standing_decision(pending)
    if last is not None:
        raise AlreadyDecided(last.actor_name, what_was(last), last.created_at)
    state = pending.get_state_display()
    raise AlreadyDecided(pending.decided_by_name or "Somebody", f"this tenant is {state} already", pending.decided_at)


def standing_decision(pending: PendingCompany) -> Decision | None:
    """Return the decision that made the row what it is, if one did and it was not taken back."""
    made = pending.decisions.filter(kind__in=list(STATE_OF), undone_by=None).order_by("-id")
    last = made.first()
    return last if last is not None and STATE_OF[last.kind] == pending.state else None


def what_was(decision: Decision) -> str:
    """Say what a decision did: ``linked this tenant to Contoso``."""
    company = decision.company_name
    words = {
        DecisionKind.CREATE: f"this tenant became the company {company}",
        DecisionKind.LINK: f"this tenant was linked to {company}",
        DecisionKind.IGNORE: "this tenant was ignored",
        DecisionKind.SNOOZE: "this tenant was snoozed",
        DecisionKind.REOPEN: "this tenant was reopened",
        DecisionKind.NOT_THIS_COMPANY: f"{company} was ruled out",
        DecisionKind.UNDO: "the decision was taken back",
    }
    return words[DecisionKind(decision.kind)]


def record_answer(pending: PendingCompany, answer: Answer, by: Circumstances) -> Decision:
    """Write the decision and its audit event, and make the locked row what the answer says."""
    marketplace_id = current_marketplace_id()
    company = answer.company
    decision = Decision.objects.create(
        marketplace_id=marketplace_id, pending=pending, tenant_id=pending.tenant_id, kind=answer.kind, company=company,
        company_name=company.name if company else "", reason_key=answer.reason_key, reason=answer.reason,
        actor_kind=by.actor.kind.value, actor_id=by.actor.id, actor_name=by.actor.name, run_id=by.run_id,
        undo={"state": pending.state, "snoozed_until": _iso(pending.snoozed_until), **answer.undo},
        request_id=by.request_id, created_at=by.now,
    )  # fmt: skip
    before = {"state": pending.state}
    _apply(pending, answer, by)
    after = {"state": pending.state, "decision": decision.pk} | (
        {"reason_key": answer.reason_key} if answer.reason_key else {}
    )
    if company is not None:
        after |= {"company": company.pk, "company_name": company.name}
    happening = Happening(
        f"sync.pending.{_VERBS[answer.kind]}",
        Target("tenant", pending.tenant.external_id, pending.name),
        before=before,
        after=after,
        reason=answer.reason,
    )
    record_event(
        happening, actor=by.actor, marketplace_id=marketplace_id, now=by.now, request_id=by.request_id, run_id=by.run_id
    )
    return decision


def _apply(pending: PendingCompany, answer: Answer, by: Circumstances) -> None:
    decides = answer.kind != DecisionKind.NOT_THIS_COMPANY
    pending.state = answer.state
    pending.version += 1
    pending.by_hand = pending.by_hand or answer.kind in _BY_HAND
    pending.matched_at = None
    if decides:
        back = answer.state == PendingState.PENDING
        pending.snoozed_until = answer.snoozed_until
        pending.decided_at = None if back else by.now
        pending.decided_by_name = "" if back else by.actor.name
        pending.company = answer.company if answer.state in {PendingState.CREATED, PendingState.LINKED} else None
    pending.save(
        update_fields=[
            "state", "version", "by_hand", "matched_at", "snoozed_until", "decided_at", "decided_by_name", "company",
        ]
    )  # fmt: skip
    enqueue_matching(current_marketplace_id())


def decided(decision: Decision, *, invited: bool = False) -> Decided:
    """Return what the decision did, for its caller."""
    return Decided(
        decision.pending_id, decision.pk, DecisionKind(decision.kind), decision.company_id, decision.company_name,
        invited,
    )  # fmt: skip


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
