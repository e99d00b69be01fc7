"""Removes history that is old: runs with their changes, and observations with their findings. In batches.

What is still needed stays, however old: open holds and what waits or may be undone, and of each connection the latest
observation, the latest that was read to its end, and the latest complete one.
"""

from collections.abc import Callable, Iterable
from datetime import datetime

import structlog
from django.db import connection as database
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from tenantry.connections.models import Connection
from tenantry.isolation.scope import marketplace_scope
from tenantry.sync.models import Change, Finding, Hold, Observation, ObservationPage, ObservationState, Run
from tenantry.sync.models.holds import HoldState
from tenantry.sync.models.observed import LIVE_OBSERVATION
from tenantry.sync.models.runs import LIVE_RUN, ChangeState

_log = structlog.stdlib.get_logger(__name__)
_AT_ONCE = 2_000
_WAITS = [ChangeState.PLANNED, ChangeState.HELD, ChangeState.APPROVED]


def purge_runs(*, marketplace_id: int, before: datetime, should_stop: Callable[[], bool]) -> bool:
    """Remove the marketplace's runs that ended before ``before``, with their changes; tell whether all are gone.

    Each batch is a transaction of its own: called again after it was stopped, it goes on. Outside any scope.
    """
    runs = changes = 0
    ended = False
    while not ended and not should_stop():
        with marketplace_scope(marketplace_id):
            run = _old_runs(before).order_by("pk").first()
            if run is None:
                ended = True
            elif gone := _remove_changes(run):
                changes += gone
            else:
                run.delete()
                runs += 1
    if runs or changes:
        _log.info("history_purged", marketplace_id=marketplace_id, runs=runs, changes=changes)
    return ended


def _old_runs(before: datetime) -> QuerySet[Run]:
    needed = Q(next_attempt_at__isnull=False) | Q(settled_at__gte=before)
    waits = Change.objects.filter(needed | Q(state__in=_WAITS), run=OuterRef("pk"))
    # A preview's changes are planned and stay so: nothing waits for them.
    needed_of_previews = Change.objects.filter(needed, run=OuterRef("pk"))
    holds = Hold.objects.filter(run=OuterRef("pk"), state=HoldState.OPEN)
    old = Run.objects.filter(ended_at__lt=before).exclude(state__in=LIVE_RUN)
    idle = Q(preview=True) & ~Exists(needed_of_previews) | Q(preview=False) & ~Exists(waits)
    return old.filter(idle, ~Exists(holds))


def _remove_changes(run: Run) -> int:
    ids = list(Change.objects.filter(run=run).order_by("pk").values_list("pk", flat=True)[:_AT_ONCE])
    Change.objects.filter(pk__in=ids).delete()
    return len(ids)


def purge_observations(*, before: datetime, should_stop: Callable[[], bool]) -> bool:
    """Remove observations that ended before ``before`` and that no run names; tell whether all are gone.

    Resumable as :func:`purge_runs`, after which it is called. Outside any scope.
    """
    removed = findings = after = 0
    while not should_stop():
        batch = _old_observations(before, after)
        if not batch:
            _tell(removed, findings)
            return True
        after = batch[-1]
        for observation_id in sorted(set(batch) - _named_by_runs(batch)):
            if should_stop():
                break
            gone = _remove_parts(observation_id, should_stop)
            if gone is None:
                break
            findings += gone
            _remove_observation(observation_id)
            removed += 1
    _tell(removed, findings)
    return False


def _tell(observations: int, findings: int) -> None:
    if observations or findings:
        _log.info("observations_purged", observations=observations, findings=findings)


def _old_observations(before: datetime, after: int) -> list[int]:
    rows = Observation.objects.filter(ended_at__lt=before, pk__gt=after).exclude(state__in=LIVE_OBSERVATION)
    return list(rows.exclude(pk__in=_latest()).order_by("pk").values_list("pk", flat=True)[:_AT_ONCE])


def _latest() -> set[int]:
    """Return the observations that each connection is judged by."""
    kept: set[int] = set()
    for connection_id in Connection.objects.values_list("pk", flat=True):
        own = Observation.of_tenants(connection_id).filter(preview_only=False).order_by("-pk")
        everything = Observation.of_tenants(connection_id).order_by("-pk")
        for rows in (own, everything, own.filter(state=ObservationState.DONE), everything.filter(complete=True)):
            kept.update(rows.values_list("pk", flat=True)[:1])
    return kept


def _named_by_runs(ids: Iterable[int]) -> set[int]:
    with database.cursor() as cursor:
        cursor.execute("select id from observations_with_runs(%s) as id", [list(ids)])
        return {row[0] for row in cursor.fetchall()}


def _remove_observation(observation_id: int) -> None:
    # Django would first look for runs that name it, which needs a scope. None does; the database would refuse.
    with database.cursor() as cursor:
        cursor.execute("delete from sync_observation where id = %s", [observation_id])


def _remove_parts(observation_id: int, should_stop: Callable[[], bool]) -> int | None:
    """Remove findings and pages, in batches; return how many findings, or ``None`` when it was stopped."""
    findings = 0
    for model in (Finding, ObservationPage):
        while ids := list(model.objects.filter(observation_id=observation_id).values_list("pk", flat=True)[:_AT_ONCE]):
            with transaction.atomic():
                model.objects.filter(pk__in=ids).delete()
            findings += len(ids) if model is Finding else 0
            if should_stop():
                return None
    return findings
