"""The store, its companies and its staff."""

from typing import ClassVar, TypeVar

from django.conf import settings
from django.db import models

from tenantry.core.permissions import Role
from tenantry.isolation.managed import MarketplaceOwned
from tenantry.isolation.scope import current_marketplace_id

M = TypeVar("M", bound=models.Model)


class OwnMarketplace(models.Manager["Marketplace"]):
    """The marketplace of the running scope, and no other."""

    def get_queryset(self) -> models.QuerySet["Marketplace"]:
        """Return a set of one. Raises ``OutsideScope`` when there is no scope."""
        return super().get_queryset().filter(pk=current_marketplace_id())


class Marketplace(models.Model):
    """The store, and the isolation unit. Across marketplaces there are only the named look-ups of ``queries``."""

    name = models.CharField(max_length=120)
    created_at = models.DateTimeField()

    objects: ClassVar[models.Manager["Marketplace"]] = OwnMarketplace()

    class Meta:
        base_manager_name = "objects"

    def __str__(self) -> str:
        return self.name


class StaffRole(MarketplaceOwned):
    """What an account may do in one marketplace (``core.permissions`` says what each role means)."""

    account = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    role = models.CharField(max_length=30, choices=[(role.value, role.value) for role in Role])
    created_at = models.DateTimeField()

    class Meta(MarketplaceOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["marketplace", "account"], name="one_role_per_marketplace")]


class CompanyStatus(models.TextChoices):
    """How far a company is on its way into the marketplace."""

    PENDING = "pending", "pending"
    ENABLED = "enabled", "enabled"
    DISABLED = "disabled", "disabled"
    WITHOUT_LOGIN = "without_login", "without login"


class CompanyOrigin(models.TextChoices):
    """Where a company came from."""

    BY_HAND = "by_hand", "created by hand"
    IMPORT = "import", "import"
    SYNC = "sync", "Company Sync"


class Company(MarketplaceOwned):
    """A customer company as the marketplace knows it."""

    name = models.CharField(max_length=300)
    status = models.CharField(max_length=20, choices=CompanyStatus.choices, default=CompanyStatus.WITHOUT_LOGIN)
    origin = models.CharField(max_length=20, choices=CompanyOrigin.choices)
    country = models.CharField(max_length=2, blank=True)
    external_id = models.CharField(max_length=120, blank=True)
    created_at = models.DateTimeField()

    class Meta(MarketplaceOwned.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["marketplace", "external_id"],
                condition=~models.Q(external_id=""),
                name="company_external_id_once",
            )
        ]

    def __str__(self) -> str:
        return self.name
