"""How a connection's pushes stand, for pages and metrics."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Max, Min, Q, Sum

from tenantry.connections.models import Connection
from tenantry.core.pushes import PushState
from tenantry.sync.models import PushChannel


@dataclass(frozen=True, slots=True)
class PushStanding:
    """``open`` tenants are told of ``until`` the first of them ends; ``failed`` ones could not be asked for.

    ``last_at`` is when the last message came, ``refused`` how many came without their secret, ``problem`` why asking
    failed last.
    """

    on: bool
    open: int
    failed: int
    refused: int
    until: datetime | None
    last_at: datetime | None
    problem: str


def pushes_of(connection: Connection) -> PushStanding:
    """Return how the connection's pushes stand. One query, two where something failed."""
    rows = PushChannel.objects.filter(connection=connection)
    is_open, is_failed = Q(state=PushState.OPEN), Q(state=PushState.FAILED)
    found = rows.aggregate(
        open=Count("pk", filter=is_open), failed=Count("pk", filter=is_failed), until=Min("expires_at", filter=is_open),
        refused=Sum("refused", default=0), last_at=Max("last_at"),
    )  # fmt: skip
    problem = str(connection.hints.get("pushes_problem", ""))
    if found["failed"] and not problem:
        problem = rows.filter(is_failed).order_by("-asked_at").values_list("problem", flat=True)[0]
    return PushStanding(on=bool(connection.hints.get("pushes")), problem=problem, **found)


def push_counts() -> list[tuple[str, int]]:
    """Return how many pushes there are in each state, of all connections."""
    return list(PushChannel.objects.values_list("state").annotate(count=Count("pk")).order_by("state"))


def pushes_refused() -> int:
    """Return how many messages came without their secret, to the pushes that are there."""
    return int(PushChannel.objects.aggregate(count=Sum("refused", default=0))["count"])
