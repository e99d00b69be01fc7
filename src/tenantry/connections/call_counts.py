"""Keeps the counts of calls to providers for all processes, and reads them. For monitoring; nothing depends on them."""

import structlog
from django.db import DatabaseError, connection
from django.db.models import Sum

from tenantry.connections.models import ProviderCalls
from tenantry.providers.counting import put_back, take_counts

_log = structlog.stdlib.get_logger(__name__)
_ADD = """
insert into connections_providercalls (service, status, count)
select * from unnest(%s::text[], %s::text[], %s::bigint[]) order by 1, 2
on conflict (service, status) do update set count = connections_providercalls.count + excluded.count
"""


def keep_call_counts() -> None:
    """Add what this process counted to what is kept. To be called now and then, outside transactions."""
    counts = take_counts()
    if not counts:
        return
    try:
        with connection.cursor() as cursor:
            parts = list(counts)
            cursor.execute(_ADD, [[part[0] for part in parts], [part[1] for part in parts], list(counts.values())])
    except DatabaseError as error:  # the database is away: they are kept the next time
        put_back(counts)
        _log.warning("call_counts_not_kept", problem=str(error).strip())


def call_counts() -> list[tuple[str, str, int]]:
    """Return how many calls there were since the beginning, by service and status."""
    rows = ProviderCalls.objects.values_list("service", "status").annotate(total=Sum("count"))
    return [(service, status, total) for service, status, total in rows.order_by("service", "status")]
