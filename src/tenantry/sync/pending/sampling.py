"""Counts the queue now and then, and reads how long it was on each day. In the marketplace's scope."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count

from tenantry.isolation.scope import current_marketplace_id
from tenantry.sync.models import PendingCompany, PendingState, QueueSample


@dataclass(frozen=True, slots=True)
class QueueDay:
    """How long the queue was at the end of a day; ``None`` where nobody counted."""

    date: date
    waiting: int | None = None
    held: int | None = None


def sample_queue(*, now: datetime) -> None:
    """Count the queue, and keep that as this hour's sample. Safe to repeat: the last count of an hour counts."""
    counted = [PendingState.PENDING, PendingState.HELD, PendingState.SNOOZED]
    rows = PendingCompany.objects.filter(state__in=counted).order_by().values_list("state").annotate(Count("id"))
    states: dict[str, int] = dict(rows)
    QueueSample.objects.update_or_create(
        marketplace_id=current_marketplace_id(),
        hour=now.replace(minute=0, second=0, microsecond=0),
        defaults={
            "waiting": states.get(PendingState.PENDING, 0),
            "held": states.get(PendingState.HELD, 0),
            "snoozed": states.get(PendingState.SNOOZED, 0),
        },
    )


def queue_per_day(*, now: datetime, days: int = 30) -> list[QueueDay]:
    """Return the last days, oldest first, today included. One query."""
    first = now.date() - timedelta(days=days - 1)
    found: dict[date, QueueDay] = {}
    samples = QueueSample.objects.filter(hour__gte=now - timedelta(days=days + 1)).order_by("hour")
    for hour, waiting, held in samples.values_list("hour", "waiting", "held"):
        found[hour.date()] = QueueDay(hour.date(), waiting, held)
    wanted = (first + timedelta(days=number) for number in range(days))
    return [found.get(day, QueueDay(day)) for day in wanted]


def forget_samples(*, before: datetime) -> int:
    """Remove old samples; return how many."""
    return QueueSample.objects.filter(hour__lt=before).delete()[0]
