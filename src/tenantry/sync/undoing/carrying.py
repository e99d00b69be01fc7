"""Takes back what a run of undoing planned, row by row: the work of a queue job, safe to stop anywhere and to repeat.

One row that fails stops no other: what went wrong stands on it.
"""

from collections.abc import Callable
from datetime import datetime

import structlog
from django.db import InterfaceError, OperationalError, transaction

from tenantry.isolation.scope import marketplace_scope
from tenantry.sync.deciding.carrying import drive_decisions
from tenantry.sync.models import Change, ChangeState, Run, RunKind
from tenantry.sync.models.runs import LIVE_RUN
from tenantry.sync.undoing.held import take_back_row
from tenantry.sync.undoing.judging import hold_undos
from tenantry.sync.undoing.ways import UndoRefused, UndoStale

_log = structlog.stdlib.get_logger(__name__)


def drive_undo(
    run_id: int, *, marketplace_id: int, clock: Callable[[], datetime], should_stop: Callable[[], bool]
) -> bool:
    """Take back until nothing is left or somebody cancels; return False when stopped before the end.

    What would take away more than the limits let through is held first; it is made when it is released.
    """
    with marketplace_scope(marketplace_id):
        run = Run.objects.filter(pk=run_id, state__in=LIVE_RUN, cancel_requested_at=None).first()
        if run is not None:
            hold_undos(run, now=clock())
    return drive_decisions(
        run_id, marketplace_id=marketplace_id, clock=clock, should_stop=should_stop, settle=_take_back
    )


def _take_back(undo: Change, run_id: int, now: datetime) -> tuple[ChangeState, str]:
    try:
        with transaction.atomic():
            take_back_row(undo, run_id=run_id, now=now)
    except UndoStale as stale:
        return ChangeState.STALE, str(stale)
    except UndoRefused as refused:
        return ChangeState.FAILED, str(refused)
    except (OperationalError, InterfaceError):  # the database went away: nothing can be noted either
        raise
    except Exception as error:  # noqa: BLE001  # one row must not stop the others; it is logged and shown
        _log.exception("undo_failed", change_id=undo.pk, run_id=run_id)
        return ChangeState.FAILED, f"An error in Tenantry itself stopped this ({type(error).__name__})."
    return ChangeState.APPLIED, ""


def live_undos(marketplace_id: int) -> list[int]:
    """Return the marketplace's runs of undoing that are not over."""
    with marketplace_scope(marketplace_id):
        return list(Run.objects.filter(kind=RunKind.UNDO, state__in=LIVE_RUN).values_list("pk", flat=True))
