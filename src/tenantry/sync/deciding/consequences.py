"""What came of decisions since they were made, many at once, for judging whether they can be taken back.

In a marketplace's scope; the number of queries does not depend on how many decisions these are.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from tenantry.audit.events import Actor
from tenantry.core.undoing import DecisionFacts, Effect, judge_decision
from tenantry.marketplace.models import Company, Invitation
from tenantry.sync.deciding import newcomers
from tenantry.sync.deciding.answering import STATE_OF
from tenantry.sync.models import Decision, DecisionKind, PendingCompany, TenantLink

_OTHER = "another tenant is linked to it"


@dataclass(frozen=True, slots=True)
class _Since:
    """What is there now: standing decisions, companies that are there, why they stay, invitations by membership."""

    standing: frozenset[int]
    names: Mapping[int, str]
    in_use: Mapping[int, list[str]]
    other_links: frozenset[tuple[int, int]]
    invitations: Mapping[int, Invitation]


def explain_undos(
    decisions: Sequence[Decision], *, actor: Actor, may_undo_any: bool, now: datetime
) -> dict[int, Effect]:
    """Say, by decision, what taking it back would do and what it can't. Writes nothing. Up to a dozen queries."""
    since = _since(decisions)
    facts = {each.pk: _facts(each, since, actor, may_undo_any=may_undo_any) for each in decisions}
    return {pk: judge_decision(one, now=now) for pk, one in facts.items()}


def facts_of(decision: Decision, *, actor: Actor, may_undo_any: bool) -> DecisionFacts:
    """Return what is known of one decision now."""
    return _facts(decision, _since([decision]), actor, may_undo_any=may_undo_any)


def _since(decisions: Sequence[Decision]) -> _Since:
    created = {each.company_id for each in decisions if each.kind == DecisionKind.CREATE and each.company_id}
    memberships = [each.undo.get("membership") for each in decisions if each.undo.get("membership")]
    companies = list(Company.objects.filter(pk__in=created)) if created else []
    links = TenantLink.objects.filter(company_id__in=created, ended_at=None) if created else TenantLink.objects.none()
    return _Since(
        standing=_standing({each.pending_id for each in decisions}),
        names={company.pk: company.name for company in companies},
        in_use=newcomers.why_in_use(companies),
        other_links=frozenset(links.values_list("company_id", "tenant_id")),
        invitations=newcomers.live_invitations(memberships),
    )


def _standing(pending_ids: Iterable[int]) -> frozenset[int]:
    """Return the decisions that made these rows what they are."""
    made = Decision.objects.filter(pending_id__in=list(pending_ids), kind__in=list(STATE_OF), undone_by=None)
    latest = list(
        made.order_by("pending_id", "-id").distinct("pending_id").values_list("pending_id", "pk", "kind")
    )  # fmt: skip
    states = dict(PendingCompany.objects.filter(pk__in=[row[0] for row in latest]).values_list("pk", "state"))
    return frozenset(pk for pending_id, pk, kind in latest if STATE_OF[kind] == states[pending_id])


def _facts(decision: Decision, since: _Since, actor: Actor, *, may_undo_any: bool) -> DecisionFacts:
    company_id = decision.company_id or 0
    others = any(link[0] == company_id and link[1] != decision.tenant_id for link in since.other_links)
    invitation = since.invitations.get(decision.undo.get("membership") or 0)
    return DecisionFacts(
        kind=decision.kind,
        actor_name=decision.actor_name,
        decided_at=decision.created_at,
        undone_by=(decision.undone_by.actor_name or "Somebody") if decision.undone_by else "",
        own=may_undo_any or (decision.actor_id is not None and decision.actor_id == actor.id),
        standing=decision.pk in since.standing,
        former=decision.undo.get("state", ""),
        company=since.names.get(company_id, decision.company_name),
        company_there=company_id in since.names,
        in_use=(*since.in_use.get(company_id, ()), *([_OTHER] if others else [])),
        filled=tuple(map(str, decision.undo.get("filled") or ())),
        contact_added=bool(decision.undo.get("membership")) and decision.kind == DecisionKind.LINK,
        invitation=invitation.email if invitation else "",
        invitation_left=invitation is not None and newcomers.has_left(invitation),
    )
