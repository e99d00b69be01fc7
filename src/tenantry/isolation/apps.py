"""Registers the isolation checks with Django."""

from django.apps import AppConfig


class IsolationConfig(AppConfig):
    """Carries no models; holds the post-migration grants."""

    name = "tenantry.isolation"

    def ready(self) -> None:
        """Grant the application's role its rights after every migration."""
        from django.db.models.signals import post_migrate  # noqa: PLC0415  # signals need the app registry

        from tenantry.isolation.roles import grant_application_role  # noqa: PLC0415  # same

        post_migrate.connect(grant_application_role, sender=self)
