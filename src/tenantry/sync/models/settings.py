"""What an operator allows a marketplace, what its manager chose, and which tenants reach it."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from tenantry.connections.models import Connection
from tenantry.isolation.managed import MarketplaceOwned


class Entitlement(MarketplaceOwned):
    """What an operator switched on for a marketplace (*operator switch* on pages)."""

    company_sync = models.BooleanField(default=False)
    changed_at = models.DateTimeField()

    class Meta(MarketplaceOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["marketplace"], name="one_entitlement_per_marketplace")]


class CompanySyncSettings(MarketplaceOwned):
    """The Company Sync panel of a marketplace. All is off on a new one."""

    company_sync = models.BooleanField(default=False)
    changed_at = models.DateTimeField(null=True)
    changed_by_name = models.CharField(max_length=200, blank=True)
    version = models.IntegerField(default=0)

    class Meta(MarketplaceOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["marketplace"], name="one_company_sync_per_marketplace")]


class Feed(MarketplaceOwned):
    """Carries a connection's tenants to a marketplace. An empty list lets everything through."""

    connection = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="+")
    countries = ArrayField(models.CharField(max_length=2), default=list, blank=True)
    domains = ArrayField(models.CharField(max_length=255), default=list, blank=True)
    indirect_resellers = ArrayField(models.CharField(max_length=64), default=list, blank=True)
    tenant_ids = ArrayField(models.CharField(max_length=64), default=list, blank=True)
    created_at = models.DateTimeField()

    class Meta(MarketplaceOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["marketplace", "connection"], name="one_feed_per_connection")]
