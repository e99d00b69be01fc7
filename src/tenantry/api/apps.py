"""The Django app of the REST API."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    """The REST API."""

    name = "tenantry.api"

    def ready(self) -> None:
        """Listen to people who are erased."""
        from tenantry.api.repeating import forget_answers_here  # noqa: PLC0415  # models
        from tenantry.marketplace.people.erasing import copies_going  # noqa: PLC0415  # same

        copies_going.connect(forget_answers_here)
