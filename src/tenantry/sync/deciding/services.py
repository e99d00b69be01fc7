"""Decisions on one pending company: create, link, ignore, snooze, reopen, *not this company*.

All run in a marketplace's scope. Each is one transaction: the row is locked and checked against what the person saw,
the decision, its audit event and all that follows are written together, or nothing is. Each raises
``PendingCompany.DoesNotExist`` for what is not in this marketplace, ``AlreadyDecided`` for what somebody decided
meanwhile (a form that is sent again, too) and ``DecisionRefused`` for what can't be.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from django.db import transaction

from tenantry.audit.events import Actor, ActorKind, Happening, Target
from tenantry.audit.services import record_events
from tenantry.core.drafts import CompanyDraft
from tenantry.isolation.scope import current_marketplace_id, marketplace_scope
from tenantry.marketplace.companies.services import CompanyRefused
from tenantry.marketplace.models import Company
from tenantry.marketplace.people.services import PersonRefused
from tenantry.sync.deciding import newcomers
from tenantry.sync.deciding.answering import (
    OPEN_STATES,
    Answer,
    Circumstances,
    Decided,
    decided,
    lock_pending,
    record_answer,
)
from tenantry.sync.deciding.drafts import draft_of, newcomer_of
from tenantry.sync.deciding.reasons import checked_reason
from tenantry.sync.deciding.refusals import CONTACT_WANTED, AlreadyDecided, DecisionRefused, why_not_link
from tenantry.sync.models import DecisionKind, Match, PendingCompany, PendingState, TenantLink
from tenantry.sync.queue import enqueue_matching
from tenantry.sync.switches import read_company_sync

_SCHEDULE = Actor(ActorKind.SCHEDULE, "Schedule")
_LONGEST_SNOOZE = timedelta(days=366)
_BATCH = 500


@transaction.atomic
def create_from_pending(
    *, pending_id: int, seen_version: int | None, draft: CompanyDraft | None, invite: bool | None, actor: Actor,
    now: datetime, request_id: str = "", run_id: int | None = None, by_rule: bool = False,
) -> Decided:  # fmt: skip
    """Make a pending company a company, with its primary contact as Company Administrator, and link the two.

    ``draft`` is the company as a person wants it, ``None`` as the tenant says. ``invite``: invite the first person;
    ``None`` as the settings say. ``by_rule``: no person decides, so what a person once put aside is refused.
    """
    by = Circumstances(actor, now, request_id, run_id)
    pending = lock_pending(pending_id, seen_version=seen_version)
    if by_rule and pending.by_hand:
        raise DecisionRefused("A person put this tenant aside, so no rule creates it.")
    _refuse_linked(pending)
    draft = _complete(draft or draft_of(pending), pending)
    try:
        company = newcomers.create_company(draft, by)
        membership_id, _ = newcomers.bring_administrator(company.pk, newcomer_of(draft, pending.tenant), by)
    except CompanyRefused as refused:
        raise DecisionRefused(str(refused), refused.errors) from refused
    except PersonRefused as refused:
        raise DecisionRefused(str(refused), {"contact_email": str(refused)}) from refused
    wanted = read_company_sync().invites_admins if invite is None else invite
    invitation = newcomers.invite(membership_id, by) if wanted else None
    undo = {"company": company.pk, "membership": membership_id, "invitation": invitation}
    answer = Answer(DecisionKind.CREATE, PendingState.CREATED, company, undo=undo, reason=_by_rule(by_rule=by_rule))
    decision = record_answer(pending, answer, by)
    _link(pending, company, decision.pk, now=now)
    return decided(decision, invited=invitation is not None)


def _by_rule(*, by_rule: bool) -> str:
    return "Companies are created automatically." if by_rule else ""


def _complete(draft: CompanyDraft, pending: PendingCompany) -> CompanyDraft:
    """Return the draft with the tenant's id; refuse one without a first person."""
    if not draft.contact_email.strip():
        raise DecisionRefused(CONTACT_WANTED, {"contact_email": CONTACT_WANTED})
    return replace(draft, tenant_ids=tuple(dict.fromkeys((*draft.tenant_ids, pending.tenant.external_id))))


