"""Takes back what people or a rule decided on tenants: companies made, links, rows put aside."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Q

from tenantry.audit.events import Actor
from tenantry.core.planning.companies import ChangeKind
from tenantry.core.undoing import Effect
from tenantry.sync.deciding.answering import Circumstances
from tenantry.sync.deciding.consequences import explain_undos
from tenantry.sync.deciding.many import KINDS
from tenantry.sync.deciding.refusals import AlreadyDecided, DecisionRefused
from tenantry.sync.deciding.undoing import before_of, undo_decision
from tenantry.sync.models import Change, Decision, DecisionKind, PendingCompany
from tenantry.sync.undoing.ways import Planned, UndoRefused, UndoStale, Way

_GONE = Effect("The decision behind it is not known any more.")


def _plan(changes: Sequence[Change], actor: Actor, now: datetime) -> dict[int, Planned]:
    found = _decisions(changes)
    effects = explain_undos(list(found.values()), actor=actor, may_undo_any=True, now=now)
    return {
        change.pk: _planned(found[change.pk], effects[found[change.pk].pk]) if change.pk in found else Planned(_GONE)
        for change in changes
    }


def _planned(decision: Decision, effect: Effect) -> Planned:
    pending = decision.pending
    return Planned(
        effect,
        before={"state": pending.state},
        after={"state": before_of(decision)[0].value},
        details={
            "decision": decision.pk,
            "pending": pending.pk,
            "version": pending.version,
            "creates": decision.kind == DecisionKind.CREATE,
        },
    )


def _decisions(changes: Sequence[Change]) -> dict[int, Decision]:
    """Return the decision of each change: the one that its run made of its tenant, or that a creation names."""
    named = {change.pk: (change.details or {}).get("decision") for change in changes}
    tenants, runs = {change.tenant_id for change in changes}, {change.run_id for change in changes}
    own = Q(tenant_id__in=tenants, run_id__in=runs) & ~Q(kind="undo")
    rows = Decision.objects.select_related("pending", "undone_by")
    found = list(rows.filter(own | Q(pk__in=[pk for pk in named.values() if pk])).order_by("pk"))
    by_pk, by_place = {row.pk: row for row in found}, {(row.run_id, row.tenant_id): row for row in found}
    pairs = ((change.pk, by_pk.get(named[change.pk] or 0) or by_place.get((change.run_id, change.tenant_id)))
             for change in changes)  # fmt: skip
    return {pk: decision for pk, decision in pairs if decision is not None}


def _take_back(undo: Change, by: Circumstances) -> None:
    details = undo.details or {}
    version = PendingCompany.objects.select_for_update().values_list("version", flat=True).get(pk=details["pending"])
    if version != details["version"]:
        raise UndoStale("Somebody decided on this tenant after the undo was planned.")
    try:
        undo_decision(decision_id=details["decision"], may_undo_any=True, **by.keywords)
    except AlreadyDecided as told:
        raise UndoStale(str(told)) from told
    except DecisionRefused as refused:
        raise UndoRefused(str(refused)) from refused


DECIDED = Way(frozenset({*KINDS.values(), ChangeKind.CREATE.value}), _plan, _take_back)
