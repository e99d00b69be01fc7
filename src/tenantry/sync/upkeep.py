"""The queue jobs of each night: checking the audit's chains, removing old history. In slices that hand on."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone
from procrastinate import JobContext, RetryStrategy
from procrastinate.contrib.django import app

from tenantry.audit.checking import check_chain
from tenantry.audit.models import INSTALLATION
from tenantry.audit.retention import purge_events
from tenantry.audit.verifying import scope_of
from tenantry.isolation.scope import marketplace_scope
from tenantry.jobs import defer
from tenantry.marketplace.queries import every_marketplace_id
from tenantry.sync.notices.purging import forget_notices, forget_operator_notices
from tenantry.sync.pending.sampling import forget_samples, sample_queue
from tenantry.sync.people.purging import purge_people
from tenantry.sync.retention import purge_observations, purge_runs

_SLICE_SECONDS = 20.0
_RETRY = RetryStrategy(max_attempts=5, wait=60, exponential_wait=5)


def _places_from(first: int) -> list[int]:
    """Return the installation and all marketplaces, by number, from ``first`` on."""
    return sorted(place for place in (INSTALLATION, *every_marketplace_id()) if place >= first)


def _slice(context: JobContext) -> Callable[[], bool]:
    ends = time.monotonic() + _SLICE_SECONDS
    return lambda: time.monotonic() >= ends or context.should_abort()


@app.periodic(cron="20 2 * * *")
@app.task(queueing_lock="begin-audit-check")
def begin_audit_check(timestamp: int) -> None:  # noqa: ARG001  # procrastinate's signature
    """Have the audit's chains checked: what is new each night, everything once a week."""
    defer("tenantry.sync.upkeep.check_audit", lock="check-audit", first=INSTALLATION, going_on=0)


@app.task(pass_context=True, retry=_RETRY)
def check_audit(context: JobContext, first: int, going_on: int) -> None:
    """Check the chains of ``first`` and all marketplaces after it; ``going_on``: that of ``first`` was begun."""
    stopped_in = check_chains(first, going_on=bool(going_on), should_stop=_slice(context))
    if stopped_in is not None:
        defer("tenantry.sync.upkeep.check_audit", lock="check-audit", first=stopped_in, going_on=1)


def check_chains(first: int, *, going_on: bool, should_stop: Callable[[], bool]) -> int | None:
    """Check chains one after the other; return in which it was stopped, or ``None`` when all are checked."""
    for marketplace_id in _places_from(first):
        anew = False if going_on and marketplace_id == first else None
        verdict = check_chain(marketplace_id=marketplace_id, now=timezone.now(), should_stop=should_stop, anew=anew)
        if not verdict.ended and not verdict.faults:
            return marketplace_id
    return None


@app.periodic(cron="55 * * * *")
@app.task(queueing_lock="sample-queues")
def sample_queues(timestamp: int) -> None:  # noqa: ARG001  # procrastinate's signature
    """Count how long each queue is, for the chart over time."""
    for marketplace_id in every_marketplace_id():
        with marketplace_scope(marketplace_id):
            sample_queue(now=timezone.now())


@app.periodic(cron="50 2 * * *")
@app.task(queueing_lock="begin-purge")
def begin_purge(timestamp: int) -> None:  # noqa: ARG001  # procrastinate's signature
    """Have old history removed."""
    defer("tenantry.sync.upkeep.purge", lock="purge", first=INSTALLATION)


@app.task(pass_context=True, retry=_RETRY)
def purge(context: JobContext, first: int) -> None:
    """Remove old history of ``first`` and all marketplaces after it, then what none of them needs."""
    stopped_in = purge_history(first, now=timezone.now(), should_stop=_slice(context))
    if stopped_in is not None:
        defer("tenantry.sync.upkeep.purge", lock="purge", first=stopped_in)


def purge_history(first: int, *, now: datetime, should_stop: Callable[[], bool]) -> int | None:
    """Remove old history; return in which marketplace it was stopped, or ``None`` when all is done."""
    before = now - timedelta(days=settings.HISTORY_DAYS)
    last = first
    for marketplace_id in _places_from(first):
        last = marketplace_id
        done = _purge_events(marketplace_id, now=now, should_stop=should_stop)
        if done and marketplace_id != INSTALLATION:
            with marketplace_scope(marketplace_id):
                forget_samples(before=before)
            _forget_all(marketplace_id, before=before, should_stop=should_stop)
            done = purge_runs(marketplace_id=marketplace_id, before=before, should_stop=should_stop)
        if not done:
            return marketplace_id
    while forget_operator_notices(before=before) and not should_stop():
        pass
    done = purge_people(now=now, should_stop=should_stop) and purge_observations(before=before, should_stop=should_stop)
    return None if done else last


def _forget_all(marketplace_id: int, *, before: datetime, should_stop: Callable[[], bool]) -> None:
    """Remove old notices of the marketplace, batch by batch: what is left when it is stopped goes the next night."""
    while not should_stop():
        with marketplace_scope(marketplace_id):
            if not forget_notices(before=before):
                return


def _purge_events(marketplace_id: int, *, now: datetime, should_stop: Callable[[], bool]) -> bool:
    """Remove old events, if the operator set for how long they are kept; tell whether all are gone."""
    if not settings.AUDIT_DAYS:
        return True
    before = now - timedelta(days=settings.AUDIT_DAYS)
    while not should_stop():
        with scope_of(marketplace_id):
            if not purge_events(marketplace_id=marketplace_id, before=before, now=now):
                return True
    return False


upkeep_jobs = (sample_queues, begin_audit_check, check_audit, begin_purge, purge)
