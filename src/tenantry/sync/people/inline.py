"""Drives runs of User Sync in this process, for the command line: no queue, the same slices.

A worker may be at it already: then this only waits for it.
"""

import time
from collections.abc import Callable

from django.utils import timezone

from tenantry.isolation.scope import marketplace_scope
from tenantry.sync.models import RunTenant, RunTenantState
from tenantry.sync.people.driving import drive_people

_PAUSE_SECONDS = 0.5
_SHOW_SECONDS = 0.5


def drive_people_to_end(connection_id: int, *, on_step: Callable[[], None]) -> None:
    """Take every live run of the connection to its end. ``on_step`` is called now and then; it may raise to stop."""
    shown = 0.0

    def look_up() -> bool:
        nonlocal shown
        if time.monotonic() - shown >= _SHOW_SECONDS:
            shown = time.monotonic()
            on_step()
        return False

    while True:
        standing = drive_people(connection_id, clock=timezone.now, should_stop=look_up)
        if not standing.left:
            break
        if standing.busy:
            time.sleep(_PAUSE_SECONDS)
        while standing.retry_at is not None and timezone.now() < standing.retry_at:
            on_step()
            time.sleep(_PAUSE_SECONDS)
        on_step()
    on_step()


def tenants_done(run_id: int, marketplace_id: int) -> tuple[int, int]:
    """Return how many of a run's tenants are done, and how many there are."""
    with marketplace_scope(marketplace_id):
        rows = RunTenant.objects.filter(run_id=run_id)
        waiting = rows.filter(state__in=[RunTenantState.WAITING, RunTenantState.READ]).count()
        total = rows.count()
        return total - waiting, total
