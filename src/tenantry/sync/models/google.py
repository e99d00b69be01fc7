"""Google customers as a marketplace sees them: apart from pending companies, linked to companies by people only."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from tenantry.isolation.managed import MarketplaceOwned
from tenantry.sync.models.observed import Tenant


class GoogleTenantState(models.TextChoices):
    """What became of a Google customer in a marketplace."""

    NEEDS_LINK = "needs_link", "needs link"
    LINKED = "linked", "linked"
    IGNORED = "ignored", "ignored"
    GONE = "gone", "no longer seen"


class GoogleTenant(MarketplaceOwned):
    """A Google customer that reaches the marketplace through a feed.

    ``gone_from`` is the state that it had when it was last seen, for the day it comes back. ``rejected`` are companies
    that a person said it is not. ``content_hash`` is that of the tenant when the row was written.
    """

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+")
    state = models.CharField(
        max_length=12, choices=GoogleTenantState.choices, default=GoogleTenantState.NEEDS_LINK
    )  # fmt: skip
    gone_from = models.CharField(max_length=12, blank=True)
    sort_name = models.CharField(max_length=200, db_collation="C")
    domain = models.CharField(max_length=255)
    content_hash = models.UUIDField()
    rejected = ArrayField(models.BigIntegerField(), default=list)
    reason = models.TextField(blank=True)
    first_seen_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decided_by_name = models.CharField(max_length=200, blank=True)
    version = models.IntegerField(default=0)

    class Meta(MarketplaceOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["marketplace", "tenant"], name="one_google_tenant")]
        indexes = [models.Index(fields=["marketplace", "state", "sort_name", "id"], name="google_tenant_by_name")]
