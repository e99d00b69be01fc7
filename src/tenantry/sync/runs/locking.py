"""Whether a run goes on, asked or held for whoever writes what belongs to it. In the marketplace's scope."""

from tenantry.sync.models import Run
from tenantry.sync.models.runs import LIVE_RUN


def goes_on(run_id: int) -> bool:
    """Whether the run has not ended."""
    return Run.objects.filter(pk=run_id, ended_at=None).exists()


def lock_live_run(run_id: int) -> Run | None:
    """Return the run with its connection, locked: it can't end before the caller's transaction does.

    ``None`` when it has ended meanwhile: another process may have taken it up, or a newer run its place. What was
    planned for it now would never be made, nor counted.
    """
    live = Run.objects.select_for_update(of=("self",)).select_related("connection")
    return live.filter(pk=run_id, state__in=LIVE_RUN).first()
