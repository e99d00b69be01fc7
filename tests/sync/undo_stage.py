"""Taking runs back in the sync's plays, and what must be so afterwards."""

from collections.abc import Sequence

from tests.sync.deciding_stage import KIM
from tests.sync.stage import Clock

from tenantry.audit.events import Actor
from tenantry.isolation.scope import marketplace_scope
from tenantry.marketplace.models import Company
from tenantry.sync.models import Change, Decision, PendingCompany, Run, TenantLink
from tenantry.sync.runs.linked import values_of
from tenantry.sync.undoing.carrying import drive_undo
from tenantry.sync.undoing.planning import UndoForecast, Wanted, forecast_undo, start_undo


def look(marketplace_id: int, run_id: int, clock: Clock, ids: Sequence[int] | None = None) -> UndoForecast:
    """What the page would say beforehand."""
    with marketplace_scope(marketplace_id):
        return forecast_undo(_wanted(run_id, ids), actor=KIM, now=clock())


def _wanted(run_id: int, ids: Sequence[int] | None) -> Wanted:
    return Wanted(Run.objects.get(pk=run_id), None if ids is None else tuple(ids))


def start(
    marketplace_id: int, run_id: int, clock: Clock, ids: Sequence[int] | None = None, *, actor: Actor = KIM,
    typed: int | None = None,
) -> Run:  # fmt: skip
    """Take back what can be taken back now."""
    seen = look(marketplace_id, run_id, clock, ids).seen
    with marketplace_scope(marketplace_id):
        return start_undo(wanted=_wanted(run_id, ids), seen=seen, actor=actor, now=clock(), typed=typed)


def drive(marketplace_id: int, run: Run, clock: Clock) -> Run:
    """Work until the run is over; as it is then."""
    assert drive_undo(run.pk, marketplace_id=marketplace_id, clock=clock, should_stop=lambda: False)
    with marketplace_scope(marketplace_id):
        return Run.objects.get(pk=run.pk)


def check_undone(marketplace_id: int, run_id: int) -> None:
    """Every row that was declared reversible is what it was before, and says so."""
    with marketplace_scope(marketplace_id):
        for undo in Change.objects.filter(run_id=run_id).select_related("undoes"):
            assert undo.undoes is not None
            assert (undo.state, undo.undoes.state) == ("applied", "undone"), undo.problem
            if undo.kind == "undo.company.update":
                company = Company.objects.get(pk=(undo.details or {})["company"])
                assert values_of(company, undo.after or {}) == undo.after
                continue
            pending = PendingCompany.objects.get(tenant_id=undo.tenant_id)
            assert pending.state == (undo.after or {})["state"]
            decision = Decision.objects.get(pk=(undo.details or {})["decision"])
            assert decision.undone_by_id is not None
            assert not TenantLink.objects.filter(decision=decision, ended_at=None).exists()
            assert decision.kind != "create" or decision.company_id is None
