"""Taking a decision back, for 30 days, and saying beforehand what of it can't be."""

from datetime import datetime

from django.db import transaction
from django.db.models import Q

from tenantry.audit.events import Actor
from tenantry.core.planning.companies import ChangeKind
from tenantry.core.undoing import Effect, judge_decision, why_not_decision
from tenantry.marketplace.companies.services import CompanyInUse
from tenantry.sync.deciding import newcomers
from tenantry.sync.deciding.answering import (
    Answer,
    Circumstances,
    Decided,
    record_answer,
)
from tenantry.sync.deciding.consequences import facts_of
from tenantry.sync.deciding.refusals import AlreadyDecided, DecisionRefused
from tenantry.sync.models import (
    Change,
    ChangeState,
    Decision,
    DecisionKind,
    Match,
    PendingCompany,
    PendingState,
    TenantLink,
)
from tenantry.sync.runs.accounting import count_undone

_RETURNS: dict[str, PendingState] = {
    PendingState.IGNORED: PendingState.IGNORED,
    PendingState.SNOOZED: PendingState.SNOOZED,
}


def explain_undo(decision: Decision, *, actor: Actor, may_undo_any: bool, now: datetime) -> Effect:
    """Say what taking the decision back would do and what it can't. In the marketplace's scope; writes nothing."""
    return judge_decision(facts_of(decision, actor=actor, may_undo_any=may_undo_any), now=now)


@transaction.atomic
def undo_decision(
    *, decision_id: int, actor: Actor, may_undo_any: bool, now: datetime, request_id: str = "",
    run_id: int | None = None,
) -> Decided:  # fmt: skip
    """Take a decision back: its row is what it was before, and no rule touches it again. In the scope.

    ``may_undo_any``: not only the actor's own. Raises ``Decision.DoesNotExist``, :class:`AlreadyDecided` when it was
    taken back before, :class:`DecisionRefused` with the reason of :func:`explain_undo`.
    """
    by = Circumstances(actor, now, request_id, run_id)
    pending_id = Decision.objects.values_list("pending_id", flat=True).get(pk=decision_id)
    pending = PendingCompany.objects.select_for_update(of=("self",)).select_related("tenant").get(pk=pending_id)
    decision = Decision.objects.select_related("undone_by").get(pk=decision_id)
    decision.pending = pending  # the locked row, not one read before
    if decision.undone_by is not None:
        raise AlreadyDecided(
            decision.undone_by.actor_name, "the decision was taken back", decision.undone_by.created_at
        )
    refusal = why_not_decision(facts_of(decision, actor=actor, may_undo_any=may_undo_any), now=now)
    if refusal:
        raise DecisionRefused(refusal)
    company = decision.company
    _take_back(decision, by)
    state, until = before_of(decision)
    undone = record_answer(
        pending,
        Answer(DecisionKind.UNDO, state, None, reason=_told(decision), undo={"of": decision.pk}, snoozed_until=until),
        by,
    )
    decision.undone_by = undone
    decision.save(update_fields=["undone_by"])
    note_taken_back(decision, now=now)
    return Decided(pending.pk, undone.pk, DecisionKind.UNDO, company.pk if company else None, decision.company_name)


def note_taken_back(decision: Decision, *, now: datetime) -> None:
    """Say on the changes of runs that stand for the decision that they are undone, and count those runs anew."""
    made = Q(run_id=decision.run_id, kind__startswith="decide.") | Q(
        kind=ChangeKind.CREATE, details__decision=decision.pk
    )
    changes = Change.objects.filter(made, tenant_id=decision.tenant_id, state=ChangeState.APPLIED)
    for change in changes.order_by("run_id"):
        change.state, change.settled_at = ChangeState.UNDONE, now
        change.save(update_fields=["state", "settled_at"])
        count_undone(change.run_id)


def _told(decision: Decision) -> str:
    company = f" {decision.company_name}" if decision.company_name else ""
    return f"Taken back: {decision.get_kind_display()}{company}."


def _take_back(decision: Decision, by: Circumstances) -> None:
    if decision.kind == DecisionKind.NOT_THIS_COMPANY:
        Match.objects.filter(pending_id=decision.pending_id, company_id=decision.company_id or 0).delete()
        return
    TenantLink.objects.filter(decision=decision, ended_at=None).update(ended_at=by.now)
    if decision.undo.get("filled") and decision.company_id is not None:
        newcomers.take_back_filled(decision.company_id, decision.undo["filled"], by)
    if decision.kind == DecisionKind.CREATE and decision.company_id is not None:
        others = TenantLink.objects.filter(company_id=decision.company_id, ended_at=None)
        if others.exclude(tenant_id=decision.tenant_id).exists():
            raise DecisionRefused(
                f"{decision.company_name} can't be removed: another tenant is linked to it. Take that back first."
            )
        try:
            newcomers.remove_company(decision.company_id, "The decision that created it was taken back.", by)
        except CompanyInUse as used:
            raise DecisionRefused(f"{used} Disable the company instead.") from used
        decision.company = None


def before_of(decision: Decision) -> tuple[PendingState, datetime | None]:
    """Return what the row becomes when the decision is taken back: what it was, but a held one waits for a person."""
    if decision.kind == DecisionKind.NOT_THIS_COMPANY:
        return PendingState(decision.pending.state), decision.pending.snoozed_until
    until = decision.undo.get("snoozed_until")
    state = _former(decision)
    if decision.kind == DecisionKind.REOPEN and state is PendingState.SNOOZED and until:
        return state, datetime.fromisoformat(until)
    return (state if state is PendingState.IGNORED else PendingState.PENDING), None


def _former(decision: Decision) -> PendingState:
    return _RETURNS.get(decision.undo.get("state", ""), PendingState.PENDING)
