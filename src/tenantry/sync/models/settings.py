"""What an operator allows a marketplace, what its manager chose, and which tenants reach it."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from tenantry.connections.models import Connection, Provider
from tenantry.core.user_settings import Leavers
from tenantry.isolation.managed import MarketplaceOwned
from tenantry.marketplace.models import MembershipRole
from tenantry.sync.models.observed import ObservedKind


class Entitlement(MarketplaceOwned):
    """What an operator switched on for a marketplace (*operator switch* on pages)."""

    company_sync = models.BooleanField(default=False)
    link_company = models.BooleanField(default=False, db_default=False)
    user_sync_microsoft = models.BooleanField(default=False, db_default=False)
    user_sync_google = models.BooleanField(default=False, db_default=False)
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


class UserSyncSettings(MarketplaceOwned):
    """The User Sync panel of a marketplace for one provider. All is off on a new one.

    ``role`` is what new people get. The rules of the scope narrow who flows in; an empty list lets everybody through.
    ``invite_since``: who came in before it is never invited by a rule. Of two providers that know the same person the
    one with the lower ``precedence`` says their fields.
    """

    provider = models.CharField(max_length=20, choices=Provider.choices)
    user_sync = models.BooleanField(default=False)
    invite_automatically = models.BooleanField(default=False)
    invite_since = models.DateTimeField(null=True)
    role = models.CharField(max_length=20, choices=MembershipRole.choices, default=MembershipRole.USER)
    licensed_only = models.BooleanField(default=False)
    no_guests = models.BooleanField(default=False)
    no_disabled = models.BooleanField(default=False)
    domains = ArrayField(models.CharField(max_length=255), default=list, blank=True)
    org_units = ArrayField(models.CharField(max_length=1_000), default=list, blank=True)
    leavers = models.CharField(
        max_length=12, choices=[(each.value, each.value) for each in Leavers], default=Leavers.REPORT_ONLY.value
    )
    precedence = models.SmallIntegerField(default=0)
    changed_at = models.DateTimeField(null=True)
    changed_by_name = models.CharField(max_length=200, blank=True)
    version = models.IntegerField(default=0)

    class Meta(MarketplaceOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["marketplace", "provider"], name="one_user_sync_per_provider")]


class Schedule(models.Model):
    """How often a connection is read without anybody asking, and when next. Shared, as the connection is.

    ``kind`` is what is read: its list of tenants, or their people.
    """

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="schedules", db_index=False)
    kind = models.CharField(max_length=12, choices=ObservedKind.choices)
    every_minutes = models.IntegerField()
    next_at = models.DateTimeField(null=True)
    changed_at = models.DateTimeField(null=True)
    changed_by_name = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["connection", "kind"], name="one_schedule_per_kind")]


class BrakeLimits(MarketplaceOwned):
    """Where the brakes of a marketplace hold. A marketplace without a row has the defaults."""

    creations_per_run = models.IntegerField(default=25)
    invitations_ask_above = models.IntegerField(default=200)
    invitations_per_hour = models.IntegerField(default=50)
    removals_company_least = models.IntegerField(default=3, db_default=3)
    removals_company_percent = models.IntegerField(default=20, db_default=20)
    removals_company_week_percent = models.IntegerField(default=34, db_default=34)
    removals_day_most = models.IntegerField(default=500, db_default=500)
    removals_day_percent = models.IntegerField(default=5, db_default=5)
    removals_day_least_people = models.IntegerField(default=50, db_default=50)
    removals_month_percent = models.IntegerField(default=10, db_default=10)
    errors_least_rows = models.IntegerField(default=20, db_default=20)
    errors_percent = models.IntegerField(default=40, db_default=40)
    removals_approvers = models.IntegerField(default=1, db_default=1)
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
