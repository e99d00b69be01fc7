"""Grows a database to very many people: what a real run of User Sync wrote is copied, each copy with ids of its own.

In the database alone and as its owner. The copies are people of tenants that no provider has; they belong to the
connection of the originals, and only what is found by id or by word matters of them.
"""

from collections.abc import Mapping

from bench.filling import Cursor, without_indexes

# Each table with the columns that hold ids of other tables here, and what makes texts of a copy their own.
_TABLES: Mapping[str, Mapping[str, str]] = {
    "sync_tenant": {"external_id": "'c' || n || '-' || external_id"},
    "sync_sighting": {"tenant_id": "sync_tenant"},
    "marketplace_company": {},
    "marketplace_companykey": {"company_id": "marketplace_company"},
    "marketplace_companymatchkey": {"company_id": "marketplace_company"},
    "sync_tenantlink": {"tenant_id": "sync_tenant", "company_id": "marketplace_company"},
    "sync_peoplereading": {"tenant_id": "sync_tenant"},
    "sync_observation": {"tenant_id": "sync_tenant"},
    "sync_runtenant": {
        "tenant_id": "sync_tenant", "company_id": "marketplace_company", "observation_id": "sync_observation",
    },
    "sync_directoryuser": {"tenant_id": "sync_tenant"},
    "marketplace_user": {"email": "case when email = '' then '' else 'c' || n || '.' || email end"},
    "marketplace_userkey": {"user_id": "marketplace_user"},
    "marketplace_membership": {"user_id": "marketplace_user", "company_id": "marketplace_company"},
    "sync_userlink": {
        "person_id": "sync_directoryuser", "tenant_id": "sync_tenant", "user_id": "marketplace_user",
        "membership_id": "marketplace_membership",
    },
    "sync_personstanding": {
        "person_id": "sync_directoryuser", "tenant_id": "sync_tenant", "company_id": "marketplace_company",
    },
    "sync_change": {"person_id": "sync_directoryuser", "tenant_id": "sync_tenant"},
    "audit_personkey": {"subject": "'c' || n || '-' || subject"},
    "audit_event": {
        "uid": "gen_random_uuid()", "person_id": "audit_personkey",
        "target_id": "case when target_kind = 'company' then 'c' || n || '-' || target_id else target_id end",
    },
}  # fmt: skip
_COLUMNS = """
select attname::text from pg_attribute
where attrelid = %s::regclass and attnum > 0 and not attisdropped and attgenerated = '' order by attnum
"""


def multiply(cursor: Cursor, copies: int) -> None:
    """Add ``copies`` copies of all that is there of tenants, companies and people."""
    tables = list(_TABLES)
    with without_indexes(cursor, tables):
        steps = {table: _highest(cursor, table) for table in tables if "id" in _columns(cursor, table)}
        for table in tables:
            names = _columns(cursor, table)
            shown = ", ".join(_of_copy(table, name, steps) for name in names)
            cursor.execute(
                f"insert into {table} ({', '.join(names)}) overriding system value "  # noqa: S608  # our own names
                f"select {shown} from {table} cross join generate_series(1, {copies}) n".encode()
            )
        for table in steps:
            cursor.execute(
                f"select setval(pg_get_serial_sequence('{table}', 'id'), {_highest(cursor, table)})".encode()
            )


def _columns(cursor: Cursor, table: str) -> list[str]:
    return [name for (name,) in cursor.execute(_COLUMNS, [table]).fetchall()]


def _highest(cursor: Cursor, table: str) -> int:
    row = cursor.execute(f"select coalesce(max(id), 0) from {table}".encode()).fetchone()  # noqa: S608  # our own names
    return int(row[0]) if row else 0


def _of_copy(table: str, name: str, steps: Mapping[str, int]) -> str:
    """Return what stands in a column of the copy number ``n``."""
    own = _TABLES[table].get(name, "")
    target = table if name == "id" else own
    if target in steps:
        return f"{name} + n * {steps[target]}"
    return own or name
