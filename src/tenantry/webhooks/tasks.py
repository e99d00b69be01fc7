"""The queue's jobs of webhooks: delivering in slices, taking up what is due again, removing what is old."""

import time
from datetime import datetime, timedelta

from django.utils import timezone
from procrastinate import JobContext, RetryStrategy
from procrastinate.contrib.django import app

from tenantry.isolation.scope import marketplace_scope
from tenantry.marketplace.queries import every_marketplace_id
from tenantry.webhooks.clock import follow_clock
from tenantry.webhooks.models import Delivery
from tenantry.webhooks.queries import endpoints_with_due_deliveries
from tenantry.webhooks.queue import enqueue_delivering
from tenantry.webhooks.sending import deliver_due

KEPT = timedelta(days=30)
"""How long deliveries are kept. The audit keeps their events for at least as long."""
_SLICE_SECONDS = 20.0
_BATCH = 5_000


@app.task(pass_context=True, retry=RetryStrategy(max_attempts=5, wait=1, exponential_wait=3))
def deliver(context: JobContext, marketplace_id: int, endpoint_id: int) -> None:
    """Deliver what is due for an endpoint."""
    ends = time.monotonic() + _SLICE_SECONDS
    done = deliver_due(
        endpoint_id=endpoint_id, marketplace_id=marketplace_id, clock=timezone.now,
        should_stop=lambda: time.monotonic() >= ends or context.should_abort(),
    )  # fmt: skip
    if not done:
        enqueue_delivering(marketplace_id, endpoint_id)


@app.periodic(cron="* * * * * */15")
@app.task(queueing_lock="resume-deliveries")
def resume_deliveries(timestamp: int) -> None:  # noqa: ARG001  # procrastinate's signature
    """Take up what is due: its next attempt has come, or its job was lost."""
    for marketplace_id, endpoint_id in endpoints_with_due_deliveries(timezone.now()):
        enqueue_delivering(marketplace_id, endpoint_id)


@app.periodic(cron="* * * * * 27")
@app.task(queueing_lock="follow-clock")
def look_at_clock(timestamp: int) -> None:  # noqa: ARG001  # procrastinate's signature
    """Make due what waits for a time that the clock was wrong about."""
    for marketplace_id in every_marketplace_id():
        follow_clock(marketplace_id, now=timezone.now())


@app.periodic(cron="10 3 * * *")
@app.task(queueing_lock="purge-deliveries")
def purge_deliveries(timestamp: int) -> None:  # noqa: ARG001  # procrastinate's signature
    """Remove deliveries that are older than 30 days, in batches."""
    before = timezone.now() - KEPT
    for marketplace_id in every_marketplace_id():
        while remove_old(marketplace_id, before=before):
            pass


def remove_old(marketplace_id: int, *, before: datetime) -> int:
    """Remove a batch of deliveries made before then; return how many."""
    with marketplace_scope(marketplace_id):
        old = Delivery.objects.filter(created_at__lt=before).order_by("created_at").values_list("pk", flat=True)
        return Delivery.objects.filter(pk__in=list(old[:_BATCH])).delete()[0]
