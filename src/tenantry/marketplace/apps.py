"""The Django app of marketplaces."""

from django.apps import AppConfig


class MarketplaceConfig(AppConfig):
    """Marketplaces."""

    name = "tenantry.marketplace"