def _refuse_linked(pending: PendingCompany) -> None:
    live = TenantLink.objects.filter(tenant_id=pending.tenant_id, ended_at=None).select_related("company").first()
    if live is not None:
        raise AlreadyDecided("Somebody", f"this tenant was linked to {live.company.name}", live.created_at)


def _link(pending: PendingCompany, company: Company, decision_id: int, *, now: datetime) -> TenantLink:
    return TenantLink.objects.create(
        marketplace_id=pending.marketplace_id, tenant_id=pending.tenant_id, company=company, decision_id=decision_id,
        created_at=now,
    )  # fmt: skip


@transaction.atomic
def link_pending(
    *, pending_id: int, company_id: int, seen_version: int | None, fill_blanks: bool, add_contact: bool, actor: Actor,
    now: datetime, request_id: str = "", run_id: int | None = None, by_request: bool = False,
) -> Decided:  # fmt: skip
    """Link a pending company to a company. Creates no company and renames none.

    ``fill_blanks``: give the company what it lacks and the tenant has. ``add_contact``: make the tenant's primary
    contact its administrator, uninvited. ``by_request``: the company asked for this tenant before, which is the one
    way to link while companies are created automatically, and to link an ignored one. Raises ``Company.DoesNotExist``
    as well.
    """
    by = Circumstances(actor, now, request_id, run_id)
    refusal = why_not_link(read_company_sync(), by_request=by_request)
    if refusal:
        raise DecisionRefused(refusal)
    states = (*OPEN_STATES, PendingState.IGNORED) if by_request else OPEN_STATES
    pending = lock_pending(pending_id, seen_version=seen_version, states=states)
    company = Company.objects.select_for_update().get(pk=company_id)
    _refuse_linked(pending)
    undo = _given(pending, company, by, fill_blanks=fill_blanks, add_contact=add_contact)
    answer = Answer(DecisionKind.LINK, PendingState.LINKED, company, undo=undo)
    decision = record_answer(pending, answer, by)
    _link(pending, company, decision.pk, now=now)
    return decided(decision)


def _given(
    pending: PendingCompany, company: Company, by: Circumstances, *, fill_blanks: bool, add_contact: bool
) -> dict[str, object]:
    """Give the company what was asked for; return what taking it back needs."""
    draft = draft_of(pending)
    undo: dict[str, object] = {"company": company.pk}
    if add_contact:
        if not draft.contact_email:
            raise DecisionRefused("This tenant has no primary contact with an e-mail address who could be added.")
        membership_id, new = _add_contact(company.pk, draft, pending, by)
        undo["membership"] = membership_id if new else None
    if fill_blanks:
        undo["filled"] = newcomers.fill_blanks(company.pk, draft, by)
    return undo


def _add_contact(company_id: int, draft: CompanyDraft, pending: PendingCompany, by: Circumstances) -> tuple[int, bool]:
    try:
        return newcomers.bring_administrator(company_id, newcomer_of(draft, pending.tenant), by)
    except PersonRefused as refused:
        raise DecisionRefused(f"The contact can't be added: {refused}") from refused


@transaction.atomic
def ignore_pending(
    *, pending_id: int, seen_version: int | None, reason_key: str, reason: str = "", actor: Actor, now: datetime,
    request_id: str = "", run_id: int | None = None,
) -> Decided:  # fmt: skip
    """Put a pending company aside for good, for a reason of :data:`~.reasons.IGNORE_REASONS`."""
    text = checked_reason(reason_key, reason)
    pending = lock_pending(pending_id, seen_version=seen_version)
    answer = Answer(DecisionKind.IGNORE, PendingState.IGNORED, reason_key=reason_key, reason=text)
    return decided(record_answer(pending, answer, Circumstances(actor, now, request_id, run_id)))


