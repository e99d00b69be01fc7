"""Writes many rows at once: COPY into a temporary table, then one INSERT from there.

COPY straight into a table with row-level security is refused by PostgreSQL, and four times faster than
``bulk_create`` (measured: docs/reference/benchmarks.md); so rows go through a stage that lives for one transaction.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection
from django.db.models import Model
from psycopg import sql


def stage_rows(name: str, columns: Sequence[tuple[str, str]], rows: Iterable[Sequence[Any]]) -> None:
    """Fill the temporary table ``name`` with ``rows``; ``columns`` are (name, SQL type). Needs a transaction.

    The table is emptied first and dropped at the end of the transaction.
    """
    definition = sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(column), sql.SQL(kind)) for column, kind in columns
    )
    table = sql.Identifier(name)
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("drop table if exists pg_temp.{}").format(table))
        cursor.execute(sql.SQL("create temp table {} ({}) on commit drop").format(table, definition))
        with cursor.copy(sql.SQL("copy {} from stdin").format(table)) as copy:
            for row in rows:
                copy.write_row(row)


def insert_rows(
    model: type[Model], columns: Sequence[str], rows: Sequence[Sequence[Any]], *, on_conflict: str = ""
) -> list[int]:
    """Insert ``rows`` into the model's table and return the new ids, in no particular order.

    ``columns`` are database column names, ``on_conflict`` an SQL clause such as ``on conflict do nothing``
    (rows that it skips return no id).
    """
    if not rows:
        return []
    table = model._meta.db_table  # noqa: SLF001  # Django documents _meta as public
    types = {field.column: field.db_type(connection) for field in model._meta.local_concrete_fields}  # noqa: SLF001
    stage = f"stage_{table}"[:60]
    stage_rows(stage, [(name, types[name] or "text") for name in columns], rows)
    names = ", ".join(columns)
    with connection.cursor() as cursor:
        cursor.execute(f"insert into {table} ({names}) select {names} from {stage} {on_conflict} returning id")
        return [row[0] for row in cursor.fetchall()]
