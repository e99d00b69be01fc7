"""Keeps what a page of any listing leaves behind: which rows were on it, and the records that could not be used."""

from collections.abc import Sequence
from datetime import datetime

from django.db import connection as database

from tenantry.core.records import Ending, InvalidRecord
from tenantry.isolation.arrays import number_array
from tenantry.sync.models import Finding, Observation

MOST_FINDINGS = 1_000
FINDING_KIND = "invalid record"
_MOST_REPEATED_PAGES = 3
_MOST_EMPTY_PAGES = 20

# Keeps the page and tells whether it and those before it, so many, are all the same. The setting is for the commit:
# a page that is followed by more need not wait for the disk. If the database crashes, the latest pages are gone with
# the cursor behind them, and are read again; the last page's commit waits for all before it.
_KEEP_PAGE = """
with kept as (
    insert into sync_observationpage (observation_id, generation, number, row_ids)
    values (%(observation)s, %(generation)s, %(number)s, %(row_ids)s::bigint[]) returning row_ids
)
select count(*), count(distinct row_ids), set_config('synchronous_commit', %(wait)s, true) from (
    select row_ids from kept
    union all (
        select row_ids from sync_observationpage
        where observation_id = %(observation)s and generation = %(generation)s order by number desc limit %(before)s
    )
) latest
"""


def keep_page(observation: Observation, row_ids: Sequence[int], *, any_records: bool, ending: Ending) -> bool:
    """Keep which rows were on the page; return whether it was shown several times running, or too many are empty."""
    most = _MOST_REPEATED_PAGES if any_records else _MOST_EMPTY_PAGES
    with database.cursor() as cursor:
        cursor.execute(
            _KEEP_PAGE,
            {
                "observation": observation.pk,
                "generation": observation.generation,
                "number": observation.pages,
                "row_ids": number_array(row_ids),
                "before": most - 1,
                "wait": "off" if ending is Ending.MORE else "on",
            },
        )
        latest, different, _ = cursor.fetchone()
    return bool(latest == most and different == 1)


def keep_findings(observation: Observation, invalid: Sequence[InvalidRecord], *, now: datetime) -> None:
    """Keep the records that could not be used, until there are too many of the observation."""
    # The count goes on, the rows stop: a broken feed must not fill the disk.
    room = max(0, MOST_FINDINGS - observation.invalid)
    Finding.objects.bulk_create(
        Finding(
            observation=observation, tenant_id=observation.tenant_id, kind=FINDING_KIND, reference=found.reference,
            reason=found.reason, created_at=now,
        )
        for found in invalid[:room]
    )  # fmt: skip
