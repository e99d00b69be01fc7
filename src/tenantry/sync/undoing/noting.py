"""Says on changes of runs that they were taken back. In the marketplace's scope."""

from datetime import datetime

from tenantry.sync.holds.releasing import RELEASE
from tenantry.sync.models import Change, ChangeState
from tenantry.sync.runs.accounting import count_undone
from tenantry.sync.undoing.ways import UndoStale


def note_undone(change_id: int | None, *, now: datetime) -> Change:
    """Say on an applied change, and on the row of the release that let it go, that they are undone; return the change.

    Raises :class:`UndoStale` when somebody was faster.
    """
    original = (
        Change.objects.select_for_update(of=("self",)).filter(pk=change_id or 0, state=ChangeState.APPLIED).first()
    )
    if original is None:
        raise UndoStale("It was taken back meanwhile.")
    rows = [original]
    if original.hold_id is not None:
        released = Change.objects.filter(tenant_id=original.tenant_id, kind=RELEASE, state=ChangeState.APPLIED)
        rows += released.filter(details__change=original.pk)
    for row in rows:
        row.state, row.settled_at = ChangeState.UNDONE, now
        row.save(update_fields=["state", "settled_at"])
        count_undone(row.run_id)
    return original
