"""Writes many rows at once: COPY into a temporary table, then one INSERT from there.

COPY straight into a table with row-level security is refused by PostgreSQL, and four times faster than
``bulk_create`` (measured: docs/reference/benchmarks.md); so rows go through a stage.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from zlib import crc32

from django.db import connection
from django.db.models import Model
from psycopg import sql

from tenantry.isolation.arrays import number_array, text_array
from tenantry.isolation.scope import current_marketplace_id


def stage_rows(name: str, columns: Sequence[tuple[str, str]], rows: Iterable[Sequence[Any]]) -> None:
    """Fill the temporary table ``name`` with ``rows``; ``columns`` are (name, SQL type). Needs a transaction.

    It holds these rows only, until the transaction ends. The table itself stays as long as the database session,
    because making one writes a dozen catalog rows: a name must always come with the same columns.
    """
    definition = sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(column), sql.SQL(kind)) for column, kind in columns
    )
    table = sql.Identifier(name)
    with connection.cursor() as cursor:
        cursor.execute(
            sql.SQL("create temp table if not exists {} ({}) on commit delete rows").format(table, definition)
        )
        cursor.execute(sql.SQL("delete from {}").format(table))
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
    return [row[0] for row in insert_returning(model, columns, rows, ["id"], on_conflict=on_conflict)]


def insert_returning(
    model: type[Model], columns: Sequence[str], rows: Sequence[Sequence[Any]], told: Sequence[str], *,
    on_conflict: str = "",
) -> list[tuple[Any, ...]]:  # fmt: skip
    """Do the same and return the columns ``told`` of each new row, in no particular order."""
    if not rows:
        return []
    table, stage = _staged(model, columns, rows)
    names, returned = (sql.SQL(", ").join(map(sql.Identifier, each)) for each in (columns, told))
    statement = sql.SQL("insert into {} ({}) select {} from {} {} returning {}").format(
        sql.Identifier(table), names, names, sql.Identifier(stage), sql.SQL(on_conflict), returned
    )
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return list(cursor.fetchall())


# Sorted as the index is, so that neighbours in it are written one after the other.
_KEYS = """
insert into {table} (marketplace_id, key, {owner})
select %s, given.key, given.owner from unnest(%s::text[], %s::bigint[]) given (key, owner)
order by given.key collate "C", given.owner {otherwise}
"""


def insert_keys(table: str, owner: str, rows: Collection[tuple[int, str]], *, fresh: bool = False) -> None:
    """Insert keys, each with whose it is, into a table of keys of the marketplace; one that is there stays.

    ``owner`` names the column for whose they are. There are many for each row that is found by them, and nobody
    wants ids of theirs: neither a stage nor anything returned. ``fresh``: the owners were inserted in this transaction,
    so nobody else can have written a key of theirs, and each is given once. In the scope.
    """
    if not rows:
        return
    keys, owners = text_array([key for _, key in rows]), number_array([pk for pk, _ in rows])
    with connection.cursor() as cursor:
        statement = _KEYS.format(table=table, owner=owner, otherwise="" if fresh else "on conflict do nothing")
        cursor.execute(statement, [current_marketplace_id(), keys, owners])


@contextmanager
def whole_tables() -> Iterator[None]:
    """Let the block's statements join tables as wholes, never row by row. Needs a transaction.

    PostgreSQL takes a table that was just filled for a small one until it has counted it, and goes through it
    once for each row of the other: 100,000 times 100,000 rows. Only for statements that touch most rows anyway.
    """
    with connection.cursor() as cursor:
        cursor.execute("set local enable_nestloop = off")
    yield
    with connection.cursor() as cursor:
        cursor.execute("set local enable_nestloop = on")


_OFF_AND_ON = "; ".join(f"set local enable_{way} = {{switch}}" for way in ("sort", "hashjoin", "mergejoin"))


@contextmanager
def row_by_row() -> Iterator[None]:
    """Let the block's statements walk an index in its order and look up the rest by row. Needs a transaction.

    For a batch out of a long table: without this PostgreSQL, while it has not counted the tables, joins and sorts
    all that is left for each batch, or merges with all that came before it. Both grow with the square of the table.
    """
    with connection.cursor() as cursor:
        cursor.execute(_OFF_AND_ON.format(switch="off"))
    yield
    with connection.cursor() as cursor:
        cursor.execute(_OFF_AND_ON.format(switch="on"))


def update_rows(model: type[Model], columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Set ``columns`` of rows of the model's table; each of ``rows`` begins with its id, the values follow."""
    if not rows:
        return
    table, stage = _staged(model, ["id", *columns], rows)
    changes = sql.SQL(", ").join(sql.SQL("{0} = s.{0}").format(sql.Identifier(column)) for column in columns)
    statement = sql.SQL("update {} t set {} from {} s where s.id = t.id").format(
        sql.Identifier(table), changes, sql.Identifier(stage)
    )
    with connection.cursor() as cursor:
        cursor.execute(statement)


def _staged(model: type[Model], columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> tuple[str, str]:
    """Stage ``rows``; return the names of the model's table and of the stage."""
    table = model._meta.db_table  # noqa: SLF001  # Django documents _meta as public
    types = {field.column: field.db_type(connection) for field in model._meta.local_concrete_fields}  # noqa: SLF001
    types["id"] = "bigint"
    stage = f"stage_{crc32(repr(columns).encode()):08x}_{table}"[:60]
    stage_rows(stage, [(name, types[name] or "text") for name in columns], rows)
    return table, stage
