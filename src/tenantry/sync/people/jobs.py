"""The queue's jobs of User Sync. Each is a slice that can end anywhere and goes on in the next."""

from django.utils import timezone
from procrastinate import JobContext
from procrastinate.contrib.django import app

from tenantry.connections.models import Connection
from tenantry.sync.models import RunState
from tenantry.sync.people.driving import drive_people
from tenantry.sync.people.runs import end_people_run, live_people_runs
from tenantry.sync.people.schedule import start_due_people
from tenantry.sync.queue import enqueue_people
from tenantry.sync.runs.lifecycle import failure_of_ours
from tenantry.sync.slices import RETRY, ended_when_hopeless, slice_of


@app.task(pass_context=True, retry=RETRY)
def people(context: JobContext, connection_id: int) -> None:
    """Work on the live runs of User Sync of a connection."""

    def end(error: Exception) -> None:
        for run in live_people_runs(connection_id):
            end_people_run(run, state=RunState.FAILED, failure=failure_of_ours(error), now=timezone.now())

    with ended_when_hopeless(context, "people_job_failed", end, connection_id=connection_id):
        standing = drive_people(connection_id, clock=timezone.now, should_stop=slice_of(context))
    if standing.left and not standing.busy:
        enqueue_people(connection_id, at=standing.retry_at)


@app.periodic(cron="* * * * * 10,40")
@app.task(queueing_lock="resume-people")
def resume_people(timestamp: int) -> None:  # noqa: ARG001  # procrastinate's signature
    """Take up runs of people that nobody works on: their job was lost, or the command line that drove them ended."""
    for connection_id in Connection.objects.values_list("id", flat=True):
        if live_people_runs(connection_id):
            enqueue_people(connection_id)


@app.periodic(cron="*/5 * * * * 30")
@app.task(queueing_lock="schedule-people")
def start_scheduled_people(timestamp: int) -> None:  # noqa: ARG001  # procrastinate's signature
    """Start the runs of people whose time has come."""
    start_due_people(now=timezone.now())
