"""What providers told by themselves. Shared: a hint is about a tenant of a connection, and knows no marketplace."""

from django.db import models

from tenantry.connections.models import Connection


class HintSource(models.TextChoices):
    """How a hint came."""

    NOTIFICATION = "notification", "notification"
    ACTIVITY = "activity", "activity log"


class Hint(models.Model):
    """One hint, kept once: ``digest`` is of the record's id, or of the notification as it was signed.

    ``wanted`` is what is to be read again (``core.hints``), ``outcome`` what came of it; empty while it waits.
    """

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="+")
    digest = models.CharField(max_length=64)
    source = models.CharField(max_length=20, choices=HintSource.choices)
    name = models.CharField(max_length=100)
    wanted = models.CharField(max_length=20)
    tenant_external_id = models.CharField(max_length=64, blank=True)
    happened_at = models.DateTimeField()
    received_at = models.DateTimeField()
    outcome = models.CharField(max_length=40, blank=True)
    followed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["connection", "digest"], name="hint_kept_once")]
        indexes = [
            models.Index(fields=["connection", "id"], condition=models.Q(followed_at=None), name="hint_waiting"),
            models.Index(fields=["received_at"], name="hint_by_age"),
        ]
