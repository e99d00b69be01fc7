"""Judges absence. Only a complete listing does, only from its second miss on, and never alone.

A tenant that two complete listings in a row miss is read singly (``details``); when the provider refuses
that read as *no relationship* or *not found*, its relationship has ended.
"""

from datetime import datetime

from django.db import connection as database

from tenantry.sync.models import Observation

LISTINGS_TO_DOUBT = 2

_ABSENT = """
update sync_sighting s
set missing_since = coalesce(s.missing_since, %(now)s),
    missing_listings = least(s.missing_listings + 1, 30000),
    details_due_at = case when s.missing_listings + 1 >= %(doubt)s then %(now)s else s.details_due_at end
where s.connection_id = %(connection)s and s.ended_at is null and not exists (
    select from (
        select unnest(tenant_ids) as tenant_id from sync_observationpage
        where observation_id = %(observation)s and generation = %(generation)s
    ) seen where seen.tenant_id = s.tenant_id
)
"""

_DISTINCT = """
select count(distinct tenant_id) from (
    select unnest(tenant_ids) as tenant_id from sync_observationpage
    where observation_id = %s and generation = %s
) seen
"""


def mark_absent(observation: Observation, *, now: datetime) -> int:
    """Note every sighting of the connection that the complete listing missed; return how many."""
    with database.cursor() as cursor:
        cursor.execute(
            _ABSENT,
            {
                "now": now,
                "doubt": LISTINGS_TO_DOUBT,
                "connection": observation.connection_id,
                "observation": observation.pk,
                "generation": observation.generation,
            },
        )
        return int(cursor.rowcount)


def count_repeated(observation: Observation) -> int:
    """Return how many of the valid records were a second sight of the same tenant."""
    with database.cursor() as cursor:
        cursor.execute(_DISTINCT, [observation.pk, observation.generation])
        distinct = int(cursor.fetchone()[0])
    return observation.records - observation.invalid - distinct
