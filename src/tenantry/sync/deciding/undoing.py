"""Taking a decision back, for 30 days, and saying beforehand what of it can't be."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction

from tenantry.audit.events import Actor
from tenantry.marketplace.companies.services import CompanyInUse
from tenantry.marketplace.models import Company
from tenantry.sync.deciding import newcomers
from tenantry.sync.deciding.answering import (
    Answer,
    Circumstances,
    Decided,
    record_answer,
    standing_decision,
)
from tenantry.sync.deciding.refusals import AlreadyDecided, DecisionRefused
from tenantry.sync.models import Decision, DecisionKind, Match, PendingCompany, PendingState, TenantLink

UNDO_FOR = timedelta(days=30)
_RETURNS: dict[str, PendingState] = {
    PendingState.IGNORED: PendingState.IGNORED,
    PendingState.SNOOZED: PendingState.SNOOZED,
}


@dataclass(frozen=True, slots=True)
class Effect:
    """What taking a decision back would do, in sentences. ``refusal`` says why it can't be done at all."""

    refusal: str = ""
    does: list[str] = field(default_factory=list)
    stays: list[str] = field(default_factory=list)

    @property
    def possible(self) -> bool:
        """Whether the decision can be taken back now."""
        return not self.refusal


def explain_undo(decision: Decision, *, actor: Actor, may_undo_any: bool, now: datetime) -> Effect:
    """Say what taking the decision back would do and what it can't. In the marketplace's scope; writes nothing."""
    if decision.undone_by is not None:
        return Effect(f"{decision.undone_by.actor_name} took it back already.")
    refusal = _why_not(decision, actor, may_undo_any=may_undo_any, now=now)
    if refusal:
        return Effect(refusal)
    explain = {DecisionKind.CREATE: _explain_create, DecisionKind.LINK: _explain_link}
    kind = DecisionKind(decision.kind)
    if kind in explain:
        return explain[kind](decision)
    if kind is DecisionKind.NOT_THIS_COMPANY:
        return Effect(does=[f"{decision.company_name} is proposed again where it matches."])
    words = {PendingState.IGNORED: "is ignored again.", PendingState.SNOOZED: "is snoozed again."}
    return Effect(does=["The tenant " + words.get(_former(decision), "waits for a decision again.")])


def _why_not(decision: Decision, actor: Actor, *, may_undo_any: bool, now: datetime) -> str:
    if decision.kind == DecisionKind.UNDO:
        return "This took a decision back. Decide anew instead."
    if not may_undo_any and (decision.actor_id is None or decision.actor_id != actor.id):
        return f"{decision.actor_name} decided this. Only they or a marketplace manager can take it back."
    if now - decision.created_at > UNDO_FOR:
        return f"A decision can be taken back for {UNDO_FOR.days} days. This one is older."
    if decision.kind == DecisionKind.NOT_THIS_COMPANY:
        return ""
    standing = standing_decision(decision.pending)
    if standing is None or standing.pk != decision.pk:
        return "Something was decided after this. Take that back first."
    return ""


def _explain_create(decision: Decision) -> Effect:
    company = Company.objects.filter(pk=decision.company_id or 0).first()
    if company is None:
        return Effect(does=["The tenant waits for a decision again."], stays=["The company is gone already."])
    reasons = newcomers.why_in_use(company.pk) + _other_links(decision)
    if reasons:
        return Effect(
            f"{company.name} has more by now than what Company Sync made: {'; '.join(reasons)}. Disable it instead."
        )
    does = [
        f"{company.name} and its administrator's place in it are removed.",
        "The tenant waits for a decision again.",
    ]
    return Effect(does=does + _revoked(decision), stays=_unsendable(decision))


def _other_links(decision: Decision) -> list[str]:
    others = TenantLink.objects.filter(company_id=decision.company_id or 0, ended_at=None)
    return ["another tenant is linked to it"] if others.exclude(tenant_id=decision.tenant_id).exists() else []


def _explain_link(decision: Decision) -> Effect:
    does = [f"The tenant is no longer linked to {decision.company_name}, and waits for a decision again."]
    stays = []
    if decision.undo.get("filled"):
        does.append("What the link filled in is blank again where nobody changed it since: " + _labels(decision) + ".")
    if decision.undo.get("membership"):
        stays.append("The contact who was added stays an administrator. Deactivate the membership if it is wrong.")
    return Effect(does=does, stays=stays)


def _labels(decision: Decision) -> str:
    return ", ".join(str(name).replace("_", " ") for name in decision.undo.get("filled", {}))


def _revoked(decision: Decision) -> list[str]:
    invitation = newcomers.live_invitation(decision.undo.get("membership") or 0)
    return [f"The invitation to {invitation.email} is revoked: its link stops working."] if invitation else []


def _unsendable(decision: Decision) -> list[str]:
    invitation = newcomers.live_invitation(decision.undo.get("membership") or 0)
    left = invitation is not None and newcomers.has_left(invitation)
    return ["The e-mail with the invitation has left and can't be unsent."] if left else []


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
    refusal = _why_not(decision, actor, may_undo_any=may_undo_any, now=now)
    if refusal:
        raise DecisionRefused(refusal)
    company = decision.company
    _take_back(decision, by)
    state, until = _before(decision)
    undone = record_answer(
        pending,
        Answer(DecisionKind.UNDO, state, None, reason=_told(decision), undo={"of": decision.pk}, snoozed_until=until),
        by,
    )
    decision.undone_by = undone
    decision.save(update_fields=["undone_by"])
    return Decided(pending.pk, undone.pk, DecisionKind.UNDO, company.pk if company else None, decision.company_name)


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
        others = _other_links(decision)
        if others:
            raise DecisionRefused(f"{decision.company_name} can't be removed: {others[0]}. Take that back first.")
        try:
            newcomers.remove_company(decision.company_id, "The decision that created it was taken back.", by)
        except CompanyInUse as used:
            raise DecisionRefused(f"{used} Disable the company instead.") from used
        decision.company = None


def _before(decision: Decision) -> tuple[PendingState, datetime | None]:
    """Return what the row was before the decision; a held row waits for a person now."""
    if decision.kind == DecisionKind.NOT_THIS_COMPANY:
        return PendingState(decision.pending.state), decision.pending.snoozed_until
    until = decision.undo.get("snoozed_until")
    state = _former(decision)
    if decision.kind == DecisionKind.REOPEN and state is PendingState.SNOOZED and until:
        return state, datetime.fromisoformat(until)
    return (state if state is PendingState.IGNORED else PendingState.PENDING), None


def _former(decision: Decision) -> PendingState:
    return _RETURNS.get(decision.undo.get("state", ""), PendingState.PENDING)
