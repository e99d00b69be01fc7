"""Fills tables with very many rows, as their owner: by COPY, and with indexes that come after the rows."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

Cursor = psycopg.Cursor[Any]

# All but what a foreign key of some table points to.
_INDEXES = """
select i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid), i.indrelid::regclass::text, own.conname,
    pg_get_constraintdef(own.oid)
from pg_index i left join pg_constraint own on own.conindid = i.indexrelid and own.contype in ('p', 'u', 'x')
where i.indrelid = any(%s::regclass[])
and not exists (select from pg_constraint f where f.contype = 'f' and f.conindid = i.indexrelid)
"""


def copy_rows(cursor: Cursor, statement: str, rows: Iterable[tuple[Any, ...]]) -> None:
    """Write rows by a ``copy … from stdin``."""
    with cursor.copy(statement.encode()) as copy:
        for row in rows:
            copy.write_row(row)


@contextmanager
def without_indexes(cursor: Cursor, tables: list[str]) -> Iterator[None]:
    """Drop what can be dropped of the tables' indexes, and make it again at the end: faster than keeping it up.

    References are not checked meanwhile: the rows are known to hold. Needs a superuser.
    """
    cursor.execute("set session_replication_role = replica; set maintenance_work_mem = '1GB'")
    cursor.execute(_INDEXES, [tables])
    again = []
    for index, definition, table, constraint, constrained in cursor.fetchall():
        if constraint:
            cursor.execute(f"alter table {table} drop constraint {constraint}".encode())
            again.append(f"alter table {table} add constraint {constraint} {constrained}")
        else:
            cursor.execute(f"drop index {index}".encode())
            again.append(definition)
    yield
    for statement in again:
        cursor.execute(statement.encode())
    cursor.execute("set session_replication_role = origin")


def count_tables(dsn: str) -> None:
    """Do what autovacuum does within a minute of quiet, and write everything to disk."""
    with psycopg.connect(dsn, autocommit=True) as owner:
        owner.execute("vacuum analyze")
        owner.execute("checkpoint")
