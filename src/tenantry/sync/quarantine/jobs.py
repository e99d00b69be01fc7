"""The job that looks after connections that are set aside."""

from django.utils import timezone
from procrastinate.contrib.django import app

from tenantry.sync.models import Quarantine
from tenantry.sync.quarantine.services import look_after


@app.periodic(cron="35 * * * *")
@app.task(queueing_lock="look-after-quarantines")
def look_after_quarantines(timestamp: int) -> None:  # noqa: ARG001  # procrastinate's signature
    """Tell what is due, and switch off what failed for too long."""
    for quarantine_id in Quarantine.objects.filter(ended_at=None).values_list("pk", flat=True):
        look_after(quarantine_id, now=timezone.now())
