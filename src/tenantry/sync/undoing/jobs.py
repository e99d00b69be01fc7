"""The queue jobs of undoing: slices that hand on, and what takes up a run whose job was lost."""

import time

import structlog
from django.db import InterfaceError, OperationalError
from django.utils import timezone
from procrastinate import JobContext, RetryStrategy
from procrastinate.contrib.django import app

from tenantry.marketplace.queries import every_marketplace_id
from tenantry.sync.deciding.carrying import end_decisions
from tenantry.sync.models.runs import RunState
from tenantry.sync.queue import enqueue_undo
from tenantry.sync.undoing.carrying import drive_undo, live_undos

_log = structlog.stdlib.get_logger(__name__)
_SLICE_SECONDS = 20.0
_MOST_ATTEMPTS = 5
_RETRY = RetryStrategy(max_attempts=_MOST_ATTEMPTS, wait=1, exponential_wait=3)


@app.task(pass_context=True, retry=_RETRY)
def take_back(context: JobContext, run_id: int, marketplace_id: int) -> None:
    """Take back what the run planned."""
    ends = time.monotonic() + _SLICE_SECONDS
    try:
        ended = drive_undo(
            run_id, marketplace_id=marketplace_id, clock=timezone.now,
            should_stop=lambda: time.monotonic() >= ends or context.should_abort(),
        )  # fmt: skip
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        attempt = (context.job.attempts if context.job else 0) + 1
        _log.exception("undo_job_failed", run_id=run_id, attempt=attempt)
        if attempt >= _MOST_ATTEMPTS:
            end_decisions(
                run_id, marketplace_id=marketplace_id, state=RunState.FAILED, now=timezone.now(), error=error
            )  # fmt: skip
        raise
    if not ended:
        enqueue_undo(run_id, marketplace_id)


@app.periodic(cron="* * * * * 25,55")
@app.task(queueing_lock="resume-undo")
def resume_undo(timestamp: int) -> None:  # noqa: ARG001  # procrastinate's signature
    """Take up runs of undoing whose job was lost."""
    for marketplace_id in every_marketplace_id():
        for run_id in live_undos(marketplace_id):
            enqueue_undo(run_id, marketplace_id)


undoing_jobs = (take_back, resume_undo)
