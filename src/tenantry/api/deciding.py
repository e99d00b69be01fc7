"""Decisions on one pending company, and taking one back. Each names in ``If-Match`` the version that it is about."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, time
from typing import Any

from tenantry.api.areas import Area, Call, Reply
from tenantry.api.deciding_shapes import (
    CompanyGiven,
    Decided,
    IgnoreGiven,
    LinkGiven,
    PendingDraft,
    RejectGiven,
    SnoozeGiven,
    UndoEffect,
)
from tenantry.api.pending import pending_or_missing
from tenantry.api.problems import Problem
from tenantry.api.shapes import Id
from tenantry.api.versions import etag, seen_version
from tenantry.core.drafts import CompanyDraft, DomainDraft
from tenantry.core.permissions import SUPPORT_ROLES, Action
from tenantry.sync.deciding import answering
from tenantry.sync.deciding.drafts import draft_of
from tenantry.sync.deciding.refusals import AlreadyDecided, DecisionRefused
from tenantry.sync.deciding.services import (
    create_from_pending,
    ignore_pending,
    link_pending,
    reject_match,
    reopen_pending,
    snooze_pending,
)
from tenantry.sync.deciding.undoing import explain_undo, undo_decision
from tenantry.sync.models import Decision, PendingCompany
from tenantry.sync.switches import read_company_sync

area = Area("Decisions")
_DECIDING: dict[str, Any] = {"status": 200, "versioned": True, "refuses": True}
Decide = Callable[..., answering.Decided]


def _decide(call: Call, pk: int, decide: Decide, **given: Any) -> Reply:
    """Decide on the version that the call names; when there is another one by now, say who made it."""
    row = pending_or_missing(pk)
    seen = seen_version(call.request, row.version)
    try:
        return _told(decide(pending_id=pk, seen_version=seen, **given, **call.told))
    except (AlreadyDecided, DecisionRefused) as refused:
        if seen in {None, row.version}:
            raise
        headers = {"ETag": etag(row.version)}
        raise Problem("changed-meanwhile", f"{refused} Nothing was changed now.", headers=headers) from refused


def _told(decided: answering.Decided) -> Reply:
    row = PendingCompany.objects.get(pk=decided.pending_id)
    content = Decided(
        pending_id=row.pk, decision_id=decided.decision_id, kind=decided.kind.value, version=row.version,
        state=row.state, company_id=decided.company_id, company=decided.company_name, invited=decided.invited,
    )  # fmt: skip
    return Reply(content, version=row.version)


@area.get("/pending-companies/{int:pk}/draft", Action.DECIDE_PENDING, PendingDraft)
def show_draft(call: Call, pk: Id) -> Reply:  # every route gets its call
    """Show the company that the tenant would become."""
    row = pending_or_missing(pk)
    draft = draft_of(row)
    content = PendingDraft.of(draft, invites=read_company_sync().invites_admins)
    return Reply(content, version=row.version)


@area.post("/pending-companies/{int:pk}/create", Action.DECIDE_PENDING, Decided, **_DECIDING)
def create_company_from(call: Call, pk: Id, given: CompanyGiven) -> Reply:
    """Create the company that the tenant would become, as it is or with other values.

    Its primary contact becomes the first Company Administrator. `invite` is not for tokens of support staff.
    """
    proposed = draft_of(pending_or_missing(pk))
    locked = call.caller.role in SUPPORT_ROLES  # support staff never choose whether to invite
    invite = None if locked else given.invite
    return _decide(call, pk, create_from_pending, draft=_draft(given, proposed), invite=invite)


def _draft(given: CompanyGiven, proposed: CompanyDraft) -> CompanyDraft:
    """Return the company that is wanted. A domain that the provider vouched for stays verified."""
    plain = given.model_dump(exclude={"domains", "invite"}, exclude_none=True)
    draft = replace(proposed, **plain)
    if given.domains is None:
        return draft
    verified = {domain.domain for domain in proposed.domains if domain.verified}
    wanted = dict.fromkeys(domain.strip().lower() for domain in given.domains)
    return replace(draft, domains=tuple(DomainDraft(domain, verified=domain in verified) for domain in wanted))


@area.post("/pending-companies/{int:pk}/link", Action.DECIDE_PENDING, Decided, **_DECIDING)
def link_to_company(call: Call, pk: Id, given: LinkGiven) -> Reply:
    """Link the tenant to a company. Creates nothing, renames nothing."""
    wanted = {"fill_blanks": given.fill_blanks, "add_contact": given.add_contact}
    return _decide(call, pk, link_pending, company_id=given.company_id, **wanted)


@area.post("/pending-companies/{int:pk}/ignore", Action.DECIDE_PENDING, Decided, **_DECIDING)
def ignore(call: Call, pk: Id, given: IgnoreGiven) -> Reply:
    """Put the tenant aside for good, with a reason."""
    return _decide(call, pk, ignore_pending, reason_key=given.reason_key, reason=given.reason)


@area.post("/pending-companies/{int:pk}/snooze", Action.DECIDE_PENDING, Decided, **_DECIDING)
def snooze(call: Call, pk: Id, given: SnoozeGiven) -> Reply:
    """Put the tenant off until the beginning of a day, in UTC."""
    return _decide(call, pk, snooze_pending, until=datetime.combine(given.until, time(), tzinfo=UTC))


@area.post("/pending-companies/{int:pk}/not-this-company", Action.DECIDE_PENDING, Decided, **_DECIDING)
def not_this_company(call: Call, pk: Id, given: RejectGiven) -> Reply:
    """Say that the tenant is not this company: it is not proposed again."""
    return _decide(call, pk, reject_match, company_id=given.company_id)


@area.post("/pending-companies/{int:pk}/reopen", Action.DECIDE_PENDING, Decided, **_DECIDING)
def reopen(call: Call, pk: Id) -> Reply:
    """Let an ignored or snoozed tenant wait for a decision again."""
    return _decide(call, pk, reopen_pending)


@area.get("/decisions/{int:pk}/undo", Action.DECIDE_PENDING, UndoEffect)
def explain_taking_back(call: Call, pk: Id) -> UndoEffect:
    """Say what taking a decision back would do, and what it can't."""
    decision = Decision.objects.select_related("pending", "undone_by").get(pk=pk)
    effect = explain_undo(decision, actor=call.actor, may_undo_any=_any(call), now=call.caller.now)
    return UndoEffect(
        possible=effect.possible, refusal=effect.refusal, does=list(effect.does), stays=list(effect.stays)
    )  # fmt: skip


@area.post("/decisions/{int:pk}/undo", Action.DECIDE_PENDING, Decided, refuses=True)
def take_back(call: Call, pk: Id) -> Reply:
    """Take a decision back, within 30 days."""
    return _told(undo_decision(decision_id=pk, may_undo_any=_any(call), **call.told))


def _any(call: Call) -> bool:
    return call.caller.may(Action.UNDO_ANY_DECISION)
