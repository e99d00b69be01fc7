"""Primary keys handed out before their rows exist, so that many rows of several tables are written at once."""

from django.db import connection
from django.db.models import Model


def reserve_ids(model: type[Model], count: int) -> list[int]:
    """Return ``count`` primary keys that nobody else gets, in ascending order. One query."""
    if not count:
        return []
    table = model._meta.db_table  # noqa: SLF001  # Django documents _meta as public
    with connection.cursor() as cursor:
        cursor.execute("select nextval(pg_get_serial_sequence(%s, 'id')) from generate_series(1, %s)", [table, count])
        return sorted(int(row[0]) for row in cursor.fetchall())
