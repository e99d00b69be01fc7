"""The sync's queue jobs. Each is a slice of work that can end anywhere and goes on in the next.

A job that is stopped with its worker hands on to a new job; one that died with its worker is returned by
the sweep, and ``resume_sync`` looks for work that nobody is doing.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import structlog
from django.conf import settings
from django.db import connection as database
from django.utils import timezone
from procrastinate import JobContext
from procrastinate.contrib.django import app
from procrastinate.worker import Worker

from tenantry.audit.chain import chain_events
from tenantry.audit.models import INSTALLATION
from tenantry.connections.call_counts import keep_call_counts
from tenantry.connections.models import Connection
from tenantry.isolation.scope import marketplace_scope
from tenantry.jobs import gathered, return_jobs_of_dead_workers
from tenantry.marketplace.invitations.queries import anything_waits
from tenantry.marketplace.invitations.sending import enqueue_sending, send_due
from tenantry.marketplace.invitations.services import expire_invitations
from tenantry.marketplace.queries import every_marketplace_id
from tenantry.sync.consent import consent_jobs  # noqa: F401  # the queue finds jobs through this module
from tenantry.sync.deciding.carrying import drive_decisions, end_decisions, live_decisions
from tenantry.sync.deciding.services import wake_snoozed
from tenantry.sync.driving import drive_details, drive_first_passes, drive_listing
from tenantry.sync.google.requests import start_due_google_listings
from tenantry.sync.hints.jobs import hint_jobs  # noqa: F401  # same
from tenantry.sync.holds.applying import apply_released, expire_approvals, wants_applying
from tenantry.sync.matching.refreshing import match_all, wants_help, wants_matching
from tenantry.sync.models import BrakeLimits, Observation
from tenantry.sync.models.observed import LIVE_OBSERVATION
from tenantry.sync.models.runs import RunState
from tenantry.sync.notices.letters import send_notice_letter  # noqa: F401  # same
from tenantry.sync.people import jobs as people_jobs  # noqa: F401  # same
from tenantry.sync.quarantine.jobs import look_after_quarantines  # noqa: F401  # same
from tenantry.sync.queue import (
    enqueue_decisions,
    enqueue_listing,
    enqueue_matching,
    enqueue_matching_help,
    enqueue_released,
    enqueue_runs,
)
from tenantry.sync.runs.lifecycle import begin_runs, fail_everything, failure_of_ours, live_runs
from tenantry.sync.schedule import start_due_syncs
from tenantry.sync.slices import RETRY, ended_when_hopeless, slice_of
from tenantry.sync.undoing.jobs import undoing_jobs  # noqa: F401  # the queue finds jobs through this module
from tenantry.sync.upkeep import upkeep_jobs  # noqa: F401  # same

_BEGUN = {RunState.APPLYING, RunState.READING_DETAILS}


async def logged_job(go_on: Callable[[], Awaitable[Any]], context: JobContext, _worker: Worker) -> Any:
    """Run a job with its number, its task and its arguments (run, marketplace, connection) on each of its log lines."""
    job = context.job
    known = {"job_id": job.id, "task": job.task_name.rpartition(".")[2], **job.task_kwargs} if job else {}
    with structlog.contextvars.bound_contextvars(**known):
        try:
            return await go_on()
        finally:
            await asyncio.to_thread(_keep_counts)


def _keep_counts() -> None:
    try:
        keep_call_counts()
    finally:
        database.close()  # this thread's own


def _ended_when_hopeless(context: JobContext, connection_id: int) -> AbstractContextManager[None]:
    def end(error: Exception) -> None:
        fail_everything(connection_id, failure_of_ours(error), now=timezone.now())

    return ended_when_hopeless(context, "sync_job_failed", end, connection_id=connection_id)


@app.task(pass_context=True, retry=RETRY)
def observe(context: JobContext, observation_id: int) -> None:
    """Read the listing of an observation, then begin its runs."""
    connection_id = Observation.objects.values_list("connection_id", flat=True).get(pk=observation_id)
    with _ended_when_hopeless(context, connection_id):
        standing = drive_listing(observation_id, clock=timezone.now, should_stop=slice_of(context))
    if standing is None:
        return
    if standing.state in LIVE_OBSERVATION:
        enqueue_listing(observation_id, connection_id, at=standing.retry_at)
    else:
        enqueue_runs(connection_id)


@app.task(pass_context=True, retry=RETRY)
def first_passes(context: JobContext, connection_id: int) -> None:
    """Plan and apply the runs whose listing is read."""
    with _ended_when_hopeless(context, connection_id):
        drive_first_passes(connection_id, clock=timezone.now, should_stop=slice_of(context))
    if any(ref.state == RunState.APPLYING for ref in live_runs(connection_id)):
        enqueue_runs(connection_id)


@app.task(pass_context=True, retry=RETRY)
def details(context: JobContext, connection_id: int) -> None:
    """Read details that are due, and end the runs that waited for them."""
    with _ended_when_hopeless(context, connection_id):
        standing = drive_details(connection_id, clock=timezone.now, should_stop=slice_of(context))
    if standing.left and not standing.busy:
        enqueue_runs(connection_id, at=standing.retry_at)


@app.task(pass_context=True, retry=RETRY)
def match(context: JobContext, marketplace_id: int) -> None:
    """Match the pending companies of a marketplace that want it."""
    if wants_help(marketplace_id):
        enqueue_matching_help(marketplace_id)
    if not match_all(marketplace_id=marketplace_id, clock=timezone.now, should_stop=slice_of(context)):
        enqueue_matching(marketplace_id)


@app.task(pass_context=True)
def help_matching(context: JobContext, marketplace_id: int) -> None:
    """Match beside the job that asked for it, which asks again if there is still much to do."""
    match_all(marketplace_id=marketplace_id, clock=timezone.now, should_stop=slice_of(context))


@app.task(pass_context=True, retry=RETRY)
def released(context: JobContext, marketplace_id: int) -> None:
    """Apply what was released from holds, and what failed and is due again."""
    with gathered():
        ended = apply_released(marketplace_id=marketplace_id, clock=timezone.now, should_stop=slice_of(context))
    if not ended:
        enqueue_released(marketplace_id)


@app.periodic(cron="* * * * * 5,35")
@app.task(queueing_lock="resume-creations")
def resume_creations(timestamp: int) -> None:  # noqa: ARG001  # procrastinate's signature
    """Let approvals expire; take up what was released or failed, and nobody works on."""
    for marketplace_id in every_marketplace_id():
        with marketplace_scope(marketplace_id):
            expire_approvals(now=timezone.now())
        if wants_applying(marketplace_id, now=timezone.now()):
            enqueue_released(marketplace_id)


@app.periodic(cron="* * * * * */10")
@app.task(queueing_lock="sweep")
async def sweep(timestamp: int) -> None:  # noqa: ARG001  # procrastinate's signature
    """Return the jobs of workers that died."""
    await return_jobs_of_dead_workers(settings.STALLED_AFTER_SECONDS)


@app.periodic(cron="* * * * * */30")
@app.task(queueing_lock="resume-sync")
def resume_sync(timestamp: int) -> None:  # noqa: ARG001  # procrastinate's signature
    """Take up work that nobody is doing: its job was lost, or the command line that did it ended."""
    quiet_since = timezone.now() - timedelta(seconds=30)
    alive = Observation.of_tenants().filter(state__in=LIVE_OBSERVATION, created_at__lt=quiet_since)
    for observation_id, connection_id in alive.values_list("id", "connection_id"):
        enqueue_listing(observation_id, connection_id)
    for connection_id in Connection.objects.values_list("id", flat=True):
        _begin_forgotten_runs(connection_id)
        if any(ref.state in _BEGUN for ref in live_runs(connection_id)):
            enqueue_runs(connection_id)


def _begin_forgotten_runs(connection_id: int) -> None:
    """Begin runs whose process died between the listing's last page and this."""
    waiting = {ref.observation_id for ref in live_runs(connection_id) if ref.state not in _BEGUN}
    ended = Observation.objects.filter(pk__in=[pk for pk in waiting if pk]).exclude(state__in=LIVE_OBSERVATION)
    for observation_id in ended.values_list("id", flat=True):
        begin_runs(observation_id, now=timezone.now())


