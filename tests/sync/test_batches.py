"""A batch of a long list costs as much at its end as at its beginning: it reads nothing that came before it."""

import psycopg
import pytest
from django.db import connection
from tests.sync.stage import Sync
from tests.sync.world import World

from tenantry.isolation.scope import marketplace_scope
from tenantry.sync.models import Run, Sighting
from tenantry.sync.runs.candidates import next_candidates

TENANTS, LEFT = 20_000, 4_000
_READ = """
select relname, seq_tup_read + coalesce(idx_tup_fetch, 0) from pg_stat_xact_user_tables where relname = any(%s)
"""
_COLUMNS = """
select attname::text from pg_attribute
where attrelid = %s::regclass and attnum > 0 and not attisdropped and attgenerated = ''
"""
_OF_TENANTS = {"id": "id + n", "tenant_id": "tenant_id + n"}
_COPIED = {
    "sync_tenant": {"id": "id + n", "external_id": "'copy-' || n"},
    "sync_sighting": _OF_TENANTS,
    "sync_pendingcompany": _OF_TENANTS,
}


def multiply(owner_url: str) -> None:
    """Copy the only tenant with its sighting and its pending company."""
    with psycopg.connect(owner_url) as owner:
        for table, changed in _COPIED.items():
            names = [name for (name,) in owner.execute(_COLUMNS, [table]).fetchall()]
            shown = ", ".join(changed.get(name, name) for name in names)
            statement = (
                f"insert into {table} ({', '.join(names)}) overriding system value "  # noqa: S608  # our own names
                f"select {shown} from {table}, generate_series(1, {TENANTS - 1}) n"
            )
            owner.execute(statement.encode())


def rows_read() -> dict[str, int]:
    """How many rows of each table this transaction has read so far."""
    with connection.cursor() as cursor:
        cursor.execute(_READ, [list(_COPIED)])
        return dict(cursor.fetchall())


@pytest.mark.parametrize(
    "analyze",
    ["analyze", "", "analyze sync_tenant, sync_sighting"],
    ids=["counted", "not counted", "the list alone is counted"],
)
def test_the_last_tenants_of_a_list_are_compared_without_reading_those_before_them(
    analyze: str, sync: Sync, world: World, northwind: int, owner_url: str
) -> None:
    world.add(1)
    run = sync.run(northwind)
    multiply(owner_url)
    with psycopg.connect(owner_url, autocommit=True) as owner:
        owner.execute(analyze.encode())
    place = Sighting.objects.order_by("-tenant_id").values_list("tenant_id", flat=True)[LEFT]
    with marketplace_scope(northwind):
        found = Run.objects.get(pk=run.pk)
        with connection.cursor() as cursor:
            cursor.execute("set local random_page_cost = 1.1")  # as the embedded server of real installations has it
        before = rows_read()
        assert next_candidates(found, after=place, limit=1_000) == []
        read = {table: count - before.get(table, 0) for table, count in rows_read().items()}
    assert read.keys() == _COPIED.keys()
    assert max(read.values()) <= LEFT, read
