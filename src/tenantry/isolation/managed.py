"""The base of every table that belongs to a marketplace."""

from typing import ClassVar, Self, TypeVar

from django.db import models

from tenantry.isolation.scope import current_marketplace_id

M = TypeVar("M", bound=models.Model)


class ScopedManager(models.Manager[M]):
    """A manager whose every query, creation and relation needs a marketplace scope and stays inside it."""

    def get_queryset(self) -> models.QuerySet[M]:
        """Return the rows of the current marketplace. Raises ``OutsideScope`` when there is none."""
        return super().get_queryset().filter(marketplace_id=current_marketplace_id())


class MarketplaceOwned(models.Model):
    """A row of one marketplace. Every subclass's first migration carries ``IsolateTable`` for its table."""

    marketplace = models.ForeignKey("marketplace.Marketplace", on_delete=models.CASCADE, related_name="+")

    objects: ClassVar[ScopedManager[Self]] = ScopedManager()

    class Meta:
        abstract = True
        base_manager_name = "objects"
