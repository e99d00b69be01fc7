"""Holds: classes of changes that a brake stopped, and the approvals that let exactly some of them go."""

from django.db import models

from tenantry.isolation.managed import MarketplaceOwned
from tenantry.sync.models.runs import Change, Run


class HoldState(models.TextChoices):
    """What became of a hold. It is over when none of its changes is held any more."""

    OPEN = "open", "waits for a person"
    RELEASED = "released", "released"
    REJECTED = "rejected", "rejected"
    OVER = "over", "nothing left to decide"


class Hold(MarketplaceOwned):
    """The changes of one run that one brake stopped. ``reason`` is a sentence with the numbers in it."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="holds")
    brake = models.CharField(max_length=30)
    reason = models.TextField()
    limit = models.IntegerField(null=True)
    count = models.IntegerField()
    state = models.CharField(max_length=10, choices=HoldState.choices, default=HoldState.OPEN)
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta(MarketplaceOwned.Meta):
        indexes = [models.Index(fields=["marketplace", "state", "-created_at"], name="hold_by_state")]
        constraints = [models.UniqueConstraint(fields=["run", "brake"], name="one_hold_per_run_and_brake")]


class Approval(MarketplaceOwned):
    """A person's approval of one held change as it was shown: bound to ``content_hash``, void after ``expires_at``."""

    change = models.ForeignKey(Change, on_delete=models.CASCADE, related_name="approvals")
    content_hash = models.UUIDField()
    approved_by_id = models.BigIntegerField(null=True)
    approved_by_name = models.CharField(max_length=200)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta(MarketplaceOwned.Meta):
        indexes = [models.Index(fields=["change", "-created_at"], name="approval_of_change")]
