"""Drives a sync in this process, for the command line: no queue, the same slices.

A worker may be at it already: then this only waits for it.
"""

import time
from collections.abc import Callable
from datetime import datetime

from django.utils import timezone

from tenantry.sync.driving import drive_details, drive_first_passes, drive_listing
from tenantry.sync.models import Observation
from tenantry.sync.models.observed import LIVE_OBSERVATION
from tenantry.sync.runs.lifecycle import live_runs

_PAUSE_SECONDS = 0.5


def drive_to_end(observation_id: int, connection_id: int, *, on_step: Callable[[], None]) -> None:
    """Read the listing and the details and take every run of the connection to its end.

    ``on_step`` is called often, to show progress; it may raise to stop, and all goes on another time.
    """

    def look_up() -> bool:
        on_step()
        return False

    while _is_live(observation_id):
        standing = drive_listing(observation_id, clock=timezone.now, should_stop=look_up)
        _wait(standing.retry_at if standing else None, on_step, busy=standing is None)
    while _has_runs(observation_id, connection_id):
        drive_first_passes(connection_id, clock=timezone.now, should_stop=look_up)
        if not _has_runs(observation_id, connection_id):
            break
        details = drive_details(connection_id, clock=timezone.now, should_stop=look_up)
        _wait(details.retry_at, on_step, busy=details.busy)
    on_step()


def _is_live(observation_id: int) -> bool:
    return Observation.objects.filter(pk=observation_id, state__in=LIVE_OBSERVATION).exists()


def _has_runs(observation_id: int, connection_id: int) -> bool:
    return any(ref.observation_id == observation_id for ref in live_runs(connection_id))


def _wait(until: datetime | None, on_step: Callable[[], None], *, busy: bool) -> None:
    if busy:
        time.sleep(_PAUSE_SECONDS)
    while until is not None and timezone.now() < until:
        on_step()
        time.sleep(_PAUSE_SECONDS)
