"""How long the queue was, hour by hour: what is not kept elsewhere, for the chart over time."""

from django.db import models

from tenantry.isolation.managed import MarketplaceOwned


class QueueSample(MarketplaceOwned):
    """How many pending companies waited for a decision, were held and snoozed, within one hour; the latest count."""

    hour = models.DateTimeField()
    waiting = models.IntegerField()
    held = models.IntegerField()
    snoozed = models.IntegerField()

    class Meta(MarketplaceOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["marketplace", "hour"], name="one_queue_sample_an_hour")]
