"""Automatic creation as a step of a run: compare with the companies, plan, brake, make what is let go."""

from collections.abc import Callable
from datetime import datetime

from tenantry.isolation.scope import marketplace_scope
from tenantry.sync.automatic.held import HELD_CREATIONS
from tenantry.sync.automatic.planning import brake_creations, plan_creations
from tenantry.sync.holds.applying import apply_planned
from tenantry.sync.holds.settling import drop_decided
from tenantry.sync.matching.refreshing import match_all
from tenantry.sync.switches import read_company_sync


def create_automatically(
    run_id: int, *, marketplace_id: int, preview: bool, clock: Callable[[], datetime],
    should_stop: Callable[[], bool],
) -> bool:  # fmt: skip
    """Do the step for a run; return False when stopped before the end. Safe to repeat. A preview only plans.

    Comes after the pending companies were brought up to date: a row whose details are not read yet, or that is not
    compared with the companies yet, is left for the next time.
    """
    with marketplace_scope(marketplace_id):
        if not read_company_sync().creates_automatically:
            return True
        if not preview:
            drop_decided(now=clock())
    if not preview and not match_all(marketplace_id=marketplace_id, clock=clock, should_stop=should_stop):
        return False
    if not plan_creations(run_id, marketplace_id=marketplace_id, clock=clock, should_stop=should_stop):
        return False
    if preview or brake_creations(run_id, marketplace_id=marketplace_id, now=clock()):
        return True
    return apply_planned(run_id, HELD_CREATIONS, marketplace_id=marketplace_id, clock=clock, should_stop=should_stop)
