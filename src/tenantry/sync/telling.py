"""What the audit is told of runs and of tenants' contacts."""

from collections.abc import Sequence
from datetime import datetime

from tenantry.audit.events import Actor, Happening, Target
from tenantry.audit.services import record_event
from tenantry.sync.models import Run


def contact_subject(external_id: str) -> str:
    """Return whom the values of a tenant's contact are sealed for."""
    return f"contact:{external_id}"


def record_run(
    run: Run, verb: str, fields: Sequence[str], *, actor: Actor, now: datetime, request_id: str = "", reason: str = ""
) -> None:
    """Record ``sync.run.<verb>`` with these fields of the run and its counters. In the marketplace's scope."""
    told = {field: getattr(run, field) for field in fields}
    happening = Happening(f"sync.run.{verb}", Target("run", str(run.pk)), after=told | run.counters, reason=reason)
    record_event(
        happening, actor=actor, marketplace_id=run.marketplace_id, now=now, request_id=request_id, run_id=run.pk
    )
