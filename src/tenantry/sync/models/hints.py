"""What providers told by themselves. Shared: a hint is about a tenant of a connection, and knows no marketplace."""

from django.db import models

from tenantry.connections.models import Connection
from tenantry.core.pushes import PushState
from tenantry.sync.models.observed import Tenant


class HintSource(models.TextChoices):
    """How a hint came."""

    NOTIFICATION = "notification", "notification"
    ACTIVITY = "activity", "activity log"
    PUSH = "push", "push"


class Hint(models.Model):
    """One hint, kept once: ``digest`` is of the record's id, or of the notification as it was signed.

    A push's is of its tenant and window, so that many become one. ``wanted`` is what is to be read again
    (``core.hints``), ``outcome`` what came of it; empty while it waits. It is not followed before ``due_at``.
    """

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="+", db_index=False)
    digest = models.CharField(max_length=64)
    source = models.CharField(max_length=20, choices=HintSource.choices)
    name = models.CharField(max_length=100)
    wanted = models.CharField(max_length=20)
    tenant_external_id = models.CharField(max_length=64, blank=True)
    happened_at = models.DateTimeField()
    received_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=40, blank=True)
    followed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["connection", "digest"], name="hint_kept_once")]
        indexes = [
            models.Index(fields=["connection", "id"], condition=models.Q(followed_at=None), name="hint_waiting"),
            models.Index(fields=["received_at"], name="hint_by_age"),
        ]


class PushChannel(models.Model):
    """A provider's promise to tell when people of a tenant change. Shared: it knows no marketplace.

    ``uid`` is our name for it, ``resource`` the provider's, ``address`` where messages go. Each message carries a
    secret, of which only ``digest`` is kept. ``messages`` came with it, the last one at ``last_at``; ``refused`` came
    under this name without it. ``shaken``: the provider wants it renewed now.
    """

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="+", db_index=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+")
    uid = models.UUIDField(unique=True)
    digest = models.CharField(max_length=64)
    address = models.TextField()
    resource = models.CharField(max_length=255, blank=True)
    state = models.CharField(max_length=10, choices=[(each.value, each.value) for each in PushState])
    asked_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    last_at = models.DateTimeField(null=True)
    messages = models.BigIntegerField(default=0)
    refused = models.BigIntegerField(default=0)
    problem = models.TextField(blank=True)
    shaken = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "tenant"], condition=models.Q(state=PushState.OPEN), name="one_open_push"
            )
        ]
        indexes = [models.Index(fields=["connection", "state"], name="push_by_state")]
