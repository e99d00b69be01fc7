"""Whose details are read first, so that a small marketplace does not wait for a large one on the same connection.

A feed may name its tenants. The tenants of the shortest such list are read first: a marketplace that takes everything
wants them as well, so it loses nothing, and the small run ends when its own are read.
"""

from datetime import datetime

from django.db import connection as database

from tenantry.sync.observe.absence import LISTINGS_TO_DOUBT

_WAITING_LISTS = """
select f.tenant_ids from marketplaces_fed_by(%(connection)s) f
where f.tenant_ids <> '{}' and f.marketplace_id in (
    select marketplace_id from live_runs_of_connection(%(connection)s) where state = 'details'
)
group by f.tenant_ids order by cardinality(f.tenant_ids)
"""

# A tenant that is named and not known (yet) has no sighting, and nobody waits for it.
_READ_TO_THE_END = """
select r.run_id from live_runs_of_connection(%(connection)s) r
join marketplaces_fed_by(%(connection)s) f on f.marketplace_id = r.marketplace_id
where r.state = 'details' and f.tenant_ids <> '{}' and not exists (
    select from unnest(f.tenant_ids) named
    join connections_connection c on c.id = %(connection)s
    join sync_tenant t on t.provider = c.provider and t.cloud = c.cloud and t.external_id = named
    join sync_sighting s on s.connection_id = c.id and s.tenant_id = t.id
    where s.details_due_at <= %(now)s and s.ended_at is null
    and (s.missing_since is null or s.missing_listings >= %(doubt)s)
)
"""


def waiting_lists(connection_id: int) -> list[list[str]]:
    """Return the tenant ids that feeds of marketplaces name whose runs wait for details, the shortest list first."""
    with database.cursor() as cursor:
        cursor.execute(_WAITING_LISTS, {"connection": connection_id})
        return [row[0] for row in cursor.fetchall()]


def read_to_the_end(connection_id: int, *, now: datetime) -> set[int]:
    """Return the live runs that wait for details, of marketplaces that name their tenants, none of which is due."""
    with database.cursor() as cursor:
        cursor.execute(_READ_TO_THE_END, {"connection": connection_id, "now": now, "doubt": LISTINGS_TO_DOUBT})
        return {row[0] for row in cursor.fetchall()}
