"""The queue jobs of undoing: slices that hand on, and what takes up a run whose job was lost."""

from django.utils import timezone
from procrastinate import JobContext
from procrastinate.contrib.django import app

from tenantry.jobs import gathered
from tenantry.marketplace.queries import every_marketplace_id
from tenantry.sync.deciding.carrying import end_decisions
from tenantry.sync.models.runs import RunState
from tenantry.sync.queue import enqueue_undo
from tenantry.sync.slices import RETRY, ended_when_hopeless, slice_of
from tenantry.sync.undoing.carrying import drive_undo, live_undos


@app.task(pass_context=True, retry=RETRY)
def take_back(context: JobContext, run_id: int, marketplace_id: int) -> None:
    """Take back what the run planned."""

    def end(error: Exception) -> None:
        end_decisions(run_id, marketplace_id=marketplace_id, state=RunState.FAILED, now=timezone.now(), error=error)

    with ended_when_hopeless(context, "undo_job_failed", end, run_id=run_id), gathered():
        ended = drive_undo(
            run_id, marketplace_id=marketplace_id, clock=timezone.now, should_stop=slice_of(context)
        )  # fmt: skip
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
