"""Puts a row of a marketplace into tables that a stage left empty, as their owner and past every rule but the types.

The walls are asked about every table. Whether a row makes sense is of no matter to them.
"""

import itertools
from typing import Any

import psycopg
from psycopg import sql

Owner = psycopg.Connection[tuple[Any, ...]]
_COLUMNS = """
select column_name, data_type from information_schema.columns
where table_schema = 'public' and table_name = %s and is_nullable = 'NO' and column_default is null
and is_identity = 'NO' and column_name <> 'marketplace_id'
"""
_VALUES = {
    "bigint": "{number}", "integer": "{number}", "smallint": "0", "double precision": "0", "boolean": "false",
    "character varying": "'{number}'", "text": "'{number}'", "timestamp with time zone": "now()",
    "uuid": "gen_random_uuid()", "jsonb": "'{{}}'::jsonb", "bytea": "'\\x{number}'::bytea", "ARRAY": "'{{}}'",
}  # fmt: skip


def fill_empty(owner: Owner, table: str, marketplace_ids: list[int]) -> None:
    """Give the table a row for each of these marketplaces that has none in it."""
    columns = owner.execute(_COLUMNS, [table]).fetchall()
    numbers = itertools.count(900_000)
    owner.execute("set session_replication_role = replica")  # no foreign keys, no triggers
    for marketplace_id in marketplace_ids:
        place = sql.Identifier(table)
        one = sql.SQL("select 1 from {} where marketplace_id = %s limit 1").format(place)
        if owner.execute(one, [marketplace_id]).fetchone():
            continue
        names = [sql.Identifier("marketplace_id"), *(sql.Identifier(str(name)) for name, _ in columns)]
        texts = [str(marketplace_id), *(_VALUES[str(kind)].format(number=next(numbers)) for _, kind in columns)]
        values = [sql.SQL(text) for text in texts]  # made of the table above and of numbers
        statement = sql.SQL("insert into {} ({}) values ({})")
        owner.execute(statement.format(place, sql.SQL(", ").join(names), sql.SQL(", ").join(values)))
    owner.execute("set session_replication_role = default")
