"""Holds: classes of changes that a brake stopped, and the approvals that let exactly some of them go."""

from django.db import models

from tenantry.isolation.managed import MarketplaceOwned
from tenantry.marketplace.models import Company
from tenantry.sync.models.runs import Change, Run


class HoldState(models.TextChoices):
    """What became of a hold. It is over when none of its changes is held any more."""

    OPEN = "open", "waits for a person"
    RELEASED = "released", "released"
    REJECTED = "rejected", "rejected"
    OVER = "over", "nothing left to decide"


class Hold(MarketplaceOwned):
    """The changes of one run that one brake stopped, those of one company where the brake is one of companies.

    ``kind`` names the class of changes (``sync.holds.kinds``). ``reason`` is a sentence with the numbers in it,
    ``count`` and ``limit`` are those of the brake, of ``of`` where the count is a part of something.
    """

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="holds")
    kind = models.CharField(max_length=20, default="creations", db_default="creations")
    brake = models.CharField(max_length=30)
    company = models.ForeignKey(Company, null=True, on_delete=models.CASCADE, related_name="+")
    reason = models.TextField()
    limit = models.IntegerField(null=True)
    count = models.IntegerField()
    of = models.IntegerField(null=True)
    state = models.CharField(max_length=10, choices=HoldState.choices, default=HoldState.OPEN)
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta(MarketplaceOwned.Meta):
        indexes = [models.Index(fields=["marketplace", "state", "-created_at"], name="hold_by_state")]
        constraints = [
            models.UniqueConstraint(
                fields=["run", "kind", "brake"], condition=models.Q(company__isnull=True),
                name="one_hold_per_run_and_brake",
            ),
            models.UniqueConstraint(
                fields=["run", "kind", "brake", "company"], condition=models.Q(company__isnull=False),
                name="one_hold_per_run_brake_and_company",
            ),
        ]  # fmt: skip


class Approval(MarketplaceOwned):
    """A person's approval of one held change as it was shown: bound to ``content_hash``, void after ``expires_at``.

    While the change is still held, a second person has to approve the same content.
    """

    change = models.ForeignKey(Change, on_delete=models.CASCADE, related_name="approvals", db_index=False)
    content_hash = models.UUIDField()
    approved_by_id = models.BigIntegerField(null=True)
    approved_by_name = models.CharField(max_length=200)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta(MarketplaceOwned.Meta):
        indexes = [models.Index(fields=["change", "-created_at"], name="approval_of_change")]