@transaction.atomic
def snooze_pending(
    *, pending_id: int, seen_version: int | None, until: datetime, actor: Actor, now: datetime, request_id: str = "",
    run_id: int | None = None,
) -> Decided:  # fmt: skip
    """Put a pending company off until a moment within a year; it comes back by itself."""
    if not now < until <= now + _LONGEST_SNOOZE:
        sentence = "Choose a day after today and within a year."
        raise DecisionRefused(sentence, {"until": sentence})
    pending = lock_pending(pending_id, seen_version=seen_version)
    answer = Answer(DecisionKind.SNOOZE, PendingState.SNOOZED, snoozed_until=until)
    return decided(record_answer(pending, answer, Circumstances(actor, now, request_id, run_id)))


@transaction.atomic
def reopen_pending(
    *, pending_id: int, seen_version: int | None, actor: Actor, now: datetime, request_id: str = "",
    run_id: int | None = None,
) -> Decided:  # fmt: skip
    """Let an ignored or snoozed company wait for a decision again."""
    pending = lock_pending(
        pending_id, seen_version=seen_version, states=(PendingState.IGNORED, PendingState.SNOOZED)
    )  # fmt: skip
    answer = Answer(DecisionKind.REOPEN, PendingState.PENDING)
    return decided(record_answer(pending, answer, Circumstances(actor, now, request_id, run_id)))


@transaction.atomic
def reject_match(
    *, pending_id: int, company_id: int, seen_version: int | None, actor: Actor, now: datetime, request_id: str = "",
    run_id: int | None = None,
) -> Decided:  # fmt: skip
    """Say that a pending company is *not this company*: it is never proposed again for this tenant."""
    pending = lock_pending(pending_id, seen_version=seen_version, states=(*OPEN_STATES, PendingState.IGNORED))
    company = Company.objects.get(pk=company_id)
    Match.objects.update_or_create(
        marketplace_id=current_marketplace_id(), pending=pending, company=company,
        defaults={"rejected_at": now, "rejected_by_name": actor.name[:200]},
        create_defaults={
            "certainty": 0, "created_at": now, "rejected_at": now, "rejected_by_name": actor.name[:200],
        },
    )  # fmt: skip
    _sum_up(pending)
    answer = Answer(
        DecisionKind.NOT_THIS_COMPANY, PendingState(pending.state), company, undo={"company": company.pk},
        snoozed_until=pending.snoozed_until,
    )  # fmt: skip
    return decided(record_answer(pending, answer, Circumstances(actor, now, request_id, run_id)))


def _sum_up(pending: PendingCompany) -> None:
    """Make the row's certainty and count what its matches say, until it is matched anew."""
    left = list(Match.objects.filter(pending=pending, rejected_at=None).values_list("certainty", flat=True))
    pending.certainty, pending.match_count = max(left, default=0), len(left)
    pending.save(update_fields=["certainty", "match_count"])


def wake_snoozed(*, marketplace_id: int, now: datetime) -> int:
    """Let what was snoozed until now wait for a decision again; return how many rows. Safe to repeat."""
    with marketplace_scope(marketplace_id):
        due = PendingCompany.objects.filter(state=PendingState.SNOOZED, snoozed_until__lte=now).order_by("tenant_id")
        rows = list(due.select_for_update(of=("self",), skip_locked=True).select_related("tenant")[:_BATCH])
        if not rows:
            return 0
        for row in rows:
            row.state, row.snoozed_until, row.matched_at, row.version = (
                PendingState.PENDING,
                None,
                None,
                row.version + 1,
            )
            row.decided_at, row.decided_by_name = None, ""
        fields = ["state", "snoozed_until", "matched_at", "version", "decided_at", "decided_by_name"]
        PendingCompany.objects.bulk_update(rows, fields)
        happenings = [
            Happening(
                "sync.pending.woken", Target("tenant", row.tenant.external_id, row.name), after={"state": row.state}
            )
            for row in rows
        ]
        record_events(happenings, actor=_SCHEDULE, marketplace_id=marketplace_id, now=now)
        enqueue_matching(marketplace_id)
        return len(rows)