@app.task(pass_context=True, retry=RETRY)
def decide(context: JobContext, run_id: int, marketplace_id: int) -> None:
    """Make the decisions of a run."""

    def end(error: Exception) -> None:
        end_decisions(run_id, marketplace_id=marketplace_id, state=RunState.FAILED, now=timezone.now(), error=error)

    with ended_when_hopeless(context, "decisions_failed", end, run_id=run_id), gathered():
        ended = drive_decisions(
            run_id, marketplace_id=marketplace_id, clock=timezone.now, should_stop=slice_of(context)
        )  # fmt: skip
    if not ended:
        enqueue_decisions(run_id, marketplace_id)


@app.periodic(cron="* * * * * 20,50")
@app.task(queueing_lock="resume-decisions")
def resume_decisions(timestamp: int) -> None:  # noqa: ARG001  # procrastinate's signature
    """Wake what was snoozed until now; take up matching and decisions whose job was lost."""
    for marketplace_id in every_marketplace_id():
        wake_snoozed(marketplace_id=marketplace_id, now=timezone.now())
        if wants_matching(marketplace_id):
            enqueue_matching(marketplace_id)
        for run_id in live_decisions(marketplace_id):
            enqueue_decisions(run_id, marketplace_id)


@app.periodic(cron="*/5 * * * *")
@app.task(queueing_lock="schedule-sync")
def start_scheduled(timestamp: int) -> None:  # noqa: ARG001  # procrastinate's signature
    """Start the syncs whose time has come."""
    start_due_syncs(now=timezone.now())
    start_due_google_listings(now=timezone.now())


