"""The API's queue jobs."""

from django.utils import timezone
from procrastinate.contrib.django import app

from tenantry.api.repeating import forget_old_answers


@app.periodic(cron="17 * * * *")
@app.task(queueing_lock="forget-api-answers")
def forget_api_answers(timestamp: int) -> None:  # procrastinate's signature
    """Remove the answers that were kept for keys of calls, once they are a day old."""
    forget_old_answers(now=timezone.now())
