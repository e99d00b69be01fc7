"""The queue's jobs of hints: following them, reading activity logs, and keeping what providers promised to tell."""

from django.utils import timezone
from procrastinate import JobContext, RetryStrategy
from procrastinate.contrib.django import app

from tenantry.connections.models import Connection
from tenantry.jobs import defer
from tenantry.sync.hints.activity import has_activity, read_new_activity
from tenantry.sync.hints.pushes import keep_pushes
from tenantry.sync.hints.services import follow_hints, forget_old_hints
from tenantry.sync.models import PushChannel
from tenantry.sync.queue import enqueue_hints, enqueue_pushes
from tenantry.sync.schedule import any_syncing
from tenantry.sync.slices import slice_of

_RETRY = RetryStrategy(max_attempts=5, wait=5, exponential_wait=5)


@app.task(retry=_RETRY)
def follow(connection_id: int) -> None:
    """Follow the hints of a connection that wait; come back for those that have to wait on."""
    while True:
        followed = follow_hints(connection_id, now=timezone.now())
        if followed.again_at is not None:
            enqueue_hints(connection_id, at=followed.again_at)
        if followed.again_at is not None or not followed.count:
            return


@app.periodic(cron="40 * * * *")
@app.task(queueing_lock="read-activity-logs")
def begin_activity(timestamp: int) -> None:  # noqa: ARG001  # procrastinate's signature
    """Have the activity log of each connection read that somebody syncs from; forget old hints."""
    forget_old_hints(now=timezone.now())
    for row in Connection.objects.filter(enabled=True):
        if has_activity(row) and any_syncing(row.pk) is not None:
            defer("tenantry.sync.hints.jobs.read_activity", lock=f"activity-{row.pk}", connection_id=row.pk)


@app.task(retry=_RETRY)
def read_activity(connection_id: int) -> None:
    """Read one connection's activity log."""
    read_new_activity(Connection.objects.get(pk=connection_id), now=timezone.now())


@app.periodic(cron="*/10 * * * * 20")
@app.task(queueing_lock="look-after-pushes")
def look_after_pushes(timestamp: int) -> None:  # noqa: ARG001  # procrastinate's signature
    """Have the pushes of each connection kept that has some, or is to have them."""
    on = Connection.objects.filter(hints__pushes=True).values_list("pk", flat=True)
    held = PushChannel.objects.values_list("connection_id", flat=True).distinct()
    for connection_id in sorted({*on, *held}):
        enqueue_pushes(connection_id)


@app.task(pass_context=True, retry=_RETRY)
def keep(context: JobContext, connection_id: int) -> None:
    """Bring one connection's pushes up to date."""
    if keep_pushes(connection_id, clock=timezone.now, should_stop=slice_of(context)):
        enqueue_pushes(connection_id)


hint_jobs = (follow, begin_activity, read_activity, look_after_pushes, keep)
