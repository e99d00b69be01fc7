"""The Django app of the sync."""

from django.apps import AppConfig


class SyncConfig(AppConfig):
    """Sync."""

    name = "tenantry.sync"
