"""The Django app of outgoing webhooks."""

from django.apps import AppConfig


class WebhooksConfig(AppConfig):
    """Webhooks."""

    name = "tenantry.webhooks"

    def ready(self) -> None:
        """Listen to what the audit records."""
        from tenantry.audit.services import event_recorded  # noqa: PLC0415  # models
        from tenantry.webhooks import listening  # noqa: PLC0415  # same

        event_recorded.connect(listening.after_events_recorded)
