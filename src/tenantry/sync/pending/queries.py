"""Reads about pending companies. All run in a marketplace's scope."""

from tenantry.sync.models import PendingCompany, PendingState


def count_waiting() -> int:
    """Return how many tenants need a decision."""
    return PendingCompany.objects.filter(state=PendingState.PENDING).count()
