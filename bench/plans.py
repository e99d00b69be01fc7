"""How PostgreSQL answers what the application asks: the plans of a step's queries, as its role has them."""

import re
from collections.abc import Callable

from django.db import connection
from django.test.utils import CaptureQueriesContext

# What grows with the installation: to go through one of these whole is never right for one row.
_WHOLE = re.compile(r"Seq Scan on (marketplace_company\w*|sync_pendingcompany|sync_pendingmatchkey|sync_tenant)\b")
_ELSEWHERE = re.compile("pg_advisory|stage_")  # no rows; a batch of thousands, for which a small table is read whole


def plans_of(step: Callable[[], object]) -> list[str]:
    """Return the plan of each query of a step that reads or changes rows."""
    with CaptureQueriesContext(connection) as captured:
        step()
    plans = []
    for query in captured.captured_queries:
        sql = str(query["sql"])
        if re.match(r"\s*(select|with|update|delete)\b", sql, re.IGNORECASE) and not _ELSEWHERE.search(sql):
            with connection.cursor() as cursor:
                cursor.execute(f"explain {sql.replace('%', '%%')}")
                plans.append("\n".join(row[0] for row in cursor.fetchall()))
    return plans


def reads_a_whole_table(plan: str) -> bool:
    """Whether the plan goes through all rows of a table that grows."""
    return bool(_WHOLE.search(plan))