@app.periodic(cron="* * * * * 15")
@app.task(queueing_lock="chain-events")
def chain_audit(timestamp: int) -> None:  # noqa: ARG001  # procrastinate's signature
    """Chain the audit events that were committed since the last time, marketplace by marketplace."""
    now = timezone.now()
    while chain_events(marketplace_id=INSTALLATION, now=now):
        pass
    for marketplace_id in every_marketplace_id():
        while _chain_some(marketplace_id):
            pass


def _chain_some(marketplace_id: int) -> int:
    with marketplace_scope(marketplace_id):
        return chain_events(marketplace_id=marketplace_id, now=timezone.now())


@app.task(pass_context=True, retry=RETRY)
def send_invitations(context: JobContext, marketplace_id: int) -> None:
    """Send a marketplace's waiting invitations, as many an hour as its limits allow."""
    with marketplace_scope(marketplace_id):
        per_hour = (BrakeLimits.objects.first() or BrakeLimits()).invitations_per_hour
    done = send_due(marketplace_id=marketplace_id, per_hour=per_hour, clock=timezone.now, should_stop=slice_of(context))
    if done.next_at is not None:
        enqueue_sending(marketplace_id, at=done.next_at)


@app.periodic(cron="* * * * * 40")
@app.task(queueing_lock="look-after-invitations")
def look_after_invitations(timestamp: int) -> None:  # noqa: ARG001  # procrastinate's signature
    """End invitations whose time is over, and have sent what waits: a job may have been lost."""
    for marketplace_id in every_marketplace_id():
        while _expire_some(marketplace_id):
            pass
        with marketplace_scope(marketplace_id):
            if anything_waits():
                enqueue_sending(marketplace_id)


def _expire_some(marketplace_id: int) -> int:
    with marketplace_scope(marketplace_id):
        return expire_invitations(now=timezone.now())
