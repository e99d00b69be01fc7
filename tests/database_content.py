"""What is in a database, table by table, as digests: to prove that something wrote only where it may."""

import psycopg
from psycopg import sql

# The queue's and the sessions' own bookkeeping moves by itself.
_OWN_LIFE = ("procrastinate_", "django_session")
_TABLES = "select relname from pg_stat_user_tables where schemaname = 'public' order by relname"


def table_hashes(owner_url: str) -> dict[str, str]:
    """Return the digest of each table's whole content, order of rows aside. Connects as the owner.

    The tables of the queue and of sessions are left out.
    """
    with psycopg.connect(owner_url) as owner:
        tables = [row[0] for row in owner.execute(_TABLES) if not row[0].startswith(_OWN_LIFE)]
        return {table: _digest(owner, table) for table in tables}


def _digest(owner: psycopg.Connection[tuple[object, ...]], table: str) -> str:
    query = sql.SQL("select md5(coalesce(string_agg(row_digest, '' order by row_digest), '')) from ({}) content")
    content = sql.SQL("select md5(t::text) as row_digest from {} t").format(sql.Identifier(table))
    row = owner.execute(query.format(content)).fetchone()
    return str(row[0]) if row else ""
