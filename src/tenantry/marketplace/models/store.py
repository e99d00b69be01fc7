"""The store itself, the groups that stores share decisions in, and its staff."""

from typing import ClassVar, TypeVar

from django.conf import settings
from django.db import models

from tenantry.core.permissions import STAFF_ROLES
from tenantry.isolation.managed import MarketplaceOwned
from tenantry.isolation.scope import current_marketplace_id

M = TypeVar("M", bound=models.Model)


class OwnMarketplace(models.Manager["Marketplace"]):
    """The marketplace of the running scope, and no other."""

    def get_queryset(self) -> models.QuerySet["Marketplace"]:
        """Return a set of one. Raises ``OutsideScope`` when there is no scope."""
        return super().get_queryset().filter(pk=current_marketplace_id())


class SharingGroup(models.Model):
    """Marketplaces that are offered each other's decisions. Operators make it; no marketplace sees it."""

    name = models.CharField(max_length=120, unique=True)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class Marketplace(models.Model):
    """The store, and the isolation unit. Across marketplaces there are only the named look-ups of ``queries``.

    ``language`` is that of e-mails to people whose own is unknown.
    """

    name = models.CharField(max_length=120)
    language = models.CharField(max_length=10, default="en", db_default="en")
    sharing_group = models.ForeignKey(SharingGroup, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField()

    objects: ClassVar[models.Manager["Marketplace"]] = OwnMarketplace()

    class Meta:
        base_manager_name = "objects"

    def __str__(self) -> str:
        return self.name


class StaffRole(MarketplaceOwned):
    """What an account may do in one marketplace (``core.permissions`` says what each role means)."""

    account = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    role = models.CharField(max_length=30, choices=[(role.value, role.value) for role in STAFF_ROLES])
    created_at = models.DateTimeField()

    class Meta(MarketplaceOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["marketplace", "account"], name="one_role_per_marketplace")]
