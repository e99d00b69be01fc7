"""Companies that a rule would create, as a kind of change that may be held: their content, and making them."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.db import connection as database
from django.db.models import Exists, OuterRef, QuerySet

from tenantry.audit.events import Actor, ActorKind
from tenantry.core.planning.companies import ChangeKind, PendingView
from tenantry.core.planning.creation import GuardedContacts, Standing, judge_candidate
from tenantry.core.tenants import digest
from tenantry.isolation.scope import current_marketplace_id
from tenantry.sync.automatic.candidates import candidate_of
from tenantry.sync.automatic.guards import guarded_contacts
from tenantry.sync.automatic.words import AUTOMATIC_WORDS
from tenantry.sync.deciding.refusals import AlreadyDecided, DecisionRefused
from tenantry.sync.deciding.services import create_from_pending
from tenantry.sync.holds.kinds import CREATIONS, Applier, HeldKind, HeldRow, Outcome
from tenantry.sync.matching.refreshing import match_rows
from tenantry.sync.models import Change, ChangeState, PendingCompany, PendingState
from tenantry.sync.switches import CompanySyncSwitches, read_company_sync

RULE = Actor(ActorKind.SYSTEM, "Automatic creation")
_WAITS = [PendingState.PENDING, PendingState.HELD]
_NOT_NOW = "Companies are not created automatically any more."
_REFUSAL = "Companies are not created automatically now. A manager switches it on in Sync settings."

# What a person answered meanwhile is theirs: only what still waits is held. Rows are locked in order of tenant.
_MOVE = """
update sync_pendingcompany set state = %(to)s, by_hand = by_hand or %(by_hand)s where id in (
    select p.id from sync_pendingcompany p
    where p.marketplace_id = %(marketplace)s and p.state = %(from)s and p.tenant_id = any(%(tenants)s)
    order by p.tenant_id for update
)
"""


class HeldCreations(HeldKind):
    """Creations by rule."""

    name = CREATIONS
    change_kinds = frozenset({ChangeKind.CREATE.value})

    def refusal(self) -> str:
        """Nothing is created while automatic creation is off."""
        return "" if read_company_sync().creates_automatically else _REFUSAL

    def waiting(self, changes: QuerySet[Change]) -> QuerySet[Change]:
        """Leave out tenants that were decided on, or left."""
        held = PendingCompany.objects.filter(tenant_id=OuterRef("tenant_id"), state=PendingState.HELD)
        return changes.filter(Exists(held))

    def rows(self, changes: Sequence[Change], *, lock: bool = False) -> list[HeldRow]:
        """Return the companies as they would be made now. The facts have the ``pending`` company itself."""
        invites = read_company_sync().invites_admins
        tenants = [change.tenant_id for change in changes]
        found = PendingCompany.objects.select_related("tenant").filter(tenant_id__in=tenants, state=PendingState.HELD)
        if lock:
            found = found.select_for_update(of=("self",)).order_by("tenant_id")
        by_tenant = {row.tenant_id: row for row in found}
        there = [(change, by_tenant.get(change.tenant_id)) for change in changes]
        return [_row(change, pending, invites=invites) for change, pending in there if pending is not None]

    def applier(self) -> Applier:
        """Make companies, each judged again just before."""
        return partial(_create, guarded_contacts())

    def began_to_wait(self, changes: QuerySet[Change]) -> None:
        """Take the tenants out of what people decide on."""
        _move(changes.values_list("tenant_id", flat=True), PendingState.PENDING, PendingState.HELD)

    def end(self, changes: QuerySet[Change], *, by_hand: bool, actor: Actor, now: datetime) -> None:  # noqa: ARG002  # the kind's signature
        """Let the tenants wait for a person; ``by_hand`` keeps every rule off them."""
        _give_back(changes.values_list("tenant_id", flat=True), by_hand=by_hand)


HELD_CREATIONS = HeldCreations()


def _row(change: Change, pending: PendingCompany, *, invites: bool) -> HeldRow:
    """Return a creation with what would be made of it now. Without an address nobody is invited."""
    before = PendingView.from_json(change.before).snapshot if change.before else None
    changed = before is not None and before.content_hash != pending.content_hash
    note = change.problem or ("Changed since it was held; this is how it is now." if changed else "")
    invited = invites and bool(pending.contact_email)
    return HeldRow(change, content_of(pending, invite=invites), pending.name, {"pending": pending}, invited, note)


def content_of(pending: PendingCompany, *, invite: bool) -> UUID:
    """Return the digest of the company, its contact and whether that is invited; needs the row's tenant.

    Equal digests mean that what was approved is what would be made now.
    """
    tenant = pending.tenant
    return digest(
        pending.name, pending.country, pending.domain, pending.contact_name, pending.contact_email,
        tenant.contact_phone, tenant.contact_language, tenant.registration_number,
        json.dumps(tenant.address, sort_keys=True), *sorted(tenant.domains or ()), *pending.problems,
        "invited" if invite else "not invited",
    )  # fmt: skip


def _give_back(tenants: Iterable[int], *, by_hand: bool = False) -> None:
    _move(tenants, PendingState.HELD, PendingState.PENDING, by_hand=by_hand)


def _move(tenants: Iterable[int], before: PendingState, after: PendingState, *, by_hand: bool = False) -> None:
    parameters: dict[str, Any] = {
        "marketplace": current_marketplace_id(), "tenants": list(tenants), "from": before.value, "to": after.value,
        "by_hand": by_hand,
    }  # fmt: skip
    with database.cursor() as cursor:
        cursor.execute(_MOVE, parameters)


def _create(guarded: GuardedContacts, change: Change, *, run_id: int, now: datetime) -> Outcome:
    """Make one company, or say why not."""
    locked = PendingCompany.objects.select_for_update(of=("self",)).select_related("tenant")
    pending = locked.filter(tenant_id=change.tenant_id).first()
    if pending is None or pending.state not in _WAITS:
        return Outcome(ChangeState.STALE, "It was decided, or the tenant left, before the company was made.")
    switches = read_company_sync()
    if not switches.creates_automatically:
        _give_back([change.tenant_id])
        return Outcome(ChangeState.CANCELLED, _NOT_NOW)
    objection = _objection(change, pending, guarded, invites=switches.invites_admins, now=now)
    if objection:
        _give_back([change.tenant_id])
        return Outcome(ChangeState.STALE, objection)
    return _decide(pending, switches, run_id=run_id, now=now)


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


def _decide(pending: PendingCompany, switches: CompanySyncSwitches, *, run_id: int, now: datetime) -> Outcome:
    invite = switches.invites_admins and bool(pending.contact_email)
    try:
        decided = create_from_pending(
            pending_id=pending.pk, seen_version=pending.version, draft=None, invite=invite, actor=RULE, now=now,
            run_id=run_id, by_rule=True,
        )  # fmt: skip
    except AlreadyDecided as taken:
        return Outcome(ChangeState.STALE, str(taken))
    except DecisionRefused as refused:
        return Outcome(ChangeState.FAILED, str(refused))
    made = {
        "company": decided.company_id, "company_name": decided.company_name, "invited": decided.invited,
        "decision": decided.decision_id,
    }  # fmt: skip
    return Outcome(details=made)
