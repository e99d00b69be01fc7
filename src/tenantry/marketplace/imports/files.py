"""An import's file on its way into the database and out of it: as bytes, never as text of several times their size."""

from django.db import connection
from psycopg import Cursor

from tenantry.marketplace.models import ImportState


def keep_file(import_id: int, content: bytes) -> None:
    """Store the file with its import. In the import's transaction and scope."""
    connection.ensure_connection()
    with Cursor(connection.connection) as cursor:
        cursor.execute("update marketplace_import set content = %b where id = %s", [content, import_id])


def kept_file(import_id: int) -> bytes | None:
    """Return the file of an import that is still to be read, or ``None``. In its scope."""
    connection.ensure_connection()
    with Cursor(connection.connection) as cursor:
        wanted = [import_id, ImportState.READING.value]
        cursor.execute("select content from marketplace_import where id = %s and state = %s", wanted, binary=True)
        found = cursor.fetchone()
    return bytes(found[0]) if found and found[0] is not None else None
