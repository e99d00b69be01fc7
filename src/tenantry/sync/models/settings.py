"""What an operator allows a marketplace, what its manager chose, and which tenants reach it."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from tenantry.connections.models import Connection
from tenantry.isolation.managed import MarketplaceOwned


class Entitlement(MarketplaceOwned):
    """What an operator switched on for a marketplace (*operator switch* on pages)."""

    company_sync = models.BooleanField(default=False)
    link_company = models.BooleanField(default=False, db_default=False)
    changed_at = models.DateTimeField()

    class Meta(MarketplaceOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["marketplace"], name="one_entitlement_per_marketplace")]


class CompanySyncSettings(MarketplaceOwned):
    """The Company Sync panel of a marketplace. All is off on a new one.

    ``create_automatically_since``: tenants first seen before it are never created by a rule.
    """

    company_sync = models.BooleanField(default=False)
    create_automatically = models.BooleanField(default=False, db_default=False)
    create_automatically_since = models.DateTimeField(null=True)
    invite_admins = models.BooleanField(default=False, db_default=False)
    sales_support = models.BooleanField(default=False, db_default=False)
    customer_support = models.BooleanField(default=False, db_default=False)
    changed_at = models.DateTimeField(null=True)
    changed_by_name = models.CharField(max_length=200, blank=True)
    version = models.IntegerField(default=0)

    class Meta(MarketplaceOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["marketplace"], name="one_company_sync_per_marketplace")]


class BrakeLimits(MarketplaceOwned):
    """Where the brakes of a marketplace hold. A marketplace without a row has the defaults."""

    creations_per_run = models.IntegerField(default=25)
    invitations_ask_above = models.IntegerField(default=200)
    invitations_per_hour = models.IntegerField(default=50)
    changed_at = models.DateTimeField(null=True)
    changed_by_name = models.CharField(max_length=200, blank=True)

    class Meta(MarketplaceOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["marketplace"], name="one_brake_limits_per_marketplace")]


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
