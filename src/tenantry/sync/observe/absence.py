"""Judges absence. Only a complete listing does, only from its second miss on, and never alone.

A tenant that two complete listings in a row miss is read singly (``details``); when the provider refuses
that read as *no relationship* or *not found*, its relationship has ended.
"""

from datetime import datetime

from django.db import connection as database

from tenantry.isolation.bulk import whole_tables
from tenantry.sync.models import Observation

LISTINGS_TO_DOUBT = 2

# Locked in the order in which detail reads lock them, so that neither waits for the other for ever.
_ABSENT = """
with missed as (
    select s.id from sync_sighting s
    where s.connection_id = %(connection)s and s.ended_at is null and s.missing_listings >= %(least)s and not exists (
        select from (
            select unnest(row_ids) as tenant_id from sync_observationpage
            where observation_id = %(observation)s and generation = %(generation)s
        ) seen where seen.tenant_id = s.tenant_id
    ) and not exists (
        select from sync_finding f join sync_tenant t on t.external_id = f.reference
        where f.observation_id = %(observation)s and t.id = s.tenant_id
    )
    order by s.id for update of s
)
update sync_sighting s
set missing_since = coalesce(s.missing_since, %(now)s),
    missing_listings = least(s.missing_listings + 1, 30000),
    details_due_at = case when s.missing_listings + 1 >= %(doubt)s then %(now)s else s.details_due_at end
from missed where missed.id = s.id
"""

_DISTINCT = """
select count(distinct tenant_id) from (
    select unnest(row_ids) as tenant_id from sync_observationpage
    where observation_id = %s and generation = %s
) seen
"""


def mark_absent(observation: Observation, *, now: datetime) -> int:
    """Note every sighting of the connection that the complete listing missed; return how many.

    A listing that was read for a preview alone confirms a doubt, but raises none: otherwise the sync after it
    would withdraw what the preview did not list. A record that could not be used names its tenant in its
    finding: that tenant was seen.
    """
    with whole_tables(), database.cursor() as cursor:
        cursor.execute(
            _ABSENT,
            {
                "now": now,
                "doubt": LISTINGS_TO_DOUBT,
                "least": 1 if observation.preview_only else 0,
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
